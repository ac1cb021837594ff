//! Whole evaluations: requests in, outcomes out.

mod authorization;
mod banks;
mod callouts;
mod explained;
mod responses;
mod sessions;
mod switches;
mod variables;

use std::sync::Arc;

use super::{Evaluation, Occasion, Outcome, Policies, Progress, Request, State, Verdict, message};
use crate::conf::{Loader, Severity};
use crate::facts::{Connection, Facts, Message, Session};
use crate::switches::Switches;

/// A configuration and its state; time goes on by hand.
struct Lab {
    policies: Arc<Policies>,
    state: State,
    /// In seconds.
    now: i64,
}

impl Lab {
    fn new(text: &str) -> Self {
        Self::with(text, &[], Switches::default())
    }

    fn with(text: &str, pages: &[(&str, &str)], switches: Switches) -> Self {
        let mut loader = Loader::new();
        for (name, page) in pages {
            loader.page(*name, *page);
        }
        loader.read("lab.conf", text.as_bytes());
        let loaded = loader.finish();
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let policies = Policies::new(loaded.configuration, None, switches).expect("one virtual server");
        Self { policies: Arc::new(policies), state: State::default(), now: 1_767_225_600 }
    }

    /// Policies of one rule each, bound in this order with `NEXT`; actions and whatever else come with `text`.
    fn rules(text: &str, rules: &[(&str, &str)]) -> Self {
        let mut conf = format!("add lb vserver v HTTP 192.0.2.1 80\n{text}\n");
        for (number, (rule, action)) in rules.iter().enumerate() {
            conf.push_str(&format!("add responder policy p{number} q~{rule}~ {action}\n"));
            conf.push_str(&format!(
                "bind lb vserver v -policyName p{number} -priority {} -gotoPriorityExpression NEXT -type REQUEST\n",
                (number + 1) * 10
            ));
        }
        Self::new(&conf)
    }

    fn facts(target: &str, session: Option<(&str, &str)>) -> Facts {
        let session = session.map(|(user, id)| Session {
            user: user.to_owned(),
            id: id.to_owned(),
            attempts: 1,
            ..Session::default()
        });
        let request = message(format!("GET {target} HTTP/1.1\r\nHost: gw.example.test\r\n\r\n").as_bytes());
        let client = Connection { source: Some([192, 0, 2, 7].into()), ..Connection::default() };
        Facts { request: Some(request), client, session, ..Facts::default() }
    }

    fn get(&mut self, target: &str) -> Outcome {
        self.run(Self::facts(target, None), &mut |call| panic!("{call:?}"))
    }

    fn get_as(&mut self, target: &str, user: &str, session: &str) -> Outcome {
        self.run(Self::facts(target, Some((user, session))), &mut |call| panic!("{call:?}"))
    }

    fn run(&mut self, facts: Facts, answer: &mut dyn FnMut(&Request) -> Result<Message, String>) -> Outcome {
        let mut evaluation = Evaluation::new(self.policies.clone(), facts, Occasion::Request).explaining();
        loop {
            match evaluation.go_on(&mut self.state, self.now * 1000) {
                Progress::Done(outcome) => return *outcome,
                Progress::Call(request) => {
                    let answer = answer(&request);
                    evaluation.answered(&mut self.state, self.now * 1000, answer);
                }
            }
        }
    }
}

/// `policy: RESULT → where` for each policy that was tried.
fn way(outcome: &Outcome) -> Vec<String> {
    let tried = outcome.explanation.tried.iter();
    let line = |tried: &super::Tried| {
        let word = match &tried.result {
            super::Ruling::True => "TRUE",
            super::Ruling::False => "FALSE",
            super::Ruling::Undefined(_) => "UNDEF",
        };
        format!("{} {word} {}", tried.policy.as_deref().unwrap_or("NOPOLICY"), tried.moved)
    };
    tried.map(line).collect()
}

fn is_page(outcome: &Outcome, status: u16) -> bool {
    matches!(&outcome.verdict, Verdict::Respond(response) if response.status == status)
}
