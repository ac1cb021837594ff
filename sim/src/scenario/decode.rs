//! KDL documents to plans: one [`Plan`] for every combination of matrix values.
//!
//! Decoding goes on after an error, so that all errors of a scenario are told at once; a plan that comes out
//! together with findings may lack what they are about. Names are not resolved here: see
//! [`check`](super::check).

mod anakam;
mod ldap;
mod policies;
mod run;
mod second;
mod statement;
mod steps;
mod syslog;
mod value;
mod world;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use kdl::{KdlDocument, KdlNode, KdlValue};

use self::statement::{Body, Statement};
pub(super) use self::value::describe;
use self::value::value_text;
use super::diagnostic::{Finding, has_error};
use super::files::Files;
use super::plan::{LIMIT_DEFAULT, Plan, RealWorld, START_DEFAULT_UNIX_SECONDS, TICK_DEFAULT, World};
use super::schema::Block;
use super::source::{FileId, Span, Spanned};

/// Most plans one file may become.
pub const VARIANTS_MAX: usize = 64;

/// A matrix value a variant stands for.
struct Binding {
    name: String,
    value: KdlValue,
}

/// A `matrix` of the file.
struct Matrix {
    name: Spanned<String>,
    values: Vec<KdlValue>,
}

/// Decodes one variant of one scenario.
struct Decoder<'l> {
    files: Files<'l>,
    findings: Vec<Finding>,
    bindings: Vec<Binding>,
    matrices: Vec<Matrix>,
    /// Matrix names that something used.
    used: BTreeSet<String>,
    /// Files being taken in, to see circles.
    open: Vec<FileId>,
    /// Whether every host and user so far was read without an error.
    world_understood: bool,
}

/// What decoding gave: plans, and what was wrong.
pub(super) struct Decoded<'l> {
    pub(super) plans: Vec<Plan>,
    pub(super) findings: Vec<Finding>,
    /// Whether every host and user was read without an error, so that names can be looked up.
    pub(super) world_understood: bool,
    pub(super) files: Files<'l>,
}

/// Decodes the scenario file of this name.
pub(super) fn scenario<'l>(files: Files<'l>, name: &str) -> Decoded<'l> {
    let mut decoder = Decoder {
        files,
        findings: Vec::new(),
        bindings: Vec::new(),
        matrices: Vec::new(),
        used: BTreeSet::new(),
        open: Vec::new(),
        world_understood: true,
    };
    let asked = Span::default();
    let plans = match decoder.files.open(name, asked, &mut decoder.findings) {
        Some((file, document)) => {
            decoder.open.push(file);
            decoder.variants(Body { document: &document, file })
        }
        None => Vec::new(),
    };
    let Decoder { findings, world_understood, files, .. } = decoder;
    Decoded { plans, findings, world_understood, files }
}

impl Decoder<'_> {
    fn variants(&mut self, body: Body<'_>) -> Vec<Plan> {
        let scenarios = body.document.nodes().iter().filter(|node| node.name().value() == "scenario");
        let inside = scenarios.filter_map(KdlNode::children).flat_map(KdlDocument::nodes);
        for node in inside.filter(|node| node.name().value() == "matrix") {
            self.matrix(node, body.file);
        }
        let count = self.matrices.iter().try_fold(1_usize, |n, matrix| n.checked_mul(matrix.values.len()));
        let Some(count) = count.filter(|count| *count <= VARIANTS_MAX) else {
            let message = format!("the matrices combine to more than {VARIANTS_MAX} variants");
            let place = self.matrices.last().map_or_else(Span::default, |matrix| matrix.name.place());
            self.findings.push(Finding::error("scn-too-large", place, message));
            return Vec::new();
        };
        let mut plans = Vec::new();
        for variant in 0..count {
            self.bind(variant);
            if let Some(scenario) = self.only(body, "scenario", None) {
                plans.extend(self.plan(&scenario));
            }
        }
        for matrix in self.matrices.iter().filter(|matrix| !self.used.contains(&matrix.name.value)) {
            let message =
                format!("matrix `{}` is not used: all its variants are the same", matrix.name.value);
            self.findings.push(Finding::warning("scn-unused-matrix", matrix.name.place(), message));
        }
        plans
    }

    /// The one statement a file consists of. `asked` is where another file took this one in.
    fn only<'d>(&mut self, body: Body<'d>, expected: &str, asked: Option<Span>) -> Option<Statement<'d>> {
        let seen = self.findings.len();
        let mut statements = self.statements(body, Block::File);
        let place = Span { file: body.file, start: 0, end: 0 };
        let position = statements.iter().position(|statement| statement.word.name == expected);
        let Some(position) = position else {
            // An unknown word has been named already; more would only confuse.
            if self.findings.len() == seen {
                let there = statements.first().map_or(place, |statement| statement.name_place);
                let message = match statements.first() {
                    Some(found) => {
                        format!("a `{}` stands in this file where a `{expected}` is wanted", found.word.name)
                    }
                    None => format!("this file has no `{expected}`"),
                };
                let place = asked.unwrap_or(there);
                let finding = Finding::error("scn-wrong-file", place, message);
                self.findings
                    .push(finding.help(format!("a file of this kind is `{expected} \"…\" {{ … }}`")));
            }
            return None;
        };
        let found = statements.remove(position);
        for other in statements {
            let message = format!("a file has one `{expected}` and nothing else at its top");
            self.findings.push(Finding::error("scn-wrong-file", other.name_place, message));
        }
        Some(found)
    }

    /// Reads a `matrix`, before anything else of the scenario: what it says decides how often the rest is read.
    fn matrix(&mut self, node: &KdlNode, file: FileId) {
        let Some(statement) = self.statement(node, file, Block::Scenario, None) else { return };
        self.inner(&statement);
        let items = node.children().map(KdlDocument::nodes).unwrap_or_default();
        let values =
            items.iter().filter_map(|item| item.entries().first()).map(|entry| entry.value().clone());
        let values: Vec<KdlValue> = values.collect();
        let Some(name) = statement.arg::<String>(0) else { return };
        if values.is_empty() {
            let message = format!("matrix `{}` has no values", name.value);
            self.findings.push(Finding::error("scn-missing", name.place(), message));
        } else if self.matrices.iter().any(|matrix| matrix.name == name) {
            self.twice(&name.value, name.place());
        } else {
            self.matrices.push(Matrix { name, values });
        }
    }

    /// Chooses the matrix values of a variant. The last matrix of the file changes fastest.
    fn bind(&mut self, variant: usize) {
        let mut rest = variant;
        let mut bindings = Vec::new();
        for matrix in self.matrices.iter().rev() {
            let count = matrix.values.len().max(1);
            if let Some(value) = matrix.values.get(rest % count) {
                bindings.push(Binding { name: matrix.name.value.clone(), value: value.clone() });
            }
            rest /= count;
        }
        bindings.reverse();
        self.bindings = bindings;
    }

    /// The value of a matrix in this variant.
    fn bound(&mut self, name: &str) -> Option<KdlValue> {
        let value = self.bindings.iter().find(|binding| binding.name == name)?.value.clone();
        self.used.insert(name.to_owned());
        Some(value)
    }

    fn plan(&mut self, scenario: &Statement<'_>) -> Option<Plan> {
        let variant = self
            .bindings
            .iter()
            .map(|binding| (binding.name.clone(), value_text(&binding.value).unwrap_or_default()));
        let mut plan = Plan {
            title: scenario.arg(0).unwrap_or_default(),
            variant: variant.collect(),
            covers: Vec::new(),
            tick: TICK_DEFAULT,
            start_unix_seconds: START_DEFAULT_UNIX_SECONDS,
            limit: LIMIT_DEFAULT,
            snapshot: false,
            real_world: None,
            world: World::default(),
            receivers: Vec::new(),
            faults: Vec::new(),
            expectations: Vec::new(),
            span: scenario.place,
        };
        let statements = self.inner(scenario);
        self.once_each(&statements, &["start", "limit", "tick", "snapshot", "real-world"]);
        for statement in &statements {
            self.top(statement, &mut plan);
        }
        Some(plan)
    }

    /// One statement of `scenario` or `case`.
    fn top(&mut self, statement: &Statement<'_>, plan: &mut Plan) {
        match statement.word.name {
            "covers" => plan.covers.extend(statement.args_from(0)),
            "start" => plan.start_unix_seconds = arg_or(statement, START_DEFAULT_UNIX_SECONDS),
            "limit" => plan.limit = self.more_than_nothing(statement, LIMIT_DEFAULT),
            "tick" => plan.tick = self.more_than_nothing(statement, TICK_DEFAULT),
            "snapshot" => plan.snapshot = true,
            "real-world" => plan.real_world = real_world(statement),
            // Read before the variants were made.
            "matrix" => {}
            "case" => self.case(statement, plan),
            "use" | "world" => self.worldly(statement, &mut plan.world),
            _ if statement.set => self.worldly(statement, &mut plan.world),
            "receiver" => plan.receivers.extend(self.receiver(statement)),
            "at" | "after" | "on" => self.faults(statement, &mut plan.faults),
            _ => self.expectations(statement, &mut plan.expectations),
        }
    }

    fn case(&mut self, statement: &Statement<'_>, plan: &mut Plan) {
        let mut chosen = true;
        for (name, value) in &statement.open {
            let Some(matrix) = self.matrices.iter().find(|matrix| matrix.name == *name) else {
                let names = self.matrices.iter().map(|matrix| matrix.name.value.as_str());
                let message = format!("there is no matrix `{}`", name.value);
                let finding = Finding::error("scn-unknown-matrix", name.place(), message);
                self.findings.push(finding.suggest(&name.value, names));
                continue;
            };
            let values: Vec<String> = matrix.values.iter().filter_map(value_text).collect();
            if !values.contains(&value.value) {
                let message = format!("matrix `{}` has no value `{}`", name.value, value.value);
                let finding = Finding::error("scn-unknown-matrix", value.place(), message);
                self.findings.push(finding.suggest(&value.value, values.iter().map(String::as_str)));
            }
            let bound = self.bound(&name.value).as_ref().and_then(value_text);
            chosen &= bound.as_ref() == Some(&value.value);
        }
        if statement.open.is_empty() {
            let message = "`case` needs a matrix value, such as `case policy=\"deny\"`";
            self.findings.push(Finding::error("scn-missing", statement.name_place, message));
        }
        if chosen {
            for inner in self.inner(statement) {
                self.top(&inner, plan);
            }
        }
    }

    /// Takes in another file: its document, while `used` runs over it.
    fn take_in(&mut self, statement: &Statement<'_>, used: impl FnOnce(&mut Self, Body<'_>)) {
        let Some(name) = statement.arg::<String>(0) else { return };
        let place = name.place();
        let parts = name.value.split(['/', '\\']);
        if name.value.starts_with(['/', '\\']) || parts.clone().any(|part| part == ".." || part.contains(':'))
        {
            let message = "a used file is named from the scenarios' folder downwards";
            self.findings.push(Finding::error("scn-no-file", place, message));
            return;
        }
        let opened = self.files.open(&name.value, place, &mut self.findings);
        let Some((file, document)): Option<(FileId, Rc<KdlDocument>)> = opened else { return };
        if self.open.contains(&file) {
            let message = format!("`{}` takes itself in", name.value);
            self.findings.push(Finding::error("scn-use-circle", place, message));
            return;
        }
        self.open.push(file);
        used(self, Body { document: &document, file });
        self.open.pop();
    }

    /// A statement that changes the world.
    fn worldly(&mut self, statement: &Statement<'_>, world: &mut World) {
        let seen = self.findings.len();
        match statement.word.name {
            "use" => self.use_world(statement, world),
            "world" => self.world(statement, world),
            _ => self.set(statement, world),
        }
        self.world_understood &= !has_error(self.findings.get(seen..).unwrap_or_default());
    }

    fn use_world(&mut self, statement: &Statement<'_>, world: &mut World) {
        let asked = statement.arg::<String>(0).map(|name| name.place());
        self.take_in(statement, |decoder, body| {
            if let Some(found) = decoder.only(body, "world", asked) {
                decoder.world(&found, world);
            }
        });
    }

    fn once_each(&mut self, statements: &[Statement<'_>], words: &[&str]) {
        for word in words {
            let same = statements.iter().filter(|statement| statement.word.name == *word);
            for second in same.skip(1) {
                self.twice(word, second.name_place);
            }
        }
    }

    fn more_than_nothing(&mut self, statement: &Statement<'_>, default: Duration) -> Duration {
        let Some(time) = statement.arg::<Duration>(0) else { return default };
        if time.value.is_zero() {
            let message = format!("`{}` must be longer than nothing", statement.word.name);
            self.findings.push(Finding::error("scn-bad-time", time.place(), message));
        }
        time.value
    }
}

fn real_world(statement: &Statement<'_>) -> Option<RealWorld> {
    Some(RealWorld { compare: statement.prop("compare")?, why: statement.prop("why")? })
}

fn arg_or(statement: &Statement<'_>, default: u64) -> u64 {
    statement.arg(0).map_or(default, |value: Spanned<u64>| value.value)
}
