//! The local user file: names and argon2id hashes, for a first try and for small sites.
//!
//! Specification: PHC string format, RFC 9106 for argon2id. An unknown user costs the same computation as a
//! wrong password (SR-71). Names are compared as all names are, and the name of the file is the one
//! used from there on (SR-10).

use std::collections::BTreeMap;

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher};
use gateway_proto::secret::Secret;

use crate::names::fold;

/// Users and the hashes of their passwords.
#[derive(Clone)]
pub struct UserFile {
    users: BTreeMap<String, User>,
    /// Verified against when the user is unknown.
    decoy: String,
}

#[derive(Clone)]
struct User {
    name: String,
    phc: String,
}

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// RFC 9106 §4, second recommendation scaled to a gateway: 19 MiB, two passes, about 30 ms.
    Production,
    /// Hardly any. For users that exist only in a test.
    Test,
}

/// Why a user file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserFileError {
    /// The hash is no argon2 PHC string.
    #[error("the password hash of {user} is no argon2 hash ($argon2id$…)")]
    Hash {
        /// Whose.
        user: String,
    },
    /// Two spellings of one name.
    #[error("{user} is listed twice")]
    Twice {
        /// Who.
        user: String,
    },
    /// A salt shorter than 8 bytes, or a password argon2 can't take.
    #[error("password or salt can not be hashed")]
    Input,
}

impl UserFile {
    /// Checks a list of (name, PHC string).
    pub fn new(list: impl IntoIterator<Item = (String, String)>, cost: Cost) -> Result<Self, UserFileError> {
        let mut users = BTreeMap::new();
        for (name, phc) in list {
            if !is_argon2(&phc) {
                return Err(UserFileError::Hash { user: name });
            }
            if users.insert(fold(&name), User { name: name.clone(), phc }).is_some() {
                return Err(UserFileError::Twice { user: name });
            }
        }
        let decoy = hash_password(&Secret::new("nobody"), b"decoy salt", cost)?;
        Ok(Self { users, decoy })
    }

    /// The user's name as the file has it, if the password is right.
    pub(crate) fn verify(&self, user: &str, password: &Secret) -> Option<String> {
        let known = self.users.get(&fold(user));
        let phc = known.map_or(&self.decoy, |user| &user.phc);
        let hash = PasswordHash::new(phc).ok()?;
        let right = Argon2::default().verify_password(password.expose(), &hash).is_ok();
        known.filter(|_| right).map(|user| user.name.clone())
    }
}

/// The PHC string of a password. The salt must be fresh random bytes, 16 of them, except in tests.
pub fn hash_password(password: &Secret, salt: &[u8], cost: Cost) -> Result<String, UserFileError> {
    let params = match cost {
        Cost::Production => Params::new(19 * 1024, 2, 1, None),
        Cost::Test => Params::new(Params::MIN_M_COST, 1, 1, None),
    };
    let params = params.map_err(|_| UserFileError::Input)?;
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password.expose(), salt).map_err(|_| UserFileError::Input)?;
    Ok(hash.to_string())
}

fn is_argon2(phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> UserFile {
        let phc = hash_password(&Secret::new("Winter-26"), b"0123456789abcdef", Cost::Test).unwrap();
        UserFile::new([("Alice".to_owned(), phc)], Cost::Test).unwrap()
    }

    #[test]
    fn only_the_right_password_of_a_known_user_passes() {
        assert_eq!(file().verify("alice", &Secret::new("Winter-26")), Some("Alice".to_owned()));
        assert_eq!(file().verify("alice", &Secret::new("Winter-2")), None);
        assert_eq!(file().verify("alice", &Secret::new("")), None);
        assert_eq!(file().verify("bob", &Secret::new("Winter-26")), None);
        assert_eq!(file().verify("nobody", &Secret::new("nobody")), None, "the decoy is no account");
    }

    #[test]
    fn accepts_a_hash_that_another_program_made() {
        // Made with argon2-cffi, which wraps the reference implementation: hash_secret(b"password", b"somesalt",
        // time_cost=2, memory_cost=64, parallelism=1, hash_len=32, type=Type.ID).
        let phc = "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$FqGkmHNGCd0BRW2kBt6fPZ2pPmyGwwChL8FGUhTOSSI";
        let file = UserFile::new([("bob".to_owned(), phc.to_owned())], Cost::Test).unwrap();
        assert!(file.verify("bob", &Secret::new("password")).is_some());
        assert!(file.verify("bob", &Secret::new("Password")).is_none());
    }

    #[test]
    fn refuses_what_is_no_hash_and_names_that_collide() {
        let plain = UserFile::new([("bob".to_owned(), "secret".to_owned())], Cost::Test);
        assert_eq!(plain.err(), Some(UserFileError::Hash { user: "bob".to_owned() }));
        let phc = hash_password(&Secret::new("x"), b"0123456789abcdef", Cost::Test).unwrap();
        let twice = [("bob".to_owned(), phc.clone()), ("BOB".to_owned(), phc)];
        assert_eq!(
            UserFile::new(twice, Cost::Test).err(),
            Some(UserFileError::Twice { user: "BOB".to_owned() })
        );
    }
}
