//! The table against a naive model of it: a list of sessions that is searched from one end to the other. Random
//! log-ins, requests from several places, log-outs and waits under every policy must come out the same, and under a policy of one
//! session nobody ever has two.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::config::{Binding, DuplicatePolicy, Names, OtherDomains, Spelling};

/// Few names, four of which are one, so that they meet.
const USERS: [&str; 6] = ["alice", "Alice ", r"CORP\alice", "alice@corp", "bob", "bob2"];

fn corp() -> Names {
    Names::new(["corp"], OtherDomains::Refused, Spelling::Bare).expect("a domain")
}

fn place(n: u8) -> Place {
    Place::new(SocketAddr::from(([192, 0, 2, n], 5000)), None)
}

const POLICIES: [DuplicatePolicy; 4] =
    [DuplicatePolicy::Allow, DuplicatePolicy::Deny, DuplicatePolicy::Kick, DuplicatePolicy::Transfer];

#[derive(Clone, Debug)]
enum Act {
    /// A log-in; perhaps with the cookie of the n-th id given out so far.
    Create {
        user: usize,
        place: u8,
        before: Option<usize>,
    },
    /// The newest offer is accepted.
    TakeOver,
    /// From one of the places.
    Touch(usize, u8),
    End(usize),
    Wait(u64),
    Sweep,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..USERS.len(), 0..3_u8, proptest::option::weighted(0.2, 0..40_usize))
            .prop_map(|(user, place, before)| Act::Create { user, place, before }),
        2 => Just(Act::TakeOver),
        3 => (0..40_usize, 0..3_u8).prop_map(|(n, place)| Act::Touch(n, place)),
        1 => (0..40_usize).prop_map(Act::End),
        2 => (1..900_u64).prop_map(Act::Wait),
        1 => Just(Act::Sweep),
    ]
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    id: String,
    place: u8,
    user: String,
    created: u64,
    touched: u64,
}

/// What a reader would write without thinking of speed.
struct Naive {
    live: Vec<Known>,
    policy: DuplicatePolicy,
    most: usize,
}

impl Naive {
    fn expire(&mut self, now: u64) {
        self.live.retain(|known| now - known.touched < 1200 && now - known.created < 5000);
    }

    /// `"opened"`, `"taken"` or `"full"`.
    fn create(
        &mut self,
        user: &str,
        id: &str,
        place: u8,
        before: Option<&str>,
        now: u64,
        take_over: bool,
    ) -> &'static str {
        self.expire(now);
        let user = user.trim().to_lowercase().replace(r"corp\", "").replace("@corp", "");
        let alone = self.policy != DuplicatePolicy::Allow;
        let ends = take_over || self.policy == DuplicatePolicy::Kick;
        let is_before = |known: &Known| Some(known.id.as_str()) == before;
        let in_the_way = |known: &Known| alone && known.user == user && !is_before(known);
        if !ends && self.live.iter().any(in_the_way) {
            return "taken";
        }
        let staying = self.live.iter().filter(|known| !is_before(known) && !in_the_way(known)).count();
        if staying >= self.most {
            return "full";
        }
        self.live.retain(|known| !is_before(known) && !in_the_way(known));
        self.live.push(Known { id: id.to_owned(), place, user, created: now, touched: now });
        "opened"
    }
}

struct Pair {
    table: Table,
    bound: Binding,
    naive: Naive,
    limits: Limits,
    now: u64,
    ids: Vec<String>,
    offered: Option<Identity>,
}

impl Pair {
    fn new(policy: DuplicatePolicy, bound: Binding) -> Self {
        let session_absolute = Duration::from_secs(5000);
        let limits = Limits { sessions: 3, session_absolute, ..Limits::default() };
        let naive = Naive { live: Vec::new(), policy, most: limits.sessions };
        Self { table: Table::default(), bound, naive, limits, now: 0, ids: Vec::new(), offered: None }
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.now)
    }

    fn create(&mut self, identity: Identity, at: u8, before: Option<String>, take_over: bool) {
        let id = format!("id {}", self.ids.len());
        self.ids.push(id.clone());
        let newcomer = Newcomer {
            identity: identity.clone(),
            account: corp().account(&identity.user),
            peer: SocketAddr::from(([192, 0, 2, 1], 5000)),
            place: place(at),
            id: Secret::new(id.as_str()),
            handle: Secret::new(format!("handle of {id}")),
            form_token: Secret::new("token"),
            before: before.as_deref().map(Secret::new),
        };
        let policy = if take_over { DuplicatePolicy::Kick } else { self.naive.policy };
        let opening = self.table.create(newcomer, policy, self.time(), &self.limits);
        for (session, _) in &opening.over {
            assert!(session.ended.is_cancelled());
        }
        let came = match opening.verdict {
            Verdict::Opened(_) => "opened",
            Verdict::Taken(identity) => {
                self.offered = Some(identity);
                "taken"
            }
            Verdict::Full => "full",
        };
        let expected = self.naive.create(&identity.user, &id, at, before.as_deref(), self.now, take_over);
        assert_eq!(came, expected);
    }

    fn touch(&mut self, n: usize, at: u8) {
        let Some(id) = self.ids.get(n) else { return };
        let (now, key) = (self.time(), Secret::new(id.as_str()));
        let found = self.table.touch(&key, place(at), self.bound, now, &self.limits);
        self.naive.expire(self.now);
        let known = self.naive.live.iter_mut().find(|known| known.id == *id);
        match (found, known) {
            (Lookup::Nobody, None) => {}
            (Lookup::Elsewhere(..), Some(known)) => assert!(self.bound.address && known.place != at),
            (Lookup::Live(..), Some(known)) => {
                assert!(!self.bound.address || known.place == at);
                known.touched = self.now;
            }
            (_, known) => panic!("the list knows {known:?}, the table something else"),
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Create { user, place, before } => {
                let identity = Identity::for_tests(USERS[*user]);
                let before = before.and_then(|n| self.ids.get(n).cloned());
                self.create(identity, *place, before, false);
            }
            Act::TakeOver if self.naive.policy == DuplicatePolicy::Transfer => {
                if let Some(identity) = self.offered.take() {
                    self.create(identity, 0, None, true);
                }
            }
            Act::TakeOver => {}
            Act::Touch(n, at) => self.touch(*n, *at),
            Act::End(n) => {
                let Some(id) = self.ids.get(*n) else { return };
                self.table.end(&Secret::new(id.as_str()));
                self.naive.live.retain(|known| known.id != *id);
            }
            Act::Wait(seconds) => self.now += seconds,
            Act::Sweep => drop(self.table.sweep(self.time(), &self.limits)),
        }
        self.compare();
    }

    fn compare(&mut self) {
        self.naive.expire(self.now);
        let (now, limits) = (self.time(), &self.limits);
        let live = |session: &&Session| session.is_over(now, limits).is_none();
        let mut came: Vec<_> = self
            .table
            .all()
            .filter(live)
            .map(|session| (session.account.to_string(), session.mark))
            .collect();
        let mark = |known: &Known| (known.user.clone(), Mark::of(&Secret::new(known.id.as_str())));
        let mut expected: Vec<_> = self.naive.live.iter().map(mark).collect();
        came.sort();
        expected.sort();
        assert_eq!(came, expected);
        if self.naive.policy != DuplicatePolicy::Allow {
            came.dedup_by(|a, b| a.0 == b.0);
            assert_eq!(came.len(), expected.len(), "nobody has two");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_does_what_a_list_would(
        policy in 0..POLICIES.len(),
        address in any::<bool>(),
        acts in vec(act(), 1..80),
    ) {
        let mut pair = Pair::new(POLICIES[policy], Binding { address, user_agent: false });
        for act in &acts {
            pair.act(act);
        }
    }
}
