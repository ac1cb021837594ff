//! The second factor: who is asked about a user who passed the first, and whom it concerns.

use std::time::Duration;

use gateway_proto::cvpn::Target;
use gateway_proto::secret::Secret;

use super::{Names, Radius};
use crate::names::fold;

/// Who is asked about some of the users.
#[derive(Clone, Debug)]
pub struct SecondRule {
    /// Whom this rule is about.
    pub concerns: Concerns,
    /// Who is asked about them.
    pub second: Second,
}

impl SecondRule {
    /// What the first rule about this user says; groups are known or not.
    pub(crate) fn about<'r>(
        rules: &'r [Self],
        names: &Names,
        user: &str,
        groups: Option<&[String]>,
    ) -> Option<&'r Second> {
        rules.iter().find(|rule| rule.concerns(names, user, groups)).map(|rule| &rule.second)
    }

    /// Who is in no group that is known may be in this one: then the user is asked, and not let off.
    fn concerns(&self, names: &Names, user: &str, groups: Option<&[String]>) -> bool {
        self.concerns.holds(names, user, groups).unwrap_or(!matches!(self.second, Second::Nobody))
    }
}

/// The second factor.
#[derive(Clone, Debug)]
pub enum Second {
    /// Nobody is asked: the first factor is enough.
    Nobody,
    /// RADIUS servers of their own, beside those that may be the first factor.
    Radius(SecondRadius),
    /// A passcode that an Anakam.TFA server sends and checks, or a device that it knows.
    Anakam(Anakam),
}

/// RADIUS as the second factor.
#[derive(Clone, Debug)]
pub struct SecondRadius {
    /// The servers.
    pub radius: Radius,
    /// With what they are first asked.
    pub first: FirstRequest,
}

/// What the first Access-Request of a second factor holds as User-Password. What follows are challenges, whichever
/// it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstRequest {
    /// A passcode, for which the gateway asks the user with this text.
    Passcode {
        /// Shown to the user.
        prompt: String,
    },
    /// The password of the first factor: the server sends a challenge, or asks on the user's phone.
    Password,
    /// Nothing, for servers that take it for "send a challenge".
    Empty,
}

/// An Anakam.TFA server and how it is used.
#[derive(Clone, Debug)]
pub struct Anakam {
    /// How logs name it.
    pub name: String,
    /// Scheme, host and port. Its API is always at the same path.
    pub target: Target,
    /// The gateway's account there.
    pub account: AnakamAccount,
    /// `applicationKey`, usually `/`.
    pub application: String,
    /// Where passcodes go: `methods.email~Primary`.
    pub destination: String,
    /// For how long a device is known that passed with a passcode; the server counts whole hours. Without it
    /// everybody is asked every time.
    pub registration: Option<Duration>,
}

#[cfg(test)]
impl Anakam {
    /// One that is never asked.
    pub(crate) fn for_tests() -> Self {
        Self {
            name: "tfa".to_owned(),
            target: Target::new(gateway_proto::cvpn::Scheme::Https, "tfa.test", 443).expect("a host"),
            account: AnakamAccount { name: "gateway".to_owned(), password: Secret::new("x") },
            application: "/".to_owned(),
            destination: "methods.email~Primary".to_owned(),
            registration: None,
        }
    }
}

/// An account by which the gateway uses an API (HTTP Basic).
#[derive(Clone, Debug)]
pub struct AnakamAccount {
    /// Its name, without a colon (RFC 7617 section 2).
    pub name: String,
    /// Its password.
    pub password: Secret,
}

/// Whom a rule concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concerns {
    /// Every user.
    Everybody,
    /// These, in any spelling of theirs.
    Users(Vec<String>),
    /// Members of one of these groups, as the first factor names them: a directory by distinguished name.
    Groups(Vec<String>),
}

impl Concerns {
    /// Whether it is about this user; `None` when that depends on groups and they are not known.
    fn holds(&self, names: &Names, user: &str, groups: Option<&[String]>) -> Option<bool> {
        let among = |list: &[String], name: &str| list.iter().any(|it| fold(it) == fold(name));
        match self {
            Self::Everybody => Some(true),
            Self::Users(users) => Some(users.iter().any(|it| names.is_one(it, user))),
            Self::Groups(list) => groups.map(|groups| groups.iter().any(|group| among(list, group))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{OtherDomains, Spelling};

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn corp() -> Names {
        Names::new(["CORP"], OtherDomains::Refused, Spelling::Bare).expect("a domain")
    }

    #[test]
    fn whom_it_concerns_is_decided_by_whole_names() {
        let users = Concerns::Users(names(&["alice"]));
        assert_eq!(Concerns::Everybody.holds(&corp(), "bob", None), Some(true));
        assert_eq!(
            (users.holds(&corp(), r"CORP\ALICE", None), users.holds(&corp(), "alice2", None)),
            (Some(true), Some(false))
        );
        let staff = Concerns::Groups(names(&["CN=Staff,DC=test"]));
        let within = |groups: &[&str]| staff.holds(&corp(), "bob", Some(&names(groups)));
        assert_eq!(within(&["CN=Guests,DC=test", "cn=staff,dc=test"]), Some(true));
        assert_eq!((within(&["CN=Staff,OU=Old,DC=test"]), within(&[])), (Some(false), Some(false)));
    }

    #[test]
    fn the_first_rule_counts_and_unknown_groups_let_nobody_off() {
        let rule = |concerns, second| SecondRule { concerns, second };
        let robots = || Concerns::Groups(names(&["robots"]));
        let rules =
            [rule(robots(), Second::Nobody), rule(Concerns::Everybody, Second::Anakam(Anakam::for_tests()))];
        let asked = |groups: Option<&[String]>| {
            matches!(SecondRule::about(&rules, &corp(), "r2", groups), Some(Second::Anakam(_)))
        };
        assert!(!asked(Some(&names(&["Robots"]))));
        assert!(asked(Some(&names(&["staff"]))) && asked(None));
        let strict = [rule(robots(), Second::Anakam(Anakam::for_tests()))];
        assert!(SecondRule::about(&strict, &corp(), "r2", None).is_some(), "nobody slips through");
        assert!(SecondRule::about(&strict, &corp(), "r2", Some(&[])).is_none());
    }
}
