//! Words of the run as a whole: faults, and expectations that are not steps.

use super::steps::PAGE;
use super::{Arg, Block, Prop, Type, Word, maybe, must, one, prop, words};
use crate::scenario::plan::HealPoint;

const AT: &[Block] = &[Block::At];
const TOP: &[Block] = &[Block::Scenario, Block::Case];
/// Where something is said to happen, or not.
const HAPPENS: &[Block] = &[Block::Scenario, Block::Case, Block::Between, Block::Eventually];
const NEVER: &[Block] = &[Block::Scenario, Block::Case, Block::Between];
/// Where something that can be measured at any moment is compared.
pub(super) const MEASURED: &[Block] =
    &[Block::Scenario, Block::Case, Block::Between, Block::Eventually, Block::Always];

const HOST: Type = Type::Name("host");
const EVENT: Type = Type::Name("event");
const FIELDS: &str = "field=value of the event";

const LINK: &[Arg] = &[one("host", HOST), one("host", HOST)];
const FOR: Prop = prop("for", Type::Time, "How long; to the end of the run.");
const ONE_WAY: Prop = prop("one-way", Type::Flag, "#true: only what the first sends to the second.");
const NTH: Prop = prop("nth", Type::Number, "The first one hit, from 1; without `count` the only one.");
const COUNT: Prop = prop("count", Type::Number, "How many; all.");
const WHERE: Prop = prop("at", HOST, "Where it happened.");
const HOW_OFTEN: Prop = prop("times", Type::Counts, "How often; at least once.");
const WAIT: Prop = prop("wait", Type::Time, "How long after that; at once.");
const AHEAD: Prop = prop("ahead", Type::Time, "By this much later than is right.");
const BACK_BY: Prop = prop("back", Type::Time, "By this much earlier than is right.");
const BACK: Prop = prop("for", Type::Time, "When it comes back; never.");

const fn counter(name: &'static str, help: &'static str) -> Prop {
    prop(name, Type::Counts, help)
}

pub(super) const WORDS: &[Word] = &[
    // Faults.
    Word::new("at", TOP, "Faults at one time of the run.").args(&[one("time", Type::Time)]).holds(Block::At),
    Word::new("after", TOP, "Faults when a receiver has reached a mark.")
        .args(&[one("mark", Type::Name("mark"))])
        .props(&[WAIT])
        .holds(Block::At),
    Word::new("on", TOP, "Faults when an event has happened.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE, prop("nth", Type::Number, "At the n-th time it happens, from 1; the first."), WAIT])
        .open(FIELDS)
        .holds(Block::At),
    Word::new("slow", AT, "Every message takes this much longer.")
        .args(LINK)
        .props(&[must("by", Type::Times, "Added delay."), FOR]),
    Word::new("jitter", AT, "Every message takes a delay of its own from this range.")
        .args(LINK)
        .props(&[must("by", Type::Times, "Range of the added delay."), FOR]),
    Word::new("bandwidth", AT, "The line carries so much and no more; what is sent meanwhile waits its turn.")
        .args(LINK)
        .props(&[must("rate", Type::Rate, "How much in a second, each way."), FOR, ONE_WAY]),
    Word::new("slice", AT, "Streams arrive in pieces, a millisecond apart.").args(LINK).props(&[
        must("bytes", Type::Number, "Most bytes at a time."),
        FOR,
        ONE_WAY,
    ]),
    Word::new(
        "truncate",
        AT,
        "Connections end in the midst of what the first sends: regularly for the second, with a reset for the first.",
    )
    .args(LINK)
    .props(&[must("bytes", Type::Amount, "After so many bytes more; in new ones, from their start."), FOR]),
    Word::new("flip", AT, "One bit of what the first sends to the second is wrong, once in each connection.")
        .args(LINK)
        .props(&[prop("nth", Type::Number, "In the n-th byte from here, in new ones from their start; the first."), FOR]),
    Word::new("stall", AT, "Bytes wait; TCP survives.").args(LINK).props(&[FOR, ONE_WAY]),
    Word::new("cut", AT, "Bytes are lost; connections die.").args(LINK).props(&[FOR, ONE_WAY]),
    Word::new(
        "blackhole",
        AT,
        "Bytes are lost and nobody is told, not even afterwards: connections that stood stay silent.",
    )
    .args(LINK)
    .props(&[FOR, ONE_WAY]),
    Word::new("reset", AT, "Connections between the two are reset; new ones can be opened.").args(LINK),
    Word::new(
        "half-open",
        AT,
        "Connections between the two end at the first; the second is not told, and learns it when it sends.",
    )
    .args(LINK),
    Word::new("refuse", AT, "The host refuses new connections; standing ones live.")
        .args(&[one("host", HOST)])
        .props(&[prop("port", Type::Port, "Only at this port."), FOR]),
    Word::new("crash", AT, "The process dies; its host and disk live.")
        .args(&[one("host", HOST)])
        .props(&[BACK]),
    Word::new("power-loss", AT, "The host dies; what was not yet on disk is lost.")
        .args(&[one("host", HOST)])
        .props(&[BACK]),
    Word::new("restart", AT, "The process ends and is started again at once.").args(&[one("host", HOST)]),
    Word::new("pause", AT, "The process stands still; what comes waits, and timers are late.")
        .args(&[one("host", HOST)])
        .props(&[FOR]),
    Word::new("clock-jump", AT, "The wall clock shows another time from here on. Timers are not touched.")
        .args(&[one("host", HOST)])
        .props(&[AHEAD, BACK_BY, FOR]),
    Word::new(
        "clock-drift",
        AT,
        "The wall clock goes wrong little by little, and keeps what it has gathered.",
    )
    .args(&[one("host", HOST)])
    .props(&[AHEAD, BACK_BY, must("per", Type::Time, "In how much time."), FOR]),
    Word::new("dns-fail", AT, "The first host can't look up the second; without one, nobody. Of a name that several hosts share the others are \
         left.")
        .args(&[one("host", HOST), maybe("host", HOST)])
        .props(&[FOR]),
    Word::new(
        "lead",
        AT,
        "A name that several hosts have as their `fqdn` leads to this one before the others, as when a GSLB changes \
         its mind. Connections that stand live.",
    )
    .args(&[one("name", Type::Text), one("host", HOST)])
    .props(&[FOR]),
    Word::new("drop", AT, "Datagrams from the first to the second are lost.")
        .args(LINK)
        .props(&[NTH, COUNT, FOR]),
    Word::new("duplicate", AT, "Datagrams from the first to the second arrive twice.")
        .args(LINK)
        .props(&[NTH, COUNT, FOR]),
    Word::new("delay", AT, "Datagrams from the first to the second arrive later.").args(LINK).props(&[
        must("by", Type::Times, "Added delay."),
        NTH,
        COUNT,
        FOR,
    ]),
    Word::new("reorder", AT, "Datagrams from the first to the second arrive after the one sent next.")
        .args(LINK)
        .props(&[NTH, COUNT, FOR]),
    Word::new("corrupt", AT, "Datagrams from the first to the second arrive with one wrong bit.")
        .args(LINK)
        .props(&[NTH, COUNT, FOR]),
    // When.
    Word::new("between", TOP, "What must hold in a window: events within it, counts and pages at its end.")
        .args(&[one("from", Type::Time), one("to", Type::Time), maybe("label", Type::Text)])
        .holds(Block::Between),
    Word::new("always", TOP, "What must hold at every moment.")
        .args(&[maybe("label", Type::Text)])
        .holds(Block::Always),
    Word::new("eventually", TOP, "What must hold at some moment in time.")
        .args(&[maybe("label", Type::Text)])
        .props(&[
            must("within", Type::Time, "How long it may take."),
            prop(
                "after",
                Type::Choice(words::<HealPoint>),
                "Counted from the end of the last fault, or from the start; heal.",
            ),
        ])
        .holds(Block::Eventually),
    // What.
    Word::new("expect event", HAPPENS, "An event happened.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE, HOW_OFTEN])
        .open(FIELDS),
    Word::new("never event", NEVER, "An event did not happen.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE])
        .open(FIELDS),
    Word::new("expect audit", HAPPENS, "An entry stands in a gateway's audit log.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE, HOW_OFTEN])
        .open(FIELDS),
    Word::new("never audit", NEVER, "No such entry stands in a gateway's audit log.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE])
        .open(FIELDS),
    Word::new("order", TOP, "Events happened in this order; others may lie between.").holds(Block::Order),
    Word::new("event", &[Block::Order], "One event of the order.")
        .args(&[one("event", EVENT)])
        .props(&[WHERE])
        .open(FIELDS),
    Word::new("expect page", HAPPENS, "The last page a receiver got.")
        .args(&[one("receiver", HOST)])
        .props(PAGE),
    Word::new("sessions", MEASURED, "Live sessions at a gateway.").args(&[one("gateway", HOST)]).props(&[
        prop("user", Type::Name("user"), "Of this user; of everybody."),
        prop("at-least", Type::Amount, "At least so many."),
        prop("at-most", Type::Amount, "At most so many."),
    ]),
    Word::new("expect gateway", MEASURED, "What a gateway has counted.")
        .args(&[one("name", HOST)])
        .props(&[counter("sessions", "Sessions alive."), counter("tunnels", "Tunnels open.")]),
    Word::new("expect storefront", MEASURED, "What a StoreFront has counted.")
        .args(&[one("name", HOST)])
        .props(&[
            counter("requests", "Requests received."),
            counter("launches", "ICA files handed out."),
            counter("call-backs", "Call-backs made."),
        ]),
    Word::new("expect broker", MEASURED, "What an XML broker has counted.")
        .args(&[one("name", HOST)])
        .props(&[counter("requests", "Requests received.")]),
    Word::new("expect sta", MEASURED, "What an STA has counted.").args(&[one("name", HOST)]).props(&[
        counter("issued", "Tickets issued."),
        counter("redeemed", "Tickets redeemed."),
        counter("refused", "Redemptions turned down."),
    ]),
    Word::new("expect radius", MEASURED, "What a RADIUS server has counted.")
        .args(&[one("name", HOST)])
        .props(&[
            counter("requests", "Requests received."),
            counter("accepts", "Access-Accepts sent."),
            counter("rejects", "Access-Rejects sent."),
            counter("challenges", "Access-Challenges sent."),
        ]),
    Word::new("expect ldap", MEASURED, "What a directory server has counted.")
        .args(&[one("name", HOST)])
        .props(&[counter("requests", "Binds and searches received.")]),
    Word::new("expect anakam", MEASURED, "What an Anakam.TFA server has counted.")
        .args(&[one("name", HOST)])
        .props(&[
            counter("requests", "Requests received."),
            counter("challenges", "Passcodes sent."),
            counter("accepts", "Log-ins passed, with a passcode or a device."),
            counter("rejects", "Log-ins turned down."),
        ]),
    Word::new("expect syslog", MEASURED, "What a syslog collector has counted.")
        .args(&[one("name", HOST)])
        .props(&[counter("messages", "Messages received.")]),
    Word::new("expect ica-host", MEASURED, "What an ICA host has counted.").args(&[one("name", HOST)]).props(
        &[
            counter("sessions", "Sessions alive, suspended ones too."),
            counter("connections", "Connections that began a session."),
            counter("suspended", "Sessions that session reliability keeps without a connection."),
            counter("resumed", "Sessions resumed, once for each time."),
            counter("reconnected", "Sessions gone on with by auto client reconnect."),
        ],
    ),
];
