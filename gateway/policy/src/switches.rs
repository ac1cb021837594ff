//! What the public documents leave open, as named switches: one finding on an appliance is one line to change.
//!
//! The defaults are our guesses. `gateway policy check` lists them.

/// Declares each switch once: its field, its name, its question, and its values with the default first.
macro_rules! switches {
    ($($field:ident: $kind:ident, $name:literal, $question:literal,
        [$first:ident $first_word:literal $first_says:literal,
         $($value:ident $word:literal $says:literal),+];)+) => {
        /// How an appliance is taken to behave where nobody but an appliance can say.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Switches {
            $(#[doc = concat!("`", $name, "`: ", $question)] pub $field: $kind,)+
        }

        $(
            #[doc = $question]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum $kind {
                #[default]
                #[doc = $first_says]
                $first,
                $(#[doc = $says] $value,)+
            }
        )+

        impl Switches {
            /// Every switch with the value it has.
            #[must_use]
            pub fn list(&self) -> Vec<Switch> {
                vec![$(Switch {
                    name: $name,
                    question: $question,
                    value: match self.$field { $kind::$first => $first_word, $($kind::$value => $word,)+ },
                    values: &[($first_word, $first_says), $(($word, $says),)+],
                },)+]
            }

            /// Changes one switch.
            ///
            /// # Errors
            /// No switch has this name, or it has no such value.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
                match (name, value) {
                    $(
                        ($name, $first_word) => self.$field = $kind::$first,
                        $(($name, $word) => self.$field = $kind::$value,)+
                    )+
                    _ => return Err(SwitchError::unknown(self, name, value)),
                }
                Ok(())
            }
        }
    };
}

switches! {
    undef_lhs: UndefLhs, "undef-lhs", "What `UNDEF || TRUE` and `UNDEF && FALSE` are.",
        [Strict "strict" "UNDEF: the right side is not looked at.",
         Kleene "kleene" "The right side decides where it can (Kleene's logic)."];
    aaa_user_absent: AaaUserAbsent, "aaa-user-absent", "What `AAA.USER` gives without a session.",
        [Undef "undef" "UNDEF.",
         Empty "empty" "Empty text, no groups."];
    assignment_timing: AssignmentTiming, "assignment-timing", "When an assignment changes its variable.",
        [Immediate "immediate" "At once: the next policy sees it.",
         EndOfBank "end-of-bank" "When the bank is done."];
    undef_noop: UndefNoop, "undef-noop", "Where evaluation goes on when a policy is undefined and its \
        undefined action is NOOP.",
        [End "end" "The bank ends, the request goes on.",
         Next "next" "At the next policy."];
    initiate_logout: InitiateLogout, "initiate-logout", "When `-InitiateLogout ON` ends the session.",
        [AfterRequest "after-request" "After the request: the next one has to log in.",
         TwoMinutes "two-minutes" "Two minutes later."];
}

/// A switch, to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its name, `undef-lhs`.
    pub name: &'static str,
    /// What it decides.
    pub question: &'static str,
    /// The value it has.
    pub value: &'static str,
    /// The values it may have and what each means, the default first.
    pub values: &'static [(&'static str, &'static str)],
}

/// Why a switch was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// No switch has this name.
    #[error("there is no switch `{name}`; there are {known}")]
    Name {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// The switch has no such value.
    #[error("`{value}` is no value of the switch `{name}`; one of {known}")]
    Value {
        /// The switch.
        name: String,
        /// The value.
        value: String,
        /// Its values.
        known: String,
    },
}

impl SwitchError {
    fn unknown(switches: &Switches, name: &str, value: &str) -> Self {
        let list = switches.list();
        match list.iter().find(|switch| switch.name == name) {
            None => {
                let known: Vec<_> = list.iter().map(|switch| switch.name).collect();
                Self::Name { name: name.to_owned(), known: known.join(", ") }
            }
            Some(switch) => {
                let known: Vec<_> = switch.values.iter().map(|(word, _)| *word).collect();
                Self::Value { name: name.to_owned(), value: value.to_owned(), known: known.join(", ") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_switch_can_be_set_and_is_listed() {
        for switch in Switches::default().list() {
            assert_eq!(switch.value, switch.values[0].0, "the default comes first");
            for (word, _) in switch.values {
                let mut switches = Switches::default();
                switches.set(switch.name, word).expect("a listed value");
                assert!(switches.list().iter().any(|it| it.name == switch.name && it.value == *word));
            }
        }
    }

    #[test]
    fn wrong_names_and_values_say_what_there_is() {
        let mut switches = Switches::default();
        let name = switches.set("undef", "strict").expect_err("no such switch").to_string();
        assert!(name.contains("undef-lhs"), "{name}");
        let value = switches.set("undef-lhs", "maybe").expect_err("no such value").to_string();
        assert_eq!(value, "`maybe` is no value of the switch `undef-lhs`; one of strict, kleene");
    }
}
