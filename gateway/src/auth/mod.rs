//! Log-ins: who verifies a user name and a password, and what is asked in between.
//!
//! [`chain`] decides what follows from what a factor says; the drivers [`radius`], [`ldap`], [`users`] and [`anakam`]
//! ask somebody, and all come back with a [`Word`]. [`Flow`] holds the log-ins that wait for an answer. Nothing in a
//! later step is believed because the client says so: user, password, keys and RADIUS State stay in the pending
//! log-in (SR-1..SR-4). Which factors a user needs is decided here, for every way of logging in (SR-2).

mod anakam;
mod chain;
mod flow;
pub mod ldap;
mod lockout;
pub(crate) mod login;
mod push;
mod radius;
pub mod users;

pub(crate) use anakam::DeviceCookie;
pub(crate) use anakam::devices::Devices;
pub(crate) use flow::Flow;
pub(crate) use lockout::Lockout;
pub(crate) use push::Pushes;

use gateway_proto::secret::Secret;

use crate::audit::Event;
use crate::config::{Factor, Second};
use crate::reason::Reason;
use crate::shared::Shared;
use chain::{Chain, Next, Vouched, Word};
use flow::Answered;
use login::Client;

/// Where a log-in stands after its factors were asked.
pub(crate) enum Step {
    /// Every factor is passed.
    Passed(Vouched),
    /// One more question.
    Challenge(Chain, Question),
    /// No.
    Refused(Reason),
}

/// A question to the user, and what its answer must be sent with.
pub(crate) struct Question {
    /// From the server, to be escaped and shown.
    pub(crate) prompt: String,
    /// Whether the answer may be seen while it is typed.
    pub(crate) echo: bool,
    /// Whether the answer before was wrong.
    pub(crate) repeated: bool,
    /// What never leaves the gateway.
    pub(crate) awaits: Awaits,
}

/// Who awaits the answer to a question, and what it must be sent with. Whoever asked is told, whatever
/// configuration serves by then.
pub(crate) enum Awaits {
    /// A RADIUS server.
    Radius(Box<radius::Open>),
    /// An Anakam.TFA server.
    Anakam(Box<anakam::Open>),
}

/// Who logs in, for the factors that are asked about it.
pub(crate) struct Attempt<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) client: &'a Client,
    /// The name that the first factor is asked about.
    pub(crate) user: &'a str,
    /// The first factor's.
    pub(crate) password: &'a Secret,
}

impl Attempt<'_> {
    /// A log-in begins.
    pub(crate) async fn begin(&self) -> Step {
        let word = self.first().await;
        self.go_on(Chain::default(), word).await
    }

    /// The question of a log-in that has come as far as `chain` is answered.
    pub(crate) async fn answer(&self, chain: Chain, awaits: &Awaits, answer: &Secret) -> Step {
        let user = chain.user().unwrap_or(self.user);
        let word = match awaits {
            Awaits::Radius(open) => self.radius(user).answer(open, answer).await,
            Awaits::Anakam(open) => self.anakam().answer(open, answer).await,
        };
        self.go_on(chain, word).await
    }

    /// Asks whoever is next, until nobody is.
    async fn go_on(&self, mut chain: Chain, mut word: Word<Question>) -> Step {
        loop {
            match chain.hear(word, &self.shared.config.second, &self.shared.config.names) {
                Next::Second(second, next, user) => {
                    word = self.second(second, user).await;
                    chain = next;
                }
                Next::Prompt(chain, question) => return Step::Challenge(chain, question),
                Next::Passed(vouched) => return Step::Passed(vouched),
                Next::Refused(reason) => return Step::Refused(reason),
            }
        }
    }

    async fn first(&self) -> Word<Question> {
        let Shared { config, rt, audit, tls_client, .. } = self.shared;
        match &config.factor {
            Factor::Users(file) => match file.verify(self.user, self.password) {
                Some(user) => {
                    let server = String::new();
                    audit(&Event::FactorPassed { user: user.clone(), factor: "user file", server });
                    Word::Passed(Vouched::of(user))
                }
                None => Word::Refused(Reason::LoginRefused),
            },
            Factor::Radius(radius) => self.radius(self.user).begin(radius, self.password).await,
            Factor::Ldap(directory) => {
                let ground = ldap::Ground { rt, tls: tls_client, audit, within: config.limits.backend };
                match ldap::log_in(directory, &ground, self.user, self.password).await {
                    Ok(found) => {
                        Word::Passed(Vouched { groups: Some(found.groups), ..Vouched::of(found.name) })
                    }
                    Err(reason) => Word::Refused(reason),
                }
            }
        }
    }

    async fn second(&self, second: &Second, user: String) -> Word<Question> {
        match second {
            Second::Nobody => Word::Passed(Vouched::of(user)),
            Second::Radius(second) => self.radius(&user).second(second, self.password).await,
            Second::Anakam(server) => self.anakam().begin(server, user).await,
        }
    }

    fn radius<'a>(&'a self, user: &'a str) -> radius::Turn<'a> {
        radius::Turn { shared: self.shared, client: self.client, user }
    }

    fn anakam(&self) -> anakam::Turn<'_> {
        anakam::Turn { shared: self.shared, client: self.client }
    }
}
