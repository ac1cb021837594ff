//! Who may log in, and how far each log-in is. Pure decisions: no sockets, no signatures, no clock of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::limits::RADIUS_ATTRIBUTE_MAX_BYTES;
use gateway_proto::radius::{Attribute, AttributeTooLong, AttributeType};
use gateway_proto::secret::Secret;
use gateway_rt::{Fingerprint, Purpose, Rt};
use tokio::time::Instant;

use crate::limits::RADIUS_CHALLENGES_MAX;

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// User-Name, compared byte for byte.
    pub name: String,
    /// User-Password of the first request.
    pub password: Secret,
    /// What is asked after the password, in order.
    pub rounds: Vec<Round>,
    /// What the Access-Accept carries.
    pub accept: AcceptWith,
    /// How long every answer to this user takes, as when a person must approve a push.
    pub delay: Duration,
}

impl User {
    /// A user who is accepted for the password alone.
    pub fn new(name: &str, password: impl Into<Secret>) -> Self {
        Self {
            name: name.to_owned(),
            password: password.into(),
            rounds: Vec::new(),
            accept: AcceptWith::default(),
            delay: Duration::ZERO,
        }
    }

    /// Adds a challenge.
    #[must_use]
    pub fn challenged(mut self, prompt: &str, answer: impl Into<Secret>) -> Self {
        self.rounds.push(Round { prompt: prompt.to_owned(), answer: answer.into(), echo: false });
        self
    }
}

/// One challenge.
#[derive(Clone, Debug)]
pub struct Round {
    /// Reply-Message of the Access-Challenge.
    pub prompt: String,
    /// User-Password that passes.
    pub answer: Secret,
    /// Whether the user may see what is typed (the attribute Prompt).
    pub echo: bool,
}

/// Attributes of an Access-Accept.
#[derive(Clone, Debug, Default)]
pub struct AcceptWith {
    /// Class, up to 253 bytes.
    pub class: Option<Vec<u8>>,
    /// Filter-Id, one per group, each up to 253 bytes.
    pub filter_ids: Vec<String>,
    /// Session-Timeout, in whole seconds.
    pub session_timeout: Option<Duration>,
    /// Reply-Message.
    pub message: Option<String>,
}

impl AcceptWith {
    fn attributes(&self) -> Result<Vec<Attribute>, AttributeTooLong> {
        let mut attributes = Vec::new();
        if let Some(class) = &self.class {
            attributes.push(Attribute::new(AttributeType::CLASS, class.clone())?);
        }
        for id in &self.filter_ids {
            attributes.push(Attribute::new(AttributeType::FILTER_ID, id.as_bytes())?);
        }
        if let Some(timeout) = self.session_timeout {
            let seconds = u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX);
            attributes.push(Attribute::integer(AttributeType::SESSION_TIMEOUT, seconds));
        }
        attributes.extend(message(self.message.as_deref().unwrap_or_default())?);
        Ok(attributes)
    }
}

/// A Reply-Message as the attributes it needs: a long text is cut between characters (RFC 2865 section 5.18).
fn message(text: &str) -> Result<Vec<Attribute>, AttributeTooLong> {
    let mut attributes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(RADIUS_ATTRIBUTE_MAX_BYTES));
        attributes.push(Attribute::new(AttributeType::REPLY_MESSAGE, head.as_bytes())?);
        rest = tail;
    }
    Ok(attributes)
}

/// What the server decided.
pub(super) enum Decision {
    Accept {
        attributes: Vec<Attribute>,
    },
    Challenge {
        attributes: Vec<Attribute>,
        prompt: String,
        state: Secret,
    },
    Reject {
        attributes: Vec<Attribute>,
        why: &'static str,
    },
    /// Accounting is taken.
    Record,
}

/// All users, with their attributes made once.
pub(super) struct Users {
    list: Vec<Known>,
    reject: Vec<Attribute>,
}

struct Known {
    user: User,
    accept: Vec<Attribute>,
    prompts: Vec<Vec<Attribute>>,
}

/// Challenges that wait for their answer, by the fingerprint of their State.
pub(super) struct Challenges {
    lifetime: Duration,
    waiting: BTreeMap<Fingerprint, Waiting>,
}

struct Waiting {
    user: String,
    round: usize,
    expires_at: Instant,
}

impl Users {
    pub(super) fn new(users: Vec<User>, reject: Option<&str>) -> Result<Self, AttributeTooLong> {
        let known = users.into_iter().map(|user| {
            let prompts = user.rounds.iter().map(|round| {
                let mut attributes = message(&round.prompt)?;
                attributes.push(Attribute::integer(AttributeType::PROMPT, round.echo.into()));
                Ok(attributes)
            });
            Ok(Known { accept: user.accept.attributes()?, prompts: prompts.collect::<Result<_, _>>()?, user })
        });
        Ok(Self { list: known.collect::<Result<_, _>>()?, reject: message(reject.unwrap_or_default())? })
    }

    pub(super) fn delay(&self, name: &str) -> Duration {
        self.find(name).map_or(Duration::ZERO, |known| known.user.delay)
    }

    /// Decides about a request without a State: the first of a log-in.
    pub(super) fn begin(
        &self,
        name: &str,
        password: &Secret,
        challenges: &mut Challenges,
        rt: &Rt,
    ) -> Decision {
        match self.find(name) {
            Some(known) if known.user.password == *password => self.go_on(known, 0, challenges, rt),
            // For the client both are the same; only the journal tells them apart.
            Some(_) => self.reject("wrong password"),
            None => self.reject("unknown user"),
        }
    }

    /// Decides about the answer to a challenge. Its State is used up whatever comes of it.
    pub(super) fn answer(
        &self,
        name: &str,
        answer: &Secret,
        state: &[u8],
        challenges: &mut Challenges,
        rt: &Rt,
    ) -> Decision {
        let Some(waiting) = challenges.waiting.remove(&Fingerprint::of(state)) else {
            return self.reject("unknown State");
        };
        if waiting.expires_at <= Instant::now() {
            return self.reject("expired State");
        }
        let known = self.find(name).filter(|_| waiting.user == name);
        let Some((known, round)) =
            known.and_then(|known| Some((known, known.user.rounds.get(waiting.round)?)))
        else {
            return self.reject("State of another user");
        };
        if round.answer != *answer {
            return self.reject("wrong answer");
        }
        self.go_on(known, waiting.round + 1, challenges, rt)
    }

    pub(super) fn reject(&self, why: &'static str) -> Decision {
        Decision::Reject { attributes: self.reject.clone(), why }
    }

    fn find(&self, name: &str) -> Option<&Known> {
        self.list.iter().find(|known| known.user.name == name)
    }

    /// The challenge of this round, or the accept behind the last one.
    fn go_on(&self, known: &Known, round: usize, challenges: &mut Challenges, rt: &Rt) -> Decision {
        let (Some(asked), Some(prompt)) = (known.user.rounds.get(round), known.prompts.get(round)) else {
            return Decision::Accept { attributes: known.accept.clone() };
        };
        let Some((state, attribute)) = challenges.open(&known.user.name, round, rt) else {
            return self.reject("too many open challenges");
        };
        let mut attributes = prompt.clone();
        attributes.push(attribute);
        Decision::Challenge { attributes, prompt: asked.prompt.clone(), state }
    }
}

impl Challenges {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, waiting: BTreeMap::new() }
    }

    fn open(&mut self, user: &str, round: usize, rt: &Rt) -> Option<(Secret, Attribute)> {
        let now = Instant::now();
        self.waiting.retain(|_, waiting| waiting.expires_at > now);
        if self.waiting.len() >= RADIUS_CHALLENGES_MAX {
            return None;
        }
        let state: [u8; 16] = gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("radius-state"));
        let attribute = Attribute::new(AttributeType::STATE, state).ok()?;
        let expires_at = now + self.lifetime;
        self.waiting.insert(Fingerprint::of(state), Waiting { user: user.to_owned(), round, expires_at });
        Some((Secret::new(state), attribute))
    }
}
