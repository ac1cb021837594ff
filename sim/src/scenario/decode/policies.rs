//! Policies of a gateway, and claims about them.

use super::Decoder;
use super::statement::Statement;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{CalloutRoute, Claim, CountRange, Keyword, Policies, PolicyPage, Tallied, Tally};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// What the lines of a gateway say; a kind of line that is there replaces all of its kind.
    pub(super) fn policies(&mut self, lines: &[Statement<'_>], mut policies: Policies) -> Policies {
        self.once_each(lines, &["policies"]);
        let of = |word: &'static str| lines.iter().filter(move |line| line.word.name == word);
        if let Some(line) = of("policies").next() {
            let names: Vec<Spanned<String>> = line.args_from(0);
            let texts = names.into_iter().filter_map(|name| Some((name.clone(), self.text(&name)?)));
            policies.files = texts.collect();
            policies.vserver = line.prop("vserver");
        }
        if of("page").next().is_some() {
            policies.pages = of("page").filter_map(|line| self.policy_page(line)).collect();
        }
        if of("call-out").next().is_some() {
            let route =
                |line: &Statement<'_>| Some(CalloutRoute { server: line.arg(0)?, host: line.prop("to")? });
            policies.routes = of("call-out").filter_map(route).collect();
        }
        policies
    }

    fn policy_page(&mut self, line: &Statement<'_>) -> Option<PolicyPage> {
        let file: Spanned<String> = line.arg(1)?;
        Some(PolicyPage { name: line.arg(0)?, text: self.text(&file)? })
    }

    fn text(&mut self, name: &Spanned<String>) -> Option<String> {
        self.files.text(&name.value, name.place(), &mut self.findings)
    }

    /// `expect policy "block" hits=1`, `expect variable "map" key="alice" written=1`
    pub(super) fn tally(&mut self, line: &Statement<'_>) -> Option<Claim> {
        let counts: Vec<_> = line
            .word
            .props
            .iter()
            .filter_map(|prop| {
                let tally = Tally::from_word(prop.name)?;
                let range = line.prop::<CountRange>(prop.name)?;
                Some((Spanned::new(tally, range.place()), range))
            })
            .collect();
        if counts.is_empty() {
            let known: Vec<&str> = line
                .word
                .props
                .iter()
                .map(|prop| prop.name)
                .filter(|name| Tally::from_word(name).is_some())
                .collect();
            let message = format!("`{}` says nothing", line.word.name);
            let finding = Finding::error("scn-missing", line.name_place, message);
            self.findings.push(finding.help(format!("add one of {}=", known.join("=, "))));
        }
        let name = line.arg(0)?;
        let of = match line.word.name {
            "expect policy" => Tallied::Policy(name),
            _ => Tallied::Variable { name, key: line.prop("key") },
        };
        Some(Claim::Tally { of, host: line.prop("at"), counts })
    }
}
