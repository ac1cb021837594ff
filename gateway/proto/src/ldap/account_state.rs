//! Why Active Directory refuses a bind: the hexadecimal word behind `data` in its diagnostic message.
//!
//! Specification: vendor doc (Windows system error codes, as AcceptSecurityContext reports them). The text is
//! for logs: whoever logs in is told none of it.

use std::fmt;

/// What Active Directory holds against an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// 525.
    UnknownUser,
    /// 52e.
    WrongPassword,
    /// 530.
    WrongHours,
    /// 531.
    WrongWorkstation,
    /// 532.
    PasswordExpired,
    /// 533.
    Disabled,
    /// 701.
    AccountExpired,
    /// 773.
    MustChangePassword,
    /// 775.
    Locked,
}

const ALL: [(AccountState, &str, &str); 9] = [
    (AccountState::UnknownUser, "525", "no such user"),
    (AccountState::WrongPassword, "52e", "wrong password"),
    (AccountState::WrongHours, "530", "not at this time of day"),
    (AccountState::WrongWorkstation, "531", "not from this workstation"),
    (AccountState::PasswordExpired, "532", "the password has expired"),
    (AccountState::Disabled, "533", "the account is disabled"),
    (AccountState::AccountExpired, "701", "the account has expired"),
    (AccountState::MustChangePassword, "773", "the password must be changed first"),
    (AccountState::Locked, "775", "the account is locked"),
];

impl AccountState {
    /// Finds the word in a diagnostic message.
    pub fn find(diagnostic: &str) -> Option<Self> {
        let (_, behind) = diagnostic.split_once(" data ")?;
        let word = behind.split([',', ' ']).next()?;
        ALL.iter().find(|(_, code, _)| code.eq_ignore_ascii_case(word)).map(|(state, _, _)| *state)
    }

    /// The hexadecimal word.
    pub fn code(self) -> &'static str {
        ALL.iter().find(|(state, _, _)| *state == self).map_or("", |(_, code, _)| code)
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ALL.iter().find(|(state, _, _)| state == self).map_or("", |(_, _, text)| text))
    }
}
