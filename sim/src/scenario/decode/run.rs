//! Faults, and expectations over the run.

use std::time::Duration;

use super::Decoder;
use super::statement::Statement;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{
    Begin, Claim, ClockError, CountRange, Counter, Datagrams, Direction, EventPattern, Expectation, Fault,
    FaultKind, FieldMatch, HealPoint, HostKind, Keyword, When,
};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// `at "60s" { … }`, `after "typing" { … }`, `on "ticket.redeemed" { … }`
    pub(super) fn faults(&mut self, statement: &Statement<'_>, faults: &mut Vec<Fault>) {
        let begin = begin(statement);
        for line in self.inner(statement) {
            let Some((begin, kind)) = begin.clone().zip(self.fault(&line)) else { continue };
            let lasts = line.prop_if_known("for");
            faults.push(Fault { begin, kind, lasts, span: line.place });
        }
    }

    /// A statement that is a claim itself, or a block of claims.
    pub(super) fn expectations(&mut self, statement: &Statement<'_>, expectations: &mut Vec<Expectation>) {
        let (label, when) = match statement.word.name {
            "between" => {
                let window = statement.arg::<Duration>(0).zip(statement.arg::<Duration>(1));
                let when = window.map(|(from, to)| When::Between { from, to });
                (statement.arg(2), when)
            }
            "always" => (statement.arg(0), Some(When::Always)),
            "eventually" => {
                let after = statement.prop::<HealPoint>("after").map(|point| point.value).unwrap_or_default();
                let when = statement.prop("within").map(|within| When::Eventually { after, within });
                (statement.arg(0), when)
            }
            _ => {
                expectations.extend(self.expectation(statement, None, &When::Run));
                return;
            }
        };
        let lines = self.inner(statement);
        if lines.is_empty() {
            let message = format!("`{}` expects nothing", statement.word.name);
            self.findings.push(Finding::error("scn-missing", statement.name_place, message));
        }
        for line in lines {
            // A window that is wrong has been told; its claims are read for their own errors.
            let found = self.expectation(&line, label.clone(), when.as_ref().unwrap_or(&When::Run));
            expectations.extend(found);
        }
    }

    fn expectation(
        &mut self,
        line: &Statement<'_>,
        label: Option<Spanned<String>>,
        when: &When,
    ) -> Option<Expectation> {
        let claim = self.claim(line)?;
        Some(Expectation { label, when: when.clone(), claim, span: line.place })
    }

    fn claim(&mut self, line: &Statement<'_>) -> Option<Claim> {
        match line.word.name {
            "expect event" => Some(Claim::Event { pattern: event(line)?, count: line.prop("times") }),
            "never event" => Some(Claim::NoEvent(event(line)?)),
            "expect audit" => Some(Claim::Audit { pattern: event(line)?, count: line.prop("times") }),
            "never audit" => Some(Claim::NoAudit(event(line)?)),
            "expect page" => {
                let page = self.page(line);
                Some(Claim::Page { receiver: line.arg(0)?, page })
            }
            "order" => self.order(line),
            "sessions" => self.sessions(line),
            "expect policy" | "expect variable" => self.tally(line),
            _ => self.counters(line),
        }
    }

    fn order(&mut self, line: &Statement<'_>) -> Option<Claim> {
        let events: Vec<EventPattern> = self.inner(line).iter().filter_map(event).collect();
        if events.len() < 2 {
            let message = "`order` needs two events at least";
            self.findings.push(Finding::error("scn-missing", line.name_place, message));
            return None;
        }
        Some(Claim::Order(events))
    }

    fn sessions(&mut self, line: &Statement<'_>) -> Option<Claim> {
        let least = line.prop::<u64>("at-least");
        let most = line.prop::<u64>("at-most");
        if !line.has_prop("at-least") && !line.has_prop("at-most") {
            let message = "`sessions` needs `at-most=` or `at-least=`";
            self.findings.push(Finding::error("scn-missing", line.name_place, message));
        }
        let count = CountRange {
            min: least.map_or(0, |count| count.value),
            max: most.map_or(u64::MAX, |count| count.value),
        };
        if count.min > count.max {
            let message = "`at-least` is more than `at-most`";
            self.findings.push(Finding::error("scn-bad-window", line.name_place, message));
        }
        Some(Claim::Sessions { gateway: line.arg(0)?, user: line.prop("user"), count })
    }

    /// `expect sta "sta01" redeemed=1`
    fn counters(&mut self, line: &Statement<'_>) -> Option<Claim> {
        let kind = line.word.tail().and_then(HostKind::from_word);
        let Some(kind) = kind else {
            unreachable!("the table of words has the claim `{}`, the decoder has not", line.word.name);
        };
        if !line.has_props() {
            let known: Vec<&str> = line.word.props.iter().map(|prop| prop.name).collect();
            let message = format!("`{}` says nothing", line.word.name);
            let finding = Finding::error("scn-missing", line.name_place, message);
            self.findings.push(finding.help(format!("add one of {}=", known.join("=, "))));
        }
        let counters = line.word.props.iter().filter_map(|prop| {
            let counter = Counter::from_word(prop.name)?;
            let range = line.prop::<CountRange>(prop.name)?;
            Some((Spanned::new(counter, range.place()), range))
        });
        Some(Claim::Counters { kind, host: line.arg(0)?, counters: counters.collect() })
    }

    fn fault(&mut self, line: &Statement<'_>) -> Option<FaultKind> {
        Some(match line.word.name {
            "slow" => FaultKind::Slow { link: direction(line)?, by: line.prop("by")? },
            "jitter" => FaultKind::Jitter { link: direction(line)?, by: line.prop("by")? },
            "stall" => FaultKind::Stall { link: direction(line)? },
            "cut" => FaultKind::Cut { link: direction(line)? },
            "bandwidth" => FaultKind::Bandwidth { link: direction(line)?, rate: line.prop("rate")? },
            "slice" => FaultKind::Slice { link: direction(line)?, bytes: line.prop("bytes")? },
            "truncate" => FaultKind::Truncate { link: one_way(line)?, bytes: line.prop("bytes")? },
            "flip" => FaultKind::Flip { link: one_way(line)?, nth: line.prop("nth") },
            "blackhole" => FaultKind::Blackhole { link: direction(line)? },
            "reset" => FaultKind::Reset { link: direction(line)? },
            "half-open" => FaultKind::HalfOpen { link: direction(line)? },
            "refuse" => FaultKind::Refuse { host: line.arg(0)?, port: line.prop("port") },
            "crash" => FaultKind::Crash { host: line.arg(0)? },
            "power-loss" => FaultKind::PowerLoss { host: line.arg(0)? },
            "restart" => FaultKind::Restart { host: line.arg(0)? },
            "pause" => FaultKind::Pause { host: line.arg(0)? },
            "clock-jump" => FaultKind::ClockJump { by: self.clock_error(line)?, host: line.arg(0)? },
            "clock-drift" => FaultKind::ClockDrift {
                by: self.clock_error(line)?,
                host: line.arg(0)?,
                per: self.per(line)?,
            },
            "dns-fail" => FaultKind::DnsFail { host: line.arg(0)?, whose: line.arg(1) },
            "lead" => FaultKind::Lead { name: line.arg(0)?, host: line.arg(1)? },
            "reorder" => FaultKind::Reorder(datagrams(line)?),
            "corrupt" => FaultKind::Corrupt(datagrams(line)?),
            "drop" => FaultKind::Drop(datagrams(line)?),
            "duplicate" => FaultKind::Duplicate(datagrams(line)?),
            "delay" => FaultKind::Delay { datagrams: datagrams(line)?, by: line.prop("by")? },
            other => unreachable!("the table of words has the fault `{other}`, the decoder has not"),
        })
    }

    fn clock_error(&mut self, line: &Statement<'_>) -> Option<ClockError> {
        match (line.prop("ahead"), line.prop("back")) {
            (Some(by), None) => Some(ClockError::Ahead(by)),
            (None, Some(by)) => Some(ClockError::Back(by)),
            // One that is wrong has been told already.
            (None, None) if line.has_prop("ahead") || line.has_prop("back") => None,
            _ => {
                let message = format!("`{}` has either `ahead=` or `back=`", line.word.name);
                self.findings.push(Finding::error("scn-either-or", line.name_place, message));
                None
            }
        }
    }

    fn per(&mut self, line: &Statement<'_>) -> Option<Spanned<Duration>> {
        let per = line.prop::<Duration>("per")?;
        if per.value.is_zero() {
            self.findings.push(Finding::error(
                "scn-bad-time",
                per.place(),
                "`per` must be longer than nothing",
            ));
        }
        Some(per)
    }
}

fn begin(line: &Statement<'_>) -> Option<Begin> {
    let pattern = match line.word.name {
        "at" => return line.arg(0).map(Begin::At),
        "after" => EventPattern::mark(line.arg(0)?, line.place),
        _ => event(line)?,
    };
    Some(Begin::On { pattern, nth: line.prop_if_known("nth"), wait: line.prop("wait") })
}

fn event(line: &Statement<'_>) -> Option<EventPattern> {
    let fields =
        line.open.iter().map(|(name, value)| FieldMatch { name: name.clone(), value: value.clone() });
    Some(EventPattern {
        kind: line.arg(0)?,
        host: line.prop("at"),
        fields: fields.collect(),
        span: line.place,
    })
}

fn direction(line: &Statement<'_>) -> Option<Direction> {
    Some(Direction { from: line.arg(0)?, to: line.arg(1)?, one_way: line.flag("one-way") })
}

/// What the first host sends to the second.
fn one_way(line: &Statement<'_>) -> Option<Direction> {
    Some(Direction { one_way: true, ..direction(line)? })
}

fn datagrams(line: &Statement<'_>) -> Option<Datagrams> {
    Some(Datagrams { from: line.arg(0)?, to: line.arg(1)?, nth: line.prop("nth"), count: line.prop("count") })
}
