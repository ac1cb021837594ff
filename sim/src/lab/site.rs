//! The site that a lab runs: a world of the scenarios, for people instead of for a test.
//!
//! Its codes are drawn, so that the phone is worth a look: those of RADIUS at each start, e-mails at each log-in.

use gateway_rt::{Entropy, Purpose, entropy};

use crate::scenario::plan::{Mode, Plan, User};
use crate::scenario::source::{Sources, Spanned};
use crate::scenario::{self, Diagnostic, Loader};
use crate::trace::vocabulary;

/// Where people and their programs reach the gateway: as an address, because a name would need an entry in
/// some resolver, and because browsers keep what a gateway tells them of a name for a year (HSTS).
pub(super) const ADDRESS: &str = "127.0.0.1";

/// How the mocks and the story call the built-in Receiver.
pub(super) const RECEIVER: &str = "receiver";

/// How the story calls whoever comes from outside.
pub(super) const OUTSIDE: &str = "browser";

const CODE: Purpose = Purpose("lab-passcode");

/// The lab as a scenario in which nobody does anything.
struct Embedded;

impl Loader for Embedded {
    fn read(&self, name: &str) -> Result<String, String> {
        match name {
            "lab.kdl" => Ok("scenario \"lab\" {\n    use \"worlds/lab.kdl\"\n}\n".to_owned()),
            "worlds/lab.kdl" => Ok(include_str!("../../../scenarios/worlds/lab.kdl").to_owned()),
            "worlds/one-gateway.kdl" => {
                Ok(include_str!("../../../scenarios/worlds/one-gateway.kdl").to_owned())
            }
            _ => Err("it is not part of the lab".to_owned()),
        }
    }
}

/// A site and the files it was read from.
pub(super) struct Site {
    pub(super) plan: Plan,
    pub(super) sources: Sources,
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Log-in name.
    pub name: String,
    /// Password.
    pub password: String,
    /// What is asked after the password.
    pub second: Second,
}

/// A second factor, as the phone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// The password is enough.
    None,
    /// RADIUS asks for these codes, one question after the other.
    Codes(Vec<String>),
    /// A passcode is sent by e-mail, another one at each log-in.
    Mail,
}

impl Second {
    /// In a few words.
    pub fn text(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Codes(_) => "a code on the phone",
            Self::Mail => "an e-mail on the phone",
        }
    }
}

impl Site {
    /// The site, with the gateway at this port, which leads browsers to the store in this mode.
    pub(super) fn new(port: u16, browsers: Mode, entropy: &dyn Entropy) -> Result<Self, Vec<Diagnostic>> {
        let names = vocabulary::Names::collect();
        let loaded = scenario::load("lab.kdl", &Embedded, &names.vocabulary())?;
        let mut plan =
            loaded.variants.into_iter().next().expect("a scenario without a matrix has one variant");
        // Nothing is slow here but this machine, and nobody but the built-in Receiver is at a machine.
        plan.world.links.clear();
        plan.world.latency = None;
        plan.world.machines.clear();
        let span = plan.span;
        for gateway in &mut plan.world.gateways {
            gateway.fqdn = Some(Spanned::new(ADDRESS.to_owned(), span));
            gateway.port = Some(Spanned::new(port, span));
            gateway.browser_mode = Some(Spanned::new(browsers, span));
        }
        for user in plan.world.radius.iter_mut().flat_map(|server| &mut server.users) {
            for round in &mut user.rounds {
                round.answer.value = passcode(entropy);
            }
        }
        Ok(Self { plan, sources: loaded.sources })
    }

    /// Everybody who may log in, in the order of the file.
    pub(super) fn people(&self) -> Vec<Person> {
        let person = |user: &User| Person {
            name: user.name.value.clone(),
            password: user.password.value.clone(),
            second: self.second(&user.name.value),
        };
        self.plan.world.users.iter().map(person).collect()
    }

    fn second(&self, user: &str) -> Second {
        let world = &self.plan.world;
        let mut mailed = world.anakam.iter().flat_map(|server| &server.users);
        if mailed.any(|known| known.name.value == user) {
            return Second::Mail;
        }
        let mut known = world.radius.iter().flat_map(|server| &server.users);
        match known.find(|known| known.name.value == user) {
            Some(known) if !known.rounds.is_empty() => {
                Second::Codes(known.rounds.iter().map(|round| round.answer.value.clone()).collect())
            }
            _ => Second::None,
        }
    }

    /// The apps of every broker.
    pub(super) fn apps(&self) -> Vec<String> {
        let apps = self.plan.world.brokers.iter().flat_map(|broker| &broker.apps);
        apps.map(|app| app.name.value.clone()).collect()
    }

    /// The gateway's name in the network of the lab.
    pub(super) fn gateway(&self) -> &str {
        self.plan.world.gateways.first().map_or("gw", |gateway| gateway.name.value.as_str())
    }
}

/// Six digits that nobody can guess (the remainder makes some of them likelier by a part in a billion).
fn passcode(entropy: &dyn Entropy) -> String {
    let drawn = u64::from_be_bytes(entropy::bytes(entropy, CODE));
    format!("{:06}", drawn % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_has_people_with_and_without_a_second_factor() {
        let rt = gateway_rt::tokio::real();
        let site =
            Site::new(8443, Mode::Wica, rt.entropy.as_ref()).expect("the scenarios' own world is valid");
        let people = site.people();
        let second = |name: &str| people.iter().find(|person| person.name == name).map(|it| &it.second);
        assert_eq!(second("carol"), Some(&Second::None));
        assert_eq!(second("dora"), Some(&Second::Mail));
        let Some(Second::Codes(codes)) = second("alice") else { panic!("{people:?}") };
        assert!(codes.len() == 1 && codes[0].len() == 6, "{codes:?}");
        assert!(site.apps().contains(&"Notepad".to_owned()));
        let gateway = &site.plan.world.gateways[0];
        assert_eq!(gateway.port.as_ref().map(|port| port.value), Some(8443));
    }
}
