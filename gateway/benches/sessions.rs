//! What the session table costs: look-ups, log-ins under each rule, sweeps, memory. Prints figures and judges none:
//! `cargo bench -p gateway --bench sessions`.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time, and reads its own memory")]

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::config::{Binding, DuplicatePolicy, Names};
use gateway::limits::Limits;
use gateway::session::{Identity, Lookup, Newcomer, Place, Table, Verdict};
use gateway_proto::secret::Secret;

/// As many as a gateway has by default, and a hundred times as many.
const SIZES: [u32; 2] = [10_000, 1_000_000];
/// How many times each thing is done.
const MEASURED: u32 = 200_000;
const POLICIES: [DuplicatePolicy; 4] =
    [DuplicatePolicy::Allow, DuplicatePolicy::Deny, DuplicatePolicy::Kick, DuplicatePolicy::Transfer];
/// Or for as long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Nothing ends by itself.
const NOW: Duration = Duration::from_secs(1);

fn main() {
    for size in SIZES {
        let before = resident_kilobytes();
        let mut table = filled(size);
        let kilobytes = resident_kilobytes().saturating_sub(before);
        println!("{size} sessions: {} bytes each", kilobytes * 1024 / u64::from(size));
        println!("{size} sessions: {:.0} look-ups/s", look_ups(&mut table, size));
        println!("{size} sessions: {:.0} look-ups/s of ids that nobody has", misses(&mut table));
        println!("{size} sessions: {:.1} ms a sweep", sweep(&mut table, size));
        drop(table);
        for (policy, room) in POLICIES.into_iter().flat_map(|policy| [(policy, MEASURED), (policy, 0)]) {
            let per_second = meetings(&mut filled(size), policy, size, room);
            let (policy, full) = (policy.as_str(), if room == 0 { ", the table is full" } else { "" });
            println!("{size} sessions: {per_second:.0} log-ins/s of users who have one, {policy}{full}");
        }
    }
}

/// Sessions of as many users, as LDAP makes them: two groups, no Class.
fn filled(size: u32) -> Table {
    let mut table = Table::default();
    let limits = limits(size);
    for n in 0..size {
        let opening = table.create(newcomer(n, n), DuplicatePolicy::Deny, NOW, &limits);
        assert!(matches!(opening.verdict, Verdict::Opened(_)));
    }
    table
}

fn look_ups(table: &mut Table, size: u32) -> f64 {
    let (limits, ids) = (limits(size), (0..MEASURED).map(|n| id(spread(n) % size)).collect::<Vec<_>>());
    per_second(|n| {
        let found = table.touch(&ids[n], place(), Binding::default(), NOW, &limits);
        assert!(matches!(black_box(found), Lookup::Live(..)));
    })
}

fn misses(table: &mut Table) -> f64 {
    let (limits, ids) = (limits(1), (0..MEASURED).map(|n| id(u32::MAX - n)).collect::<Vec<_>>());
    per_second(|n| {
        let found = table.touch(&ids[n], place(), Binding::default(), NOW, &limits);
        assert!(matches!(black_box(found), Lookup::Nobody));
    })
}

fn sweep(table: &mut Table, size: u32) -> f64 {
    let limits = limits(size);
    let begun = Instant::now();
    assert!(table.sweep(NOW, &limits).is_empty());
    begun.elapsed().as_secs_f64() * 1000.0
}

/// Log-ins of users who have a session each. `room` is for how many more there is some.
fn meetings(table: &mut Table, policy: DuplicatePolicy, size: u32, room: u32) -> f64 {
    let limits = limits(size + room);
    let mut coming = (0..MEASURED).map(|n| newcomer(spread(n) % size, u32::MAX - n)).collect::<Vec<_>>();
    per_second(|_| {
        let Some(newcomer) = coming.pop() else { return };
        drop(black_box(table.create(newcomer, policy, NOW, &limits)));
    })
}

/// How often a second something can be done, as long as it is fun.
fn per_second(mut act: impl FnMut(usize)) -> f64 {
    let (begun, mut done) = (Instant::now(), 0);
    while done < MEASURED as usize && (done % 16 != 0 || begun.elapsed() < PATIENCE) {
        act(done);
        done += 1;
    }
    f64::from(u32::try_from(done).unwrap_or(u32::MAX)) / begun.elapsed().as_secs_f64()
}

fn newcomer(user: u32, id_of: u32) -> Newcomer {
    let user = format!("user{user:07}");
    let groups = ["CN=Staff,OU=Groups,DC=example,DC=test", "CN=Citrix,OU=Groups,DC=example,DC=test"];
    Newcomer {
        account: Names::default().account(&user),
        identity: Identity {
            user,
            password: Secret::new("correct horse battery"),
            groups: groups.map(str::to_owned).into(),
            class: Arc::default(),
            lasts: None,
        },
        peer: peer(),
        place: place(),
        id: id(id_of),
        handle: Secret::new(format!("{id_of:032x}")),
        form_token: Secret::new(format!("{id_of:032x}")),
        before: None,
    }
}

fn id(n: u32) -> Secret {
    Secret::new(format!("{n:064x}"))
}

fn peer() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 5000))
}

fn place() -> Place {
    Place::new(peer(), Some(b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"))
}

fn limits(sessions: u32) -> Limits {
    Limits { sessions: sessions as usize, ..Limits::default() }
}

/// Numbers in no order that a cache would like (the golden ratio of 32 bits).
const fn spread(n: u32) -> u32 {
    n.wrapping_mul(0x9E37_79B1)
}

/// Memory of this process that is in use, where the system tells (Linux); else nothing.
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}
