//! The program as people use it: verbs, output, exit status, in a catalogue of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with the worlds and fragments of the real catalogue, and no scenarios.
struct Lab {
    folder: PathBuf,
}

impl Lab {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&folder));
        for shared in ["scenarios/worlds", "scenarios/fragments"] {
            fs::create_dir_all(folder.join(shared)).expect("a folder");
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(shared);
            for file in fs::read_dir(from).expect("the real catalogue") {
                let file = file.expect("a file");
                fs::copy(file.path(), folder.join(shared).join(file.file_name())).expect("a copy");
            }
        }
        Self { folder }
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).expect("a file")
    }

    /// A log-in without a challenge, with a stored story.
    fn with_login(self) -> Self {
        let text = r#"scenario "carol logs in" {
    use "worlds/one-gateway.kdl"

    receiver "laptop" user="carol" {
        login
        expect session
    }

    snapshot
}
"#;
        self.write("scenarios/login/carol.kdl", text);
        self
    }

    /// Runs the program: exit status, standard output, standard error.
    fn sim(&self, args: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        let output =
            command.args(args.split(' ')).current_dir(&self.folder).output().expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit status"), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn a_new_scenario_is_canonical_valid_and_passes() {
    let lab = Lab::new("new");
    assert_eq!(lab.sim("new first/try-out").0, 0);
    assert_eq!(lab.sim("new first/try-out").0, 2, "nothing is overwritten");
    assert_eq!(lab.sim("new ../elsewhere").0, 2);
    assert_eq!(lab.sim("fmt --check"), (0, String::new(), String::new()));
    assert_eq!(lab.sim("check").1, "1 scenarios, 0 invalid\n");
    let (exit, list, _) = lab.sim("list");
    assert!(exit == 0 && list.contains("first/try-out         1          try out\n"), "{list}");
    let (exit, out, _) = lab.sim("run");
    assert!(exit == 0 && out.contains("1 passed, 0 failed"), "{out}");
    assert!(!out.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn a_story_is_stored_compared_and_removed() {
    let lab = Lab::new("stories").with_login();
    assert_eq!(lab.sim("run").0, 1, "there is no story yet");
    assert_eq!(lab.sim("bless").1, "new      snapshots/login/carol.snap\n");
    assert_eq!(lab.sim("run").0, 0);
    let story = lab.read("snapshots/login/carol.snap");
    assert!(story.starts_with("carol logs in\nscenarios/login/carol.kdl\n\n"), "{story}");

    lab.write("snapshots/login/carol.snap", &story.replace("opens a session", "opens no session"));
    let (exit, out, _) = lab.sim("run");
    assert_eq!(exit, 1);
    assert!(out.contains("-") && out.contains("opens no session for carol"), "{out}");
    assert!(out.contains("if it is right: sim bless scenarios/login/carol.kdl"), "{out}");
    assert_eq!(lab.sim("run --seed 2").0, 0, "a story belongs to one seed");

    lab.write("snapshots/login/gone.snap", "");
    let blessed = "changed  snapshots/login/carol.snap\nremoved  snapshots/login/gone.snap\n";
    assert_eq!(lab.sim("bless").1, blessed);
    assert_eq!(lab.read("snapshots/login/carol.snap"), story);
}

#[test]
fn a_failed_expectation_names_its_line_and_its_replay() {
    let lab = Lab::new("failed").with_login();
    let text = lab.read("scenarios/login/carol.kdl").replace("carol\" {", "alice\" {");
    lab.write("scenarios/login/carol.kdl", &text);
    let (exit, out, _) = lab.sim("run --seed 7");
    assert_eq!(exit, 1);
    assert!(out.contains(" --> login/carol.kdl:6:9\n") && out.contains("expect session\n"), "{out}");
    assert!(out.contains("sim run scenarios/login/carol.kdl --seed 7 --story\n"), "{out}");
    assert_eq!(lab.sim("bless").0, 1, "what fails is not stored");
    assert!(!lab.folder.join("snapshots").exists());
}

#[test]
fn an_invalid_scenario_has_a_status_of_its_own() {
    let lab = Lab::new("invalid");
    lab.write("scenarios/a.kdl", "scenario \"a\" { receivr \"laptop\" }\n");
    for verb in ["run", "check", "meta", "bless", "list"] {
        assert_eq!(lab.sim(verb).0, 3, "{verb}");
    }
    assert!(lab.sim("run").2.contains("--> a.kdl:1:16"));
    let (_, json, _) = lab.sim("check --format json");
    let findings: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(findings[0]["column"], 16, "{json}");
}

#[test]
fn a_wrong_command_line_and_a_missing_catalogue_are_usage_errors() {
    let lab = Lab::new("usage").with_login();
    assert_eq!(lab.sim("run --no-such-thing").0, 2);
    assert_eq!(lab.sim("run no/such/file.kdl").0, 2);
    assert_eq!(lab.sim("run scenarios/fragments").0, 2, "fragments are no scenarios");
}

#[test]
fn json_begins_and_ends_each_run_with_its_name() {
    let lab = Lab::new("json").with_login();
    let (_, out, summary) = lab.sim("run --json --seed 2");
    let lines: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (first, last) = (lines.first().expect("a line"), lines.last().expect("a line"));
    assert_eq!((&first["scenario"], &first["seed"]), (&"login/carol".into(), &2.into()));
    assert_eq!((&last["scenario"], &last["passed"]), (&"login/carol".into(), &true.into()));
    assert!(lines.iter().any(|line| line["kind"] == "session.created"));
    assert!(summary.contains("1 passed"));
}

#[test]
fn every_run_repeats_and_a_planted_breach_is_found() {
    let lab = Lab::new("meta").with_login();
    assert_eq!(lab.sim("meta"), (0, "1 scenarios, 0 differences\n".to_owned(), String::new()));
    for breach in ["hash-map", "unseeded-draw"] {
        let (exit, out, _) = lab.sim(&format!("meta --plant {breach}"));
        assert_eq!(exit, 5, "{breach}");
        assert!(
            out.contains("first difference at packet") && out.contains("first difference at event"),
            "{out}"
        );
        assert!(out.ends_with("1 scenarios, 3 differences\n"), "{out}");
    }
}

#[test]
fn formatting_changes_only_what_is_not_canonical() {
    let lab = Lab::new("fmt").with_login();
    let good = lab.read("scenarios/login/carol.kdl");
    lab.write("scenarios/login/carol.kdl", &good.replace("    use", "  use"));
    assert_eq!(lab.sim("fmt --check"), (1, "scenarios/login/carol.kdl\n".to_owned(), String::new()));
    assert_eq!(lab.sim("fmt").0, 0);
    assert_eq!(lab.read("scenarios/login/carol.kdl"), good);
}
