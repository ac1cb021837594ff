//! The RADIUS driver: server after server, one budget for all.
//!
//! What a reply is worth is decided in `gateway_proto::radius`; one request on the wire is [`Exchange`]. The next
//! server is asked only when one stayed silent, never after it said something (SR-95), and never while a person may be looking at a question
//! of the first one on a phone. An answer to a challenge goes to the server that asked and to no other, because
//! only it knows its State.

#[cfg(test)]
use gateway_proto::radius::MessageAuthenticatorPolicy;
use gateway_proto::radius::{Accept, AccessRequest, RequestError, SignedRequest, Verdict};
use gateway_proto::secret::Secret;
use gateway_rt::{Purpose, entropy, time};

use super::chain::{Vouched, Word};
use super::login::Client;
use super::{Awaits, Question};
use crate::audit::Event;
use crate::config::{FirstRequest, Radius, RadiusServer, SecondRadius};
#[cfg(test)]
use crate::config::{RadiusGroups, RadiusTiming};
use crate::radius::{Exchange, News};
use crate::reason::Reason;
use crate::shared::Shared;

/// How the audit log calls the first and the second factor.
pub(super) const FIRST: &str = "RADIUS";
const SECOND: &str = "second RADIUS";

/// A question that is open, of these servers or on their behalf.
pub(crate) struct Open {
    radius: Radius,
    factor: &'static str,
    /// The server that asked, and its State. Without them the gateway itself asked for a passcode, and any server
    /// may check it.
    asked: Option<(usize, Secret)>,
}

#[cfg(test)]
impl Open {
    /// One that waits for nothing.
    pub(super) fn for_tests() -> Self {
        let message_authenticator = MessageAuthenticatorPolicy::Required;
        let (timing, groups) = (RadiusTiming::default(), RadiusGroups::default());
        let nas_identifier = "gw".to_owned();
        let radius = Radius { servers: Vec::new(), nas_identifier, timing, message_authenticator, groups };
        Self { radius, factor: FIRST, asked: None }
    }
}

/// One word of a RADIUS factor about one user.
pub(super) struct Turn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) client: &'a Client,
    pub(super) user: &'a str,
}

impl Turn<'_> {
    /// The first factor: a name and a password.
    pub(super) async fn begin(&self, radius: &Radius, password: &Secret) -> Word<Question> {
        self.ask(radius, FIRST, password, None).await
    }

    /// The second factor, about a user whom the first one let pass with `password`.
    pub(super) async fn second(&self, second: &SecondRadius, password: &Secret) -> Word<Question> {
        match &second.first {
            FirstRequest::Password => self.ask(&second.radius, SECOND, password, None).await,
            FirstRequest::Empty => self.ask(&second.radius, SECOND, &Secret::default(), None).await,
            FirstRequest::Passcode { prompt } => {
                let open = Open { radius: second.radius.clone(), factor: SECOND, asked: None };
                let (prompt, awaits) = (prompt.clone(), Awaits::Radius(Box::new(open)));
                Word::Asks(Question { prompt, echo: false, repeated: false, awaits })
            }
        }
    }

    /// The user answers.
    pub(super) async fn answer(&self, open: &Open, answer: &Secret) -> Word<Question> {
        self.ask(&open.radius, open.factor, answer, open.asked.as_ref()).await
    }

    /// Asks. Where that may make a phone ask a person, one question of an account is on the way at a time.
    async fn ask(
        &self,
        radius: &Radius,
        factor: &'static str,
        password: &Secret,
        asked: Option<&(usize, Secret)>,
    ) -> Word<Question> {
        let shared = self.shared;
        let Some(life) = radius.timing.push else {
            return self.ask_servers(radius, factor, password, asked).await;
        };
        let account = shared.config.names.account(self.user);
        let begun = shared.pushes().begin(&account, life, shared.now(), &shared.config.limits);
        if let Err(reason) = begun {
            return Word::Refused(reason);
        }
        let word = self.ask_servers(radius, factor, password, asked).await;
        match word {
            Word::Refused(Reason::FactorDown) => shared.pushes().unanswered(&account),
            _ => shared.pushes().answered(&account),
        }
        word
    }

    async fn ask_servers(
        &self,
        radius: &Radius,
        factor: &'static str,
        password: &Secret,
        asked: Option<&(usize, Secret)>,
    ) -> Word<Question> {
        let shared = self.shared;
        let mut order = match asked {
            Some((server, _)) => vec![*server],
            None => shared.silent().order(&radius.servers, shared.now()),
        };
        // Each server gets its share, so that a dead first one leaves time for the second. A person who is asked
        // elsewhere is asked by one server only.
        let share = match radius.timing.push {
            Some(push) => {
                order.truncate(1);
                push
            }
            None => radius.timing.budget / u32::try_from(order.len().max(1)).unwrap_or(u32::MAX),
        };
        let state = asked.map(|(_, state)| state);
        for index in order {
            let Some(server) = radius.servers.get(index) else { break };
            let asking = Asking { turn: self, radius, server, factor, password, state };
            let Ok(request) = asking.request() else {
                // What can't be asked can't be right: a name or password that RADIUS has no form for.
                return Word::Refused(Reason::LoginRefused);
            };
            let (policy, timing) = (radius.message_authenticator, radius.timing);
            let exchange = Exchange { rt: &shared.rt, server, timing, policy };
            match exchange.run(request, share, |news| asking.tell(news)).await {
                Verdict::TimedOut => {
                    shared.silent().was(&server.at, shared.now());
                    shared.tell(&Event::FactorSilent { server: server.name.clone(), after: share });
                }
                verdict => {
                    shared.silent().is_not(&server.at);
                    return asking.word(verdict, index);
                }
            }
        }
        Word::Refused(Reason::FactorDown)
    }
}

/// One question to one server.
struct Asking<'a> {
    turn: &'a Turn<'a>,
    radius: &'a Radius,
    server: &'a RadiusServer,
    factor: &'static str,
    password: &'a Secret,
    state: Option<&'a Secret>,
}

impl Asking<'_> {
    fn request(&self) -> Result<SignedRequest, RequestError> {
        let rt = &self.turn.shared.rt;
        let id = Exchange::id(rt);
        let authenticator = entropy::bytes(rt.entropy.as_ref(), Purpose("radius-authenticator"));
        let seconds = time::since_epoch(rt.clock.as_ref()).as_secs();
        let station = self.turn.client.peer.ip().to_string();
        let request = AccessRequest {
            user_name: self.turn.user,
            user_password: self.password,
            state: self.state,
            nas_identifier: &self.radius.nas_identifier,
            nas_ip_address: None,
            calling_station_id: Some(&station),
            event_timestamp: u32::try_from(seconds).ok(),
        };
        request.sign(id, authenticator, &self.server.secret)
    }

    fn word(&self, verdict: Verdict, index: usize) -> Word<Question> {
        match verdict {
            Verdict::Accept(accept) => Word::Passed(self.vouched(accept)),
            Verdict::Challenge(challenge) => {
                let asked = Some((index, challenge.state));
                let open = Open { radius: self.radius.clone(), factor: self.factor, asked };
                let (prompt, echo) = (challenge.message, challenge.echo);
                Word::Asks(Question { prompt, echo, repeated: false, awaits: Awaits::Radius(Box::new(open)) })
            }
            Verdict::Reject { .. } => Word::Refused(Reason::LoginRefused),
            Verdict::Unusable(why) => {
                self.tell_discarded(why.to_string());
                Word::Refused(Reason::FactorAnswer)
            }
            // Only accounting ends with the first.
            Verdict::Recorded | Verdict::TimedOut => Word::Refused(Reason::FactorDown),
        }
    }

    fn vouched(&self, accept: Accept) -> Vouched {
        let (user, server) = (self.turn.user.to_owned(), self.server.name.clone());
        self.turn.shared.tell(&Event::FactorPassed { user: user.clone(), factor: self.factor, server });
        let groups = self.radius.groups.of(&accept);
        Vouched { groups, class: accept.class, lasts: accept.session_timeout, ..Vouched::of(user) }
    }

    fn tell(&self, news: News) {
        let (user, factor) = (self.turn.user.to_owned(), self.factor);
        match news {
            News::Sent(attempt) => {
                let server = self.server.name.clone();
                self.turn.shared.tell(&Event::FactorAsked { user, factor, server, attempt });
            }
            News::Discarded(why) => self.tell_discarded(why),
        }
    }

    fn tell_discarded(&self, why: String) {
        self.turn.shared.tell(&Event::FactorDiscarded { server: self.server.name.clone(), why });
    }
}
