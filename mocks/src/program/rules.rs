//! Misbehaviours as site files and the control port write them: `{ what = "slow", by = "3s", first = 2 }`.
//!
//! The words are those of scenario files. Everything is checked here, so that a rule which can't hit or would
//! be read two ways is refused instead of ignored.
//!
//! Specification: ours.

use gateway_mocks::behaviour::{Misbehaviour, Nth, Rule};
use serde::{Deserialize, Serialize};

use super::catalogue::Kind;
use super::limits::{RULE_NUMBER_MAX, RULES_MAX};
use super::text::{hint, time};

/// One rule as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The misbehaviour's name.
    what: String,
    /// How long, for `slow` and `late`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// How many bytes, for `truncate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    /// Which error, for `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Where to, for `redirect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Only the first so many answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    /// Only the n-th answer, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    /// Only answers behind so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// Only answers to this kind of request.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
}

/// The rules for a mock, or what is wrong with them.
pub(super) fn rules(kind: Kind, written: &[Written]) -> Result<Vec<Rule>, String> {
    if written.len() > RULES_MAX {
        return Err(format!("more than {RULES_MAX} misbehaviours"));
    }
    written.iter().map(|rule| rule.rule(kind)).collect()
}

impl Written {
    fn rule(&self, kind: Kind) -> Result<Rule, String> {
        let rule = Rule::new(self.when()?, self.misbehaviour(kind)?);
        let Some(on) = &self.on else { return Ok(rule) };
        let operations = kind.operations();
        if let Some((_, operation)) = operations.iter().find(|(name, _)| name == on) {
            return Ok(rule.on(*operation));
        }
        let names: Vec<_> = operations.iter().map(|(name, _)| *name).collect();
        let mock = kind.name();
        Err(match names.as_slice() {
            [] => format!("{mock} does not tell requests apart: leave out \"on\""),
            names => format!("{mock} has no requests \"{on}\"; {}", hint(on, names)),
        })
    }

    fn misbehaviour(&self, kind: Kind) -> Result<Misbehaviour, String> {
        let (what, known) = (&self.what, kind.misbehaviours());
        if !known.contains(&what.as_str()) {
            let hint = hint(what, known);
            return Err(format!("{} has no misbehaviour \"{what}\"; {hint}", kind.name()));
        }
        let needs = |property: &str| format!("\"{what}\" needs \"{property}\"");
        let by = || time(self.by.as_deref().ok_or_else(|| needs("by"))?);
        let (made, used) = match what.as_str() {
            "slow" => (Misbehaviour::Slow { by: by()? }, "by"),
            "late" => (Misbehaviour::Late { by: by()? }, "by"),
            "truncate" => {
                let to = number("to", self.to.ok_or_else(|| needs("to"))?)?;
                (Misbehaviour::Truncate { at: usize::try_from(to).map_err(|error| error.to_string())? }, "to")
            }
            "error" => (Misbehaviour::Error(self.code.clone().ok_or_else(|| needs("code"))?), "code"),
            "redirect" => (Misbehaviour::Redirect(self.url.clone().ok_or_else(|| needs("url"))?), "url"),
            _ => (self.plain().ok_or_else(|| format!("\"{what}\" can't be asked for"))?, ""),
        };
        let properties = [
            ("by", self.by.is_some()),
            ("to", self.to.is_some()),
            ("code", self.code.is_some()),
            ("url", self.url.is_some()),
        ];
        match properties.iter().find(|(name, is_there)| *is_there && *name != used) {
            Some((name, _)) => Err(format!("\"{what}\" has no \"{name}\"")),
            None => Ok(made),
        }
    }

    /// A misbehaviour that needs nothing but its name.
    fn plain(&self) -> Option<Misbehaviour> {
        use Misbehaviour as M;
        let plain = [
            M::Silent,
            M::Refuse,
            M::WrongId,
            M::Duplicate,
            M::Forge,
            M::WrongSecret,
            M::NoAuthenticator,
            M::BadXml,
            M::Dtd,
            M::Deep,
            M::Garbage,
            M::Referral,
            M::Oversized,
        ];
        plain.into_iter().find(|misbehaviour| misbehaviour.name() == self.what)
    }

    fn when(&self) -> Result<Nth, String> {
        match (self.first, self.nth, self.after) {
            (None, None, None) => Ok(Nth::All),
            (Some(n), None, None) => number("first", n).map(Nth::First),
            (None, Some(n), None) => number("nth", n).map(Nth::Only),
            (None, None, Some(n)) => number("after", n).map(Nth::After),
            _ => Err("only one of \"first\", \"nth\" and \"after\" can be meant".to_owned()),
        }
    }
}

fn number(property: &str, n: u64) -> Result<u64, String> {
    let fits = (1..=RULE_NUMBER_MAX).contains(&n);
    fits.then_some(n).ok_or_else(|| format!("\"{property}\" must be from 1 to {RULE_NUMBER_MAX}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateway_mocks::behaviour::Operation;

    use super::*;

    fn read(kind: Kind, json: &str) -> Result<Vec<Rule>, String> {
        rules(kind, &serde_json::from_str::<Vec<Written>>(json).map_err(|error| error.to_string())?)
    }

    #[test]
    fn rules_are_read() {
        let slow = Rule::first(2, Misbehaviour::Slow { by: Duration::from_secs(3) }).on(Operation::Redeem);
        assert_eq!(read(Kind::Sta, r#"[{"what":"slow","by":"3s","first":2,"on":"redeem"}]"#), Ok(vec![slow]));
        let cut = Rule::only(1, Misbehaviour::Truncate { at: 20 });
        assert_eq!(read(Kind::Radius, r#"[{"what":"truncate","to":20,"nth":1}]"#), Ok(vec![cut]));
        let error = Rule::after(3, Misbehaviour::Error("ticket-unknown".to_owned()));
        assert_eq!(
            read(Kind::Sta, r#"[{"what":"error","code":"ticket-unknown","after":3}]"#),
            Ok(vec![error])
        );
    }

    #[test]
    fn every_misbehaviour_of_every_mock_can_be_asked_for() {
        for kind in Kind::ALL {
            for what in kind.misbehaviours() {
                let rest = match *what {
                    "slow" | "late" => r#","by":"1s""#,
                    "truncate" => r#","to":1"#,
                    "error" => r#","code":"x""#,
                    "redirect" => r#","url":"https://evil.example/""#,
                    _ => "",
                };
                let rules = read(kind, &format!(r#"[{{"what":"{what}"{rest}}}]"#)).unwrap();
                assert_eq!(rules.first().map(|rule| rule.what.name()), Some(*what));
            }
        }
    }

    #[test]
    fn the_documentation_says_who_can_do_what() {
        let rows: Vec<_> = include_str!("../../../docs/mocks.md")
            .lines()
            .filter_map(|line| Some((line.split('|').nth(1)?, line.split('|').nth(3)?)))
            .collect();
        for kind in Kind::ALL {
            for what in kind.misbehaviours() {
                let (_, mocks) = rows
                    .iter()
                    .find(|(words, _)| words.split(',').any(|word| word.trim() == format!("`{what}`")))
                    .unwrap_or_else(|| panic!("docs/mocks.md does not know {what}"));
                let is_named = mocks.contains(kind.name());
                assert_eq!(
                    is_named,
                    !mocks.trim().starts_with("all"),
                    "docs/mocks.md: {what} of {}",
                    kind.name()
                );
            }
        }
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for (kind, json, complaint) in [
            (Kind::Sta, r#"[{"what":"slwo"}]"#, "did you mean \"slow\"?"),
            (Kind::Sta, r#"[{"what":"forge"}]"#, "sta has no misbehaviour \"forge\""),
            (Kind::Sta, r#"[{"what":"slow"}]"#, "needs \"by\""),
            (Kind::Sta, r#"[{"what":"slow","by":"3"}]"#, "is no time"),
            (Kind::Sta, r#"[{"what":"silent","by":"3s"}]"#, "has no \"by\""),
            (Kind::Sta, r#"[{"what":"silent","first":0}]"#, "from 1 to"),
            (Kind::Sta, r#"[{"what":"silent","first":1,"nth":2}]"#, "only one of"),
            (Kind::Sta, r#"[{"what":"silent","on":"reedem"}]"#, "did you mean \"redeem\"?"),
            (Kind::IcaHost, r#"[{"what":"silent","on":"redeem"}]"#, "leave out \"on\""),
            (Kind::Sta, r#"[{"what":"silent","frist":1}]"#, "unknown field"),
        ] {
            let error = read(kind, json).unwrap_err();
            assert!(error.contains(complaint), "{json}: {error}");
        }
        let many = format!("[{}]", vec![r#"{"what":"silent"}"#; RULES_MAX + 1].join(","));
        assert!(read(Kind::Sta, &many).is_err());
    }
}
