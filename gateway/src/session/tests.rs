use super::*;
use crate::config::{Binding, DuplicatePolicy, Names};
use crate::store::Kept as _;

const fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn place() -> Place {
    Place::new(SocketAddr::from(([192, 0, 2, 1], 5000)), None)
}

/// Whether the id is of a live session, which is used.
fn touches(table: &mut Table, id: &Secret, now: Duration, limits: &Limits) -> bool {
    matches!(table.touch(id, place(), Binding::default(), now, limits), Lookup::Live(..))
}

fn newcomer(user: &str, id: &str) -> Newcomer {
    Newcomer {
        identity: Identity { password: Secret::new("Winter-26"), ..Identity::for_tests(user) },
        account: Names::default().account(user),
        peer: SocketAddr::from(([192, 0, 2, 1], 5000)),
        place: place(),
        id: Secret::new(id),
        handle: Secret::new(format!("handle of {id}")),
        form_token: Secret::new("token"),
        before: None,
    }
}

fn under(
    policy: DuplicatePolicy,
    table: &mut Table,
    newcomer: Newcomer,
    now: u64,
    limits: &Limits,
) -> Opening {
    table.create(newcomer, policy, secs(now), limits)
}

fn open(table: &mut Table, id: &str, now: u64, limits: &Limits) -> Option<Session> {
    match under(DuplicatePolicy::Allow, table, newcomer("alice", id), now, limits).verdict {
        Verdict::Opened(session) => Some(session),
        Verdict::Taken(_) | Verdict::Full => None,
    }
}

#[test]
fn a_used_session_lives_and_an_idle_one_does_not() {
    let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
    open(&mut table, "a", 0, &limits).unwrap();
    assert!(touches(&mut table, &id, secs(1199), &limits));
    assert!(touches(&mut table, &id, secs(1199 + 1199), &limits));
    assert!(!touches(&mut table, &id, secs(1199 + 1199 + 1200), &limits));
}

#[test]
fn who_works_in_a_tunnel_is_not_idle() {
    let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
    let session = open(&mut table, "a", 0, &limits).unwrap();
    session.pulse.beat(secs(1100));
    session.pulse.beat(secs(900));
    assert!(table.sweep(secs(1100 + 1199), &limits).is_empty());
    assert_eq!(table.sweep(secs(1100 + 1200), &limits)[0].1, "idle");
    assert!(!touches(&mut table, &id, secs(1100 + 1200), &limits));
}

#[test]
fn the_absolute_limit_holds_however_busy_the_session_is() {
    let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
    open(&mut table, "a", 0, &limits).unwrap();
    for minute in 1..12 * 60 {
        assert!(touches(&mut table, &id, secs(minute * 60), &limits), "minute {minute}");
    }
    assert!(!touches(&mut table, &id, secs(12 * 3600), &limits));
    assert_eq!(table.sweep(secs(12 * 3600), &limits)[0].1, "absolute limit");
}

#[test]
fn ending_ends_handle_and_tickets_and_whatever_hangs_on_it() {
    let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
    let session = open(&mut table, "a", 0, &limits).unwrap();
    let ticket = Mark::of(&Secret::new("TICKET"));
    let handle = Secret::new("handle of a");
    table.remember_ticket(&id, ticket);
    assert!(table.by_ticket(ticket).is_some());
    assert!(table.by_handle(&handle, secs(1), &limits).is_some());
    table.end(&id);
    assert!(session.ended.is_cancelled());
    assert!(table.by_ticket(ticket).is_none());
    assert!(table.by_handle(&handle, secs(1), &limits).is_none());
    assert!(!touches(&mut table, &id, secs(1), &limits));
}

#[test]
fn a_full_table_refuses_the_newcomer_and_keeps_everybody_else() {
    let (mut table, mut limits) = (Table::default(), Limits::default());
    limits.sessions = 2;
    open(&mut table, "a", 0, &limits).unwrap();
    open(&mut table, "b", 600, &limits).unwrap();
    assert!(open(&mut table, "c", 1199, &limits).is_none());
    assert!(touches(&mut table, &Secret::new("b"), secs(1199), &limits));
    // What nobody used any more makes room at once, not at the next sweep.
    assert!(open(&mut table, "c", 1200, &limits).is_some());
}

#[test]
fn a_full_table_still_lets_a_user_replace_his_own_session() {
    let (mut table, mut limits) = (Table::default(), Limits::default());
    limits.sessions = 1;
    open(&mut table, "a", 0, &limits).unwrap();
    let stranger = under(DuplicatePolicy::Kick, &mut table, newcomer("bob", "b"), 1, &limits);
    assert!(matches!(stranger.verdict, Verdict::Full));
    let own = under(DuplicatePolicy::Kick, &mut table, newcomer("alice", "c"), 1, &limits);
    assert!(matches!(own.verdict, Verdict::Opened(_)));
    assert!(table.was_displaced(&Secret::new("a"), secs(2), &limits));
    assert!(!table.was_displaced(&Secret::new("a"), secs(1201), &limits), "not for ever");
}

#[test]
fn a_session_comes_back_with_its_bytes_and_its_places() {
    let (mut table, limits) = (Table::default(), Limits::default());
    let session = open(&mut table, "a", 0, &limits).unwrap();
    session.pulse.moved((5, 7), secs(1));
    let elsewhere = Place::new(SocketAddr::from(([203, 0, 113, 9], 5000)), None);
    let (id, bound) = (Secret::new("a"), Binding { address: true, user_agent: false });
    table.touch(&id, elsewhere, Binding::default(), secs(2), &limits);
    let (key, mut next) = (hash(&id), Table::default());
    next.restore(&key, &table.record(&key).unwrap()).unwrap();
    assert_eq!(next.all().map(|session| session.pulse.total()).collect::<Vec<_>>(), [(5, 7)]);
    let found = next.touch(&id, elsewhere, bound, secs(3), &limits);
    assert!(matches!(found, Lookup::Elsewhere(_, None)), "no news, and bound to where it began");
}

#[test]
fn an_id_is_matched_whole() {
    let (mut table, limits) = (Table::default(), Limits::default());
    open(&mut table, "abc", 0, &limits).unwrap();
    for other in ["ab", "abcd", "ABC", ""] {
        assert!(!touches(&mut table, &Secret::new(other), secs(1), &limits), "{other:?}");
    }
}

#[test]
fn a_name_is_matched_whole_and_without_case() {
    let (mut table, limits) = (Table::default(), Limits::default());
    let deny = |table: &mut Table, user: &str, id: &str| {
        let opening = under(DuplicatePolicy::Deny, table, newcomer(user, id), 0, &limits);
        matches!(opening.verdict, Verdict::Opened(_))
    };
    assert!(deny(&mut table, "maximiliane-mustermann", "a"));
    assert!(deny(&mut table, "maximiliane-mustermann-2", "b"), "agree in their first 20 characters");
    assert!(!deny(&mut table, " Maximiliane-MUSTERMANN ", "c"));
}

#[test]
fn the_blocked_are_counted_and_keep_nothing_alive() {
    let (mut table, limits) = (Table::default(), Limits::default());
    let deny = |table: &mut Table, id: &str, now| {
        under(DuplicatePolicy::Deny, table, newcomer("alice", id), now, &limits)
    };
    deny(&mut table, "a", 0);
    let attempt = |opening: &Opening| opening.met.as_ref().map(|owner| owner.attempt);
    assert_eq!(attempt(&deny(&mut table, "b", 1198)), Some(1));
    assert_eq!(attempt(&deny(&mut table, "c", 1199)), Some(2));
    let free = deny(&mut table, "d", 1200);
    assert!(matches!(free.verdict, Verdict::Opened(_)));
    assert_eq!(free.over[0].1, "idle");
}

#[test]
fn a_log_in_takes_the_place_of_the_session_its_client_had() {
    let (mut table, limits) = (Table::default(), Limits::default());
    for policy in [DuplicatePolicy::Allow, DuplicatePolicy::Deny, DuplicatePolicy::Transfer] {
        under(policy, &mut table, newcomer("alice", "a"), 0, &limits);
        let again = Newcomer { before: Some(Secret::new("a")), ..newcomer("alice", "b") };
        let opening = under(policy, &mut table, again, 1, &limits);
        assert!(matches!(opening.verdict, Verdict::Opened(_)), "{policy:?}");
        assert_eq!(opening.over[0].1, "new log-in");
        assert!(opening.met.is_none());
        table.end_all();
    }
}

#[test]
fn an_offer_is_good_for_one_answer_in_time() {
    let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("offer"));
    let identity = newcomer("alice", "a").identity;
    table.offer(&id, identity.clone(), secs(0), &limits);
    assert!(table.is_offered(&id));
    assert!(table.take_offer(&id, secs(299), &limits).is_some());
    assert!(table.take_offer(&id, secs(299), &limits).is_none());
    table.offer(&id, identity, secs(0), &limits);
    assert!(table.take_offer(&id, secs(300), &limits).is_none());
}
