//! The two published designs, in their authors' own words, run as ours in `scenarios/policy` do.
//!
//! The articles are other people's text and no part of this repository. Where their folder is missing, each test
//! says so and is ignored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use gateway_policy::conf::repair::characters;
use gateway_policy::conf::{Configuration, Loader};
use gateway_policy::facts::{Connection, Facts, Message, Session};
use gateway_policy::run::{Evaluation, Occasion, Outcome, Policies, Progress, State, Verdict, message};
use gateway_policy::switches::Switches;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/seeds");
    let trials = vec![
        trial("session map: the article and ours agree", seeds.join("aaa-session-map.txt"), session_map),
        trial(
            "passcode: the article's texts answer and ask",
            seeds.join("anakam-second-factor.txt"),
            passcode,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, path: PathBuf, test: fn(&str) -> Result<(), Failed>) -> Trial {
    let missing = !path.exists();
    let name =
        if missing { format!("{name}: skipped, because ../shared is not there") } else { name.to_owned() };
    let run = move || test(&std::fs::read_to_string(&path).map_err(|error| error.to_string())?);
    Trial::test(name, run).with_ignored_flag(missing)
}

/// Policies and their state at a time in seconds.
struct Lab {
    policies: Arc<Policies>,
    state: State,
    now: i64,
}

impl Lab {
    fn new(conf: Configuration) -> Result<Self, Failed> {
        let policies = Policies::new(conf, None, Switches::default()).map_err(|error| error.to_string())?;
        Ok(Self { policies: Arc::new(policies), state: State::default(), now: 1_767_225_600 })
    }

    fn run(&mut self, request: &str, session: Option<(&str, &str)>, asked: &mut Vec<Message>) -> Outcome {
        let session = session.map(|(user, id)| Session {
            user: user.to_owned(),
            id: id.to_owned(),
            ..Session::default()
        });
        let client = Connection { source: Some([192, 0, 2, 7].into()), ..Connection::default() };
        let facts = Facts { request: Some(message(request.as_bytes())), client, session, ..Facts::default() };
        let mut evaluation = Evaluation::new(self.policies.clone(), facts, Occasion::Request);
        loop {
            match evaluation.go_on(&mut self.state, self.now * 1000) {
                Progress::Done(outcome) => return *outcome,
                Progress::Call(call) => {
                    asked.push(message(&call.bytes));
                    let answer = message(b"HTTP/1.1 200 OK\r\n\r\nthe-answer");
                    evaluation.answered(&mut self.state, self.now * 1000, Ok(answer));
                }
            }
        }
    }
}

/// Seconds to wait, the target, user and session.
type Step = (i64, &'static str, Option<(&'static str, &'static str)>);

/// Every step of the design.
const STEPS: [Step; 12] = [
    (0, "/", Some(("alice", "s1"))),
    (5, "/", Some(("alice", "s1"))),
    (5, "/", Some(("alice", "s2"))),
    (5, "/x?byebye", Some(("alice", "s1"))),
    (5, "/", Some(("alice", "s2"))),
    (1200, "/", Some(("alice", "s3"))),
    (1201, "/", Some(("alice", "s3"))),
    (5, "/", None),
    (5, "/byebye", Some(("alice", "s4"))),
    (5, "/", Some(("alice", "s4"))),
    (5, "/", Some(("averyveryverylongname-one", "s5"))),
    (5, "/", Some(("averyveryverylongname-two", "s6"))),
];

fn session_map(article: &str) -> Result<(), Failed> {
    let mut loader = Loader::new();
    loader.page("no-double-login", "taken");
    loader.read_repaired("article", article.as_bytes());
    let mut theirs = Lab::new(loader.finish().configuration)?;
    let mut loader = Loader::new();
    loader.page("seat-taken", "taken");
    loader.read("ours", include_bytes!("../../../scenarios/policy/session-map.conf"));
    let mut ours = Lab::new(loader.finish().configuration)?;
    for (number, (wait, target, session)) in STEPS.into_iter().enumerate() {
        let request = format!("GET {target} HTTP/1.1\r\nHost: app\r\n\r\n");
        let came = [&mut theirs, &mut ours].map(|lab| {
            lab.now += wait;
            let outcome = lab.run(&request, session, &mut Vec::new());
            (outcome.verdict, outcome.end_session.map(|end| end.after), outcome.messages.len())
        });
        if came[0] != came[1] {
            return Err(format!("step {}: {:?}, ours {:?}", number + 1, came[0], came[1]).into());
        }
        let blocked = matches!(&came[0].0, Verdict::Respond(page) if page.status == 200);
        if blocked != [3, 6, 12].contains(&(number + 1)) {
            return Err(format!("step {}: {:?}", number + 1, came[0]).into());
        }
    }
    Ok(())
}

/// The texts of the article that are expressions: from a line that begins one to a line that ends with a quotation
/// mark and has nothing behind it.
fn texts(article: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut open: Option<String> = None;
    let mut lines = article.lines().peekable();
    while let Some(line) = lines.next() {
        let (line, _) = characters(line);
        let begins = line.starts_with("\"HTTP/1.1") || line.starts_with("\"PUT ");
        let Some(mut text) = open.take().or_else(|| begins.then(String::new)) else { continue };
        text.push_str(&line);
        let last = lines.peek().is_none_or(|next| next.trim().is_empty());
        if last && line.ends_with('"') {
            texts.push(text);
        } else {
            text.push('\n');
            open = Some(text);
        }
    }
    texts
}

/// As a command line quotes it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{escaped}\"")
}

fn passcode(article: &str) -> Result<(), Failed> {
    let texts = texts(article);
    let (pages, requests): (Vec<_>, Vec<_>) = texts.iter().partition(|text| text.starts_with("\"HTTP/"));
    if (pages.len(), requests.len()) != (7, 3) {
        return Err(format!("{} pages and {} requests", pages.len(), requests.len()).into());
    }
    let mut conf = String::from("add vpn vserver gw SSL 192.0.2.1 443\n");
    let names = ["ana_logon", "a2", "a4", "a7", "DeviceKey_Authentication_Status"];
    for (number, name) in names.into_iter().enumerate() {
        let request = requests.get(number % requests.len()).ok_or("a request")?;
        conf += &format!(
            "add policy httpCallout {name} -IPAddress 10.11.252.114 -port 8080 -returnType TEXT -fullReqExpr {} \
             -resultExpr \"HTTP.RES.BODY(100)\"\n",
            quoted(request)
        );
    }
    for (number, page) in pages.iter().enumerate() {
        conf += &format!(
            "add responder action page{number} respondwith {}\n\
             add responder policy step{number} \"HTTP.REQ.URL.EQ(\\\"/step{number}\\\")\" page{number}\n\
             bind vpn vserver gw -policy step{number} -priority {} -type REQUEST\n",
            quoted(page),
            number + 1
        );
    }
    let mut lab = Lab::new(gateway_policy::conf::load("article", conf.as_bytes()).configuration)?;
    for number in 0..pages.len() {
        let request = format!(
            "POST /step{number} HTTP/1.1\r\nHost: gw\r\nUser-Agent: Lab\r\nCookie: AuthKey=key\r\n\r\n\
             login=alice&passwd=secret"
        );
        let mut asked = Vec::new();
        let outcome = lab.run(&request, None, &mut asked);
        let Verdict::Respond(page) = &outcome.verdict else {
            return Err(format!("page {number}: {}", outcome.explanation).into());
        };
        let holds = |value: &[u8]| value.windows(10).any(|part| part == b"the-answer");
        let cookie = page.headers.iter().any(|(name, value)| name == b"Set-Cookie" && holds(value));
        let length = |(name, value): &(Vec<u8>, Vec<u8>)| name == b"Content-Length" && value == b"1000";
        let wrong = asked.iter().all(|call| call.headers.iter().any(length) && call.body.len() < 1000);
        if page.status != 200 || !cookie || asked.len() != 1 || !wrong {
            return Err(format!("page {number}: {page:?} {asked:?}").into());
        }
    }
    Ok(())
}
