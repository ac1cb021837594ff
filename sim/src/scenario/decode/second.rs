//! `second-factor`: a rule about who is asked once the first factor is passed.

use super::Decoder;
use super::statement::Statement;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{SecondBy, SecondFactor, SecondKind};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// `second-factor radius "otp01" first="password" user="alice"`
    pub(super) fn second_factor(&mut self, line: &Statement<'_>) -> Option<SecondFactor> {
        let kind = line.arg::<SecondKind>(0)?;
        let servers: Vec<Spanned<String>> = line.args_from(1);
        let (own, most) = match kind.value {
            SecondKind::Nobody => (&[][..], 0),
            SecondKind::Radius => (&["first", "prompt"][..], usize::MAX),
            SecondKind::Anakam => (&["delivery", "registration"][..], 1),
        };
        for other in ["first", "prompt", "delivery", "registration"] {
            if line.has_prop(other) && !own.contains(&other) {
                let message = format!("this kind of second factor has no `{other}`");
                self.findings.push(Finding::error("scn-unknown-property", line.name_place, message));
            }
        }
        if let Some(server) = servers.get(most) {
            let message = "this kind of second factor takes no further server";
            self.findings.push(Finding::error("scn-extra-argument", server.place(), message));
        }
        if servers.is_empty() && most > 0 {
            let message = "this kind of second factor needs the name of its server";
            self.findings.push(Finding::error("scn-missing", kind.place(), message));
            return None;
        }
        let by = match kind.value {
            SecondKind::Nobody => SecondBy::Nobody,
            SecondKind::Radius => {
                SecondBy::Radius { servers, first: line.prop("first"), prompt: line.prop("prompt") }
            }
            SecondKind::Anakam => SecondBy::Anakam {
                server: servers.into_iter().next()?,
                delivery: line.prop("delivery"),
                registration: line.prop("registration"),
            },
        };
        Some(SecondFactor { by, user: line.prop("user"), group: line.prop("group") })
    }
}
