//! The second factor: who is asked about a user who passed the first, and whom it concerns.

use std::time::Duration;

use gateway_proto::cvpn::Target;
use gateway_proto::secret::Secret;

/// The second factor.
#[derive(Clone, Debug)]
pub enum Second {
    /// A passcode that an Anakam.TFA server sends and checks, or a device that it knows.
    Anakam(Anakam),
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
    /// Who needs this factor.
    pub concerns: Concerns,
}

/// An account by which the gateway uses an API (HTTP Basic).
#[derive(Clone, Debug)]
pub struct AnakamAccount {
    /// Its name, without a colon (RFC 7617 section 2).
    pub name: String,
    /// Its password.
    pub password: Secret,
}

/// Whom a second factor concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concerns {
    /// Every user.
    Everybody,
    /// These, compared whole and without regard to case.
    Users(Vec<String>),
    /// Members of one of these groups, by distinguished name. With a first factor that knows no groups, every user.
    Groups(Vec<String>),
}

impl Concerns {
    /// Whether a user needs the factor, whose groups are known or not.
    pub(crate) fn holds(&self, user: &str, groups: Option<&[String]>) -> bool {
        let among =
            |list: &[String], name: &str| list.iter().any(|it| it.to_lowercase() == name.to_lowercase());
        match (self, groups) {
            (Self::Everybody, _) | (Self::Groups(_), None) => true,
            (Self::Users(users), _) => among(users, user),
            (Self::Groups(list), Some(groups)) => groups.iter().any(|group| among(list, group)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn whom_it_concerns_is_decided_by_whole_names() {
        let users = Concerns::Users(names(&["alice"]));
        assert!(Concerns::Everybody.holds("bob", None));
        assert!(users.holds("ALICE", None) && !users.holds("alice2", None));
        let staff = Concerns::Groups(names(&["CN=Staff,DC=test"]));
        assert!(staff.holds("bob", Some(&names(&["CN=Guests,DC=test", "cn=staff,dc=test"]))));
        assert!(!staff.holds("bob", Some(&names(&["CN=Staff,OU=Old,DC=test"]))));
        assert!(!staff.holds("bob", Some(&[])));
        assert!(staff.holds("bob", None), "nobody slips through because groups are not known");
    }
}
