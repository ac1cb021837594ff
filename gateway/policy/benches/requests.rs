//! How many requests go through policies. Prints figures, judges nothing: `cargo bench -p gateway-policy`.
//!
//! Where the system tells it (Linux), a second is one that this thread had a core; other work on the machine then
//! changes little.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_policy::conf::{Loader, load};
use gateway_policy::facts::{Connection, Facts, Session};
use gateway_policy::run::{Evaluation, Occasion, Policies, Progress, State, message};
use gateway_policy::switches::Switches;

const REQUEST: &[u8] = b"GET /shop/cart/item-9999?id=7&lang=de HTTP/1.1\r\nHost: www.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: text/html\r\n\
    Cookie: theme=dark; lang=de; NSC_TMAA=0123456789abcdef0123456789abcdef\r\n\r\n";

fn main() {
    one_policy();
    many_policies();
    map();
    session_map();
    lines();
}

fn one_policy() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\n\
        add responder policy p q~HTTP.REQ.URL.PATH.STARTSWITH(\"/admin\")~ DROP\n\
        bind lb vserver v -policyName p -priority 10 -type REQUEST\n";
    report("1 policy, URL.PATH.STARTSWITH", conf);
}

fn many_policies() {
    let mut conf = "add lb vserver v HTTP 192.0.2.1 80\n".to_owned();
    for n in 1..=100 {
        let _ = write!(
            conf,
            "add responder policy p{n} q~HTTP.REQ.HOSTNAME.EQ(\"h{n}.example.com\") || \
             HTTP.REQ.URL.PATH.STARTSWITH(\"/app-{n}/\")~ DROP\n\
             bind lb vserver v -policyName p{n} -priority {n} -gotoPriorityExpression NEXT -type REQUEST\n"
        );
    }
    report("100 policies, HOSTNAME.EQ || URL.PATH.STARTSWITH, none hit", &conf);
}

fn map() {
    let mut conf = "add lb vserver v HTTP 192.0.2.1 80\nadd policy stringmap m\n".to_owned();
    for n in 0..10_000 {
        let _ = writeln!(conf, "bind policy stringmap m /shop/cart/item-{n} target-{n}");
    }
    conf.push_str(
        "add responder policy p q~HTTP.REQ.URL.PATH.MAP_STRING(\"m\").EQ(\"none\")~ DROP\n\
         bind lb vserver v -policyName p -priority 10 -type REQUEST\n",
    );
    report("1 policy, a string map of 10 000 entries", &conf);
}

/// The duplicate-log-in policy, its map full.
fn session_map() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\n\
        add ns variable sessions -type map(text(20),text(64),10000) -expires 1200\n\
        add ns assignment remember -variable $sessions[AAA.USER.NAME] -set AAA.USER.SESSIONID\n\
        add responder policy new $sessions.VALUEEXISTS(AAA.USER.NAME).NOT remember\n\
        add responder policy twice q~$sessions[AAA.USER.NAME].EQ(AAA.USER.SESSIONID).NOT~ DROP\n\
        bind lb vserver v -policyName new -priority 10 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName twice -priority 20 -gotoPriorityExpression END -type REQUEST\n";
    let policies = policies(conf);
    let mut state = State::default();
    let users: Vec<Facts> = (0..10_000).map(|n| facts(&format!("user-{n}"))).collect();
    let mut users = users.iter().cycle();
    let rate = rate(|| evaluate(&policies, users.next().expect("a cycle never ends").clone(), &mut state));
    println!("2 policies, a session map of 10 000 users, each in turn: {rate:.0} requests per second");
}

fn lines() {
    let mut conf = String::new();
    for n in 0..25_000 {
        let _ = write!(
            conf,
            "add responder action a{n} redirect \"\\\"https://h{n}.example.com\\\" + HTTP.REQ.URL\"\n\
             add responder policy p{n} \"HTTP.REQ.URL.STARTSWITH(\\\"/{n}/\\\")\" a{n}\n\
             bind lb vserver v -policyName p{n} -priority {} -gotoPriorityExpression NEXT -type REQUEST\n\
             add lb vserver v{n} HTTP 192.0.2.1 80\n",
            n + 1
        );
    }
    let count = conf.lines().count();
    let start = Clock::start();
    let loaded = load("bench", conf.as_bytes());
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} lines loaded: {:.0} lines per second", count as f64 / seconds);
    let start = Clock::start();
    black_box(Policies::new(loaded.configuration, None, Switches::default()).ok());
    println!(
        "the same made ready to run: {:.0} lines per second",
        count as f64 / start.elapsed().as_secs_f64()
    );
}

fn report(what: &str, conf: &str) {
    let policies = policies(conf);
    let facts = facts("alice");
    let mut state = State::default();
    let rate = rate(|| evaluate(&policies, facts.clone(), &mut state));
    println!("{what}: {rate:.0} requests per second");
}

fn policies(conf: &str) -> Arc<Policies> {
    let mut loader = Loader::new();
    loader.read("bench", conf.as_bytes());
    let loaded = loader.finish();
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    Arc::new(Policies::new(loaded.configuration, None, Switches::default()).expect("one virtual server"))
}

fn facts(user: &str) -> Facts {
    Facts {
        request: Some(message(REQUEST)),
        client: Connection { source: "192.0.2.7".parse().ok(), tls: true, ..Connection::default() },
        session: Some(Session { user: user.to_owned(), id: "s1".to_owned(), ..Session::default() }),
        ..Facts::default()
    }
}

fn evaluate(policies: &Arc<Policies>, facts: Facts, state: &mut State) {
    let mut evaluation = Evaluation::new(policies.clone(), facts, Occasion::Request);
    match evaluation.go_on(state, 1_767_225_600_000) {
        Progress::Done(outcome) => drop(black_box(outcome)),
        Progress::Call(request) => panic!("{request:?}"),
    }
}

/// The best of three, each half a second.
fn rate(mut work: impl FnMut()) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let (start, mut done) = (Clock::start(), 0_u32);
        while start.elapsed() < Duration::from_millis(500) {
            for _ in 0..100 {
                work();
            }
            done += 100;
        }
        best = best.max(f64::from(done) / start.elapsed().as_secs_f64());
    }
    best
}

/// Time on a core, else time.
struct Clock {
    core: Option<Duration>,
    wall: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { core: on_core(), wall: Instant::now() }
    }

    fn elapsed(&self) -> Duration {
        let core = self.core.zip(on_core()).map(|(start, now)| now.saturating_sub(start));
        core.unwrap_or_else(|| self.wall.elapsed())
    }
}

/// proc(5), `schedstat`: nanoseconds on a core come first.
fn on_core() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
