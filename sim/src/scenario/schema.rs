//! The table of words: every statement of the language, where it may stand, what it takes, what it means.
//!
//! One table for three readers: the decoder refuses what is not in it, the formatter takes the order of
//! properties from it, and docs/scenario-language.md is generated from it. It holds no behaviour.

mod misbehaviours;
mod policies;
mod run;
mod steps;
mod top;
mod world;

use super::plan::Keyword;

/// A stretch of text in which certain words may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    File,
    Scenario,
    Case,
    Matrix,
    World,
    Gateway,
    UserFile,
    Storefront,
    Broker,
    App,
    Sta,
    Radius,
    RadiusUser,
    Ldap,
    Anakam,
    Syslog,
    IcaHost,
    Steps,
    Request,
    At,
    Between,
    Always,
    Eventually,
    Order,
}

impl Block {
    /// All blocks, in the order of the documentation.
    pub(super) const ALL: [Self; 24] = [
        Self::File,
        Self::Scenario,
        Self::Matrix,
        Self::Case,
        Self::World,
        Self::Gateway,
        Self::UserFile,
        Self::Storefront,
        Self::Broker,
        Self::App,
        Self::Sta,
        Self::Radius,
        Self::RadiusUser,
        Self::Ldap,
        Self::Anakam,
        Self::Syslog,
        Self::IcaHost,
        Self::Steps,
        Self::Request,
        Self::At,
        Self::Between,
        Self::Always,
        Self::Eventually,
        Self::Order,
    ];

    /// Where a word of this block stands, as a message says it: "`wait` belongs in a receiver".
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::File => "at the top of a file",
            Self::Scenario => "in `scenario`",
            Self::Case => "in `case`",
            Self::Matrix => "in `matrix`",
            Self::World => "in `world`",
            Self::Gateway => "in `gateway`",
            Self::UserFile => "in `first-factor`",
            Self::Storefront => "in `storefront`",
            Self::Broker => "in `broker`",
            Self::App => "in `app`",
            Self::Sta => "in `sta`",
            Self::Radius => "in `radius`",
            Self::RadiusUser => "in `user` of a `radius`",
            Self::Ldap => "in `ldap`",
            Self::Anakam => "in `anakam`",
            Self::Syslog => "in `syslog`",
            Self::IcaHost => "in `ica-host`",
            Self::Steps => "among the steps of a `receiver`",
            Self::Request => "in `get` or `post`",
            Self::At => "in `at`, `after` or `on`",
            Self::Between => "in `between`",
            Self::Always => "in `always`",
            Self::Eventually => "in `eventually`",
            Self::Order => "in `order`",
        }
    }
}

/// One statement of the language.
#[derive(Debug)]
pub(super) struct Word {
    /// Its name; two words when the first argument is part of it: `expect challenge`.
    pub(super) name: &'static str,
    /// Where it may stand.
    pub(super) blocks: &'static [Block],
    /// What follows the name.
    pub(super) args: &'static [Arg],
    /// Properties, in canonical order.
    pub(super) props: &'static [Prop],
    /// What its braces hold; `None` when it has no braces.
    pub(super) inside: Option<Block>,
    /// Whether it is incomplete without braces.
    pub(super) needs_braces: bool,
    /// Whether its properties may also be written as lines of their own inside the braces.
    pub(super) settings: bool,
    /// What other properties it takes, when their names are not the language's own.
    pub(super) open: Option<&'static str>,
    /// One line, for people.
    pub(super) help: &'static str,
}

impl Word {
    const fn new(name: &'static str, blocks: &'static [Block], help: &'static str) -> Self {
        Self {
            name,
            blocks,
            args: &[],
            props: &[],
            inside: None,
            needs_braces: false,
            settings: false,
            open: None,
            help,
        }
    }

    const fn args(mut self, args: &'static [Arg]) -> Self {
        self.args = args;
        self
    }

    const fn props(mut self, props: &'static [Prop]) -> Self {
        self.props = props;
        self
    }

    /// Braces that must be there.
    const fn holds(mut self, inside: Block) -> Self {
        self.inside = Some(inside);
        self.needs_braces = true;
        self
    }

    /// Braces that may be there.
    const fn may_hold(mut self, inside: Block) -> Self {
        self.inside = Some(inside);
        self
    }

    const fn settings(mut self) -> Self {
        self.settings = true;
        self
    }

    const fn open(mut self, what: &'static str) -> Self {
        self.open = Some(what);
        self
    }

    /// A property by name.
    pub(super) fn prop(&self, name: &str) -> Option<&'static Prop> {
        self.props.iter().find(|prop| prop.name == name)
    }

    /// The part of the name that stands where a statement begins.
    pub(super) fn head(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or(self.name)
    }

    /// The second part of the name, for words made of two.
    pub(super) fn tail(&self) -> Option<&'static str> {
        self.name.split_once(' ').map(|(_, tail)| tail)
    }
}

/// A value that follows the name of a statement.
#[derive(Debug)]
pub(super) struct Arg {
    pub(super) name: &'static str,
    pub(super) ty: Type,
    pub(super) count: Count,
}

/// How often an argument is given. Only the last one of a word may be `Many` or `Some`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Maybe,
    Many,
    Any,
}

const fn one(name: &'static str, ty: Type) -> Arg {
    Arg { name, ty, count: Count::One }
}

const fn maybe(name: &'static str, ty: Type) -> Arg {
    Arg { name, ty, count: Count::Maybe }
}

const fn many(name: &'static str, ty: Type) -> Arg {
    Arg { name, ty, count: Count::Many }
}

/// A `name=value` of a statement.
#[derive(Debug)]
pub(super) struct Prop {
    pub(super) name: &'static str,
    pub(super) ty: Type,
    pub(super) required: bool,
    pub(super) help: &'static str,
}

const fn prop(name: &'static str, ty: Type, help: &'static str) -> Prop {
    Prop { name, ty, required: false, help }
}

const fn must(name: &'static str, ty: Type, help: &'static str) -> Prop {
    Prop { name, ty, required: true, help }
}

/// Largest plain number of a file: no count of requests, bytes or sessions in a scenario comes near it.
pub(super) const NUMBER_MAX: u64 = 1_000_000;

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    /// Any text.
    Text,
    /// A text that names something; what, is said.
    Name(&'static str),
    /// A whole number from 1 to [`NUMBER_MAX`].
    Number,
    /// A whole number from 0 to [`NUMBER_MAX`].
    Amount,
    /// A TCP or UDP port.
    Port,
    /// An HTTP status code.
    Status,
    /// `#true` or `#false`.
    Flag,
    /// A time.
    Time,
    /// A time or a range of times.
    Times,
    /// A count or a range of counts.
    Counts,
    /// Bits per second.
    Rate,
    /// Bytes in hexadecimal.
    Hex,
    /// A moment in UTC.
    Moment,
    /// A regular expression.
    Pattern,
    /// One of a few words.
    Choice(fn() -> Vec<&'static str>),
    /// Text, number or flag.
    Any,
}

/// The words of a [`Keyword`], for [`Type::Choice`].
fn words<K: Keyword>() -> Vec<&'static str> {
    K::WORDS.iter().map(|(word, _)| *word).collect()
}

/// Every word, in the order of the documentation.
pub(super) fn all() -> impl Iterator<Item = &'static Word> {
    [top::WORDS, world::WORDS, misbehaviours::WORDS, steps::WORDS, run::WORDS, policies::WORDS]
        .into_iter()
        .flatten()
}

/// The words that may stand in a block.
pub(super) fn in_block(block: Block) -> impl Iterator<Item = &'static Word> {
    all().filter(move |word| word.blocks.contains(&block))
}

/// A word of a block by its full name.
pub(super) fn find(block: Block, name: &str) -> Option<&'static Word> {
    in_block(block).find(|word| word.name == name)
}

/// The host declaration that `set <kind>` changes.
pub(super) fn settable(kind: &str) -> Option<&'static Word> {
    find(Block::World, kind).filter(|word| word.settings)
}

/// The kinds of hosts that `set` changes.
pub(super) fn settable_kinds() -> impl Iterator<Item = &'static str> {
    in_block(Block::World).filter(|word| word.settings).map(|word| word.name)
}

/// The word of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolved {
    /// The word; for `set` that of the host's declaration.
    pub(super) word: &'static Word,
    /// Whether the statement is a `set`.
    pub(super) set: bool,
    /// How many values after the name belong to the word itself.
    pub(super) skipped: usize,
}

/// Finds the word of a statement by its name and the value after it.
pub(super) fn resolve(block: Block, name: &str, second: Option<&str>) -> Option<Resolved> {
    let found = |word, set, skipped| Some(Resolved { word, set, skipped });
    if let Some(word) = find(block, name) {
        return match name {
            "set" => settable(second?).and_then(|word| found(word, true, 1)),
            _ => found(word, false, 0),
        };
    }
    if let Some(second) = second {
        return find(block, &format!("{name} {second}")).and_then(|word| found(word, false, 1));
    }
    // `expect status=200`: among steps the page may go without saying.
    let page = find(block, "expect page").filter(|_| name == "expect" && block == Block::Steps)?;
    found(page, false, 0)
}

/// How a word is written at the least: `launch "app"`, `slow "host" "host" by=`.
pub(super) fn signature(word: &Word) -> String {
    let mut text = word.name.to_owned();
    for arg in word.args {
        let shown =
            if matches!(arg.ty, Type::Choice(_)) { arg.name.to_owned() } else { format!("\"{}\"", arg.name) };
        text.push_str(&match arg.count {
            Count::One => format!(" {shown}"),
            Count::Maybe => format!(" [{shown}]"),
            Count::Many => format!(" {shown} …"),
            Count::Any => format!(" [{shown} …]"),
        });
    }
    for prop in word.props.iter().filter(|prop| prop.required) {
        text.push_str(&format!(" {}=", prop.name));
    }
    if let Some(open) = word.open {
        text.push_str(&format!(" [{open}]"));
    }
    match word.inside {
        Some(_) if word.needs_braces => text.push_str(" { … }"),
        Some(_) => text.push_str(" [{ … }]"),
        None => {}
    }
    text
}
