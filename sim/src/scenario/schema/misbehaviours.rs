//! Words for how mocks misbehave. Each stands only where the mock can act it out; a test holds the table to what
//! the mocks say of themselves.

use super::{Block, Prop, Type, Word, must, one, prop, words};
use crate::scenario::plan::Operation;

const STOREFRONT: Block = Block::Storefront;
const BROKER: Block = Block::Broker;
const STA: Block = Block::Sta;
const RADIUS: Block = Block::Radius;
const LDAP: Block = Block::Ldap;
const ANAKAM: Block = Block::Anakam;
const SYSLOG: Block = Block::Syslog;
const ICA_HOST: Block = Block::IcaHost;

const FIRST: Prop = prop("first", Type::Number, "Only at the first so many requests.");
const NTH: Prop = prop("nth", Type::Number, "Only at the n-th request, from 1.");
const AFTER: Prop = prop("after", Type::Number, "Only after so many requests.");
const ON: Prop =
    prop("on", Type::Choice(words::<Operation>), "Only at this kind of request, which the host must serve.");
const BY: Prop = must("by", Type::Time, "How long.");
const TO: Prop = must("to", Type::Number, "Bytes sent.");

const WHEN: &[Prop] = &[FIRST, NTH, AFTER, ON];

pub(super) const WORDS: &[Word] = &[
    Word::new(
        "slow",
        &[STOREFRONT, BROKER, STA, RADIUS, LDAP, ANAKAM, ICA_HOST],
        "Starts its work only after this time.",
    )
    .props(&[BY, FIRST, NTH, AFTER, ON]),
    Word::new(
        "late",
        &[STOREFRONT, BROKER, STA, RADIUS, LDAP, ANAKAM],
        "Does its work at once and sends the answer after this time.",
    )
    .props(&[BY, FIRST, NTH, AFTER, ON]),
    Word::new(
        "silent",
        &[STOREFRONT, BROKER, STA, RADIUS, LDAP, ANAKAM, SYSLOG, ICA_HOST],
        "Takes the request, never answers, does nothing about it.",
    )
    .props(WHEN),
    Word::new(
        "refuse",
        &[STOREFRONT, BROKER, STA, LDAP, ANAKAM, SYSLOG, ICA_HOST],
        "Closes the connection without an answer.",
    )
    .props(WHEN),
    Word::new(
        "truncate",
        &[STOREFRONT, BROKER, STA, RADIUS, LDAP, ANAKAM, ICA_HOST],
        "Sends only the first bytes of the answer.",
    )
    .props(&[TO, FIRST, NTH, AFTER, ON]),
    Word::new("error", &[STOREFRONT, BROKER, STA, LDAP, ANAKAM], "Answers with this error of its protocol.")
        .args(&[one("code", Type::Text)])
        .props(WHEN),
    Word::new(
        "garbage",
        &[STOREFRONT, BROKER, STA, RADIUS, LDAP, ANAKAM, ICA_HOST],
        "Answers with bytes of no protocol.",
    )
    .props(WHEN),
    Word::new("redirect", &[STOREFRONT, ANAKAM], "Sends whoever asks to this URL.")
        .args(&[one("url", Type::Text)])
        .props(WHEN),
    Word::new("bad-xml", &[STOREFRONT, BROKER, STA, ANAKAM], "Answers with XML that is not well-formed.")
        .props(WHEN),
    Word::new(
        "dtd",
        &[BROKER, STA, ANAKAM],
        "Answers with XML full of entities that expand into one another.",
    )
    .props(WHEN),
    Word::new("deep", &[BROKER, STA, ANAKAM], "Answers with XML that nests far too deep.").props(WHEN),
    Word::new(
        "wrong-id",
        &[STA, RADIUS, LDAP, ANAKAM],
        "Answers under an id that was not asked: another STA's, another request's.",
    )
    .props(WHEN),
    Word::new("duplicate", &[RADIUS], "Sends the answer twice.").props(WHEN),
    Word::new(
        "forge",
        &[RADIUS],
        "Sends an accept with a made-up authenticator, and the true answer behind it.",
    )
    .props(WHEN),
    Word::new("wrong-secret", &[RADIUS], "Computes its answer with another shared secret.").props(WHEN),
    Word::new("no-authenticator", &[RADIUS], "Leaves the Message-Authenticator out of its answer.")
        .props(WHEN),
    Word::new("referral", &[LDAP], "Sends whoever asks to another server.").props(WHEN),
    Word::new("oversized", &[LDAP], "Answers with a message larger than anybody takes.").props(WHEN),
];
