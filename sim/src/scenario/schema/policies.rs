//! Words of policies: which a gateway runs, and what is claimed of them.

use super::run::MEASURED;
use super::{Block, Type, Word, many, must, one, prop};

const GATEWAY: &[Block] = &[Block::Gateway];
const HOST: Type = Type::Name("host");

pub(super) const WORDS: &[Word] = &[
    Word::new(
        "policies",
        GATEWAY,
        "NetScaler configuration files whose policies every request passes first.",
    )
    .args(&[many("file", Type::Text)])
    .props(&[prop(
        "vserver",
        Type::Text,
        "The virtual server of theirs that the gateway is; the only one that has policies.",
    )]),
    Word::new("page", GATEWAY, "An HTML page that responder actions know by this name.")
        .args(&[one("name", Type::Text), one("file", Type::Text)]),
    Word::new("call-out", GATEWAY, "Where call-outs to an `address:port` or a virtual server go.")
        .args(&[one("server", Type::Text)])
        .props(&[must("to", HOST, "The host that is asked instead.")]),
    Word::new("expect policy", MEASURED, "What was counted of a policy.")
        .args(&[one("policy", Type::Name("policy"))])
        .props(&[
            prop("hits", Type::Counts, "How often its rule was TRUE."),
            prop("undefined", Type::Counts, "How often its rule, or what followed from it, had no value."),
            prop("at", HOST, "The gateway; any."),
        ]),
    Word::new("expect variable", MEASURED, "What was counted of a variable, or of one entry of a map.")
        .args(&[one("variable", Type::Name("variable"))])
        .props(&[
            prop("key", Type::Text, "The entry."),
            prop("written", Type::Counts, "How often an assignment wrote it."),
            prop("cleared", Type::Counts, "How often an assignment cleared it."),
            prop("at", HOST, "The gateway; any."),
        ]),
];
