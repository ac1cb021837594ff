//! What the public documents leave open, as named switches: one finding on an appliance is one line to change.
//!
//! The defaults are our guesses. `gateway policy check` lists them, and [`OUT_OF_REACH`] with `--all`.

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
    goto_end: GotoEnd, "goto-end", "What `END` ends: in a goto, and after a policy that is undefined.",
        [Feature "feature" "The bank and the feature's banks that would follow.",
         Bank "bank" "Its own bank."];
    feature_order: FeatureOrder, "feature-order", "Which feature a request meets first.",
        [ResponderFirst "responder-first" "Responder, then traffic management.",
         TrafficFirst "traffic-first" "Traffic management, then responder."];
    authorization_default: AuthorizationDefault, "authorization-default", "What `-defaultAuthorizationAction` is, \
        which is not read: it counts where there are authorization policies and none decides.",
        [ByKind "by-kind" "DENY on a vpn virtual server, ALLOW on others: the vendor's defaults.",
         Allow "allow" "ALLOW.",
         Deny "deny" "DENY."];
    authorization_undef: AuthorizationUndef, "authorization-undef", "What an undefined authorization policy decides.",
        [Deny "deny" "DENY.",
         Nothing "nothing" "Nothing: evaluation goes on as `undef-noop` says."];
    value_exists: ValueExists, "value-exists", "Whether `VALUEEXISTS` is a use of the entry.",
        [Uses "uses" "Yes: it puts expiry and eviction off.",
         Looks "looks" "No."];
    ulong_range: UlongRange, "ulong-range", "What `-sub` gives below 0 and `-add` above 2^64-1.",
        [Clamp "clamp" "The end of the range.",
         Wrap "wrap" "It starts again at the other end.",
         Undef "undef" "UNDEF: nothing is written."];
    number_range: NumberRange, "number-range", "What a num may be.",
        [Wide "64-bit" "Any number of 64 bits with a sign; beyond: UNDEF.",
         Narrow "32-bit" "Any of 32 bits; beyond: UNDEF."];
    division_by_zero: DivisionByZero, "division-by-zero", "What a number divided by 0 is.",
        [Undef "undef" "UNDEF.",
         Zero "zero" "0."];
    bit_operators: BitOperators, "bit-operators", "How strongly `&`, `^` and `|` bind.",
        [AsInC "as-in-c" "Less than comparisons, more than `&&`.",
         Tight "tight" "More than comparisons, less than `<<`."];
    alternative: Alternative, "alt", "How strongly `ALT` binds.",
        [Weakest "weakest" "Less than `||`.",
         Strongest "strongest" "More than every other operator."];
    list_past_end: ListPastEnd, "list-past-end", "What `GET` gives past the end of a list.",
        [Empty "empty" "Empty text.",
         Undef "undef" "UNDEF."];
    header_text: HeaderText, "header-text", "What a header with several instances is as text.",
        [Last "last" "Its last instance.",
         First "first" "Its first instance.",
         Joined "joined" "All of them, with `, ` between."];
    callout_again: CalloutAgain, "callout-again", "What a call-out does that is reached twice in one request.",
        [Sends "sends" "It is sent twice.",
         Recalls "recalls" "The same request again has the answer of before."];
    redirect_reason: RedirectReason, "redirect-reason", "The reason phrase of a redirect with status 302.",
        [ObjectMoved "object-moved" "`Object Moved`.",
         MovedTemporarily "moved-temporarily" "`Moved Temporarily`.",
         Found "found" "`Found`."];
}

/// What the public documents leave open as well, and nothing here could change by a switch: the question, and why.
pub const OUT_OF_REACH: [(&str, &str); 4] = [
    (
        "How a response of `respondwith` without a length ends on the wire.",
        "whoever sends it frames it, and the explanation says that the length was added",
    ),
    (
        "How a custom message is named and quoted in a line of the appliance's log.",
        "messages go to the gateway's own log as events; no line of an appliance is written",
    ),
    (
        "What `AAA.USER.LOGIN_ATTEMPTS` counts and when it begins anew.",
        "it is given: by `attempts` in tests and by the gateway, where it is 1",
    ),
    (
        "How the settings of several session policies are merged.",
        "session policies are read and not acted on",
    ),
];

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
