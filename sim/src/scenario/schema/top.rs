//! Words of a file as a whole: scenario, world, fragment, matrix.

use super::{Block, Type, Word, many, maybe, must, one, words};
use crate::scenario::plan::Compared;

pub(super) const WORDS: &[Word] = &[
    Word::new("scenario", &[Block::File], "One scenario. A file has one, and nothing else at its top.")
        .args(&[one("title", Type::Text)])
        .holds(Block::Scenario),
    Word::new("world", &[Block::File], "A world that scenarios `use`.")
        .args(&[one("title", Type::Text)])
        .holds(Block::World),
    Word::new("fragment", &[Block::File], "Steps that receivers `use`.")
        .args(&[one("title", Type::Text)])
        .holds(Block::Steps),
    Word::new("covers", &[Block::Scenario], "The product rows this scenario shows.")
        .args(&[many("row", Type::Name("row"))]),
    Word::new("use", &[Block::Scenario, Block::World], "Takes in everything a world file declares.")
        .args(&[one("file", Type::Name("world file"))]),
    Word::new(
        "start",
        &[Block::Scenario],
        "Wall-clock time at the start of the run; 2026-01-01T00:00:00Z without it.",
    )
    .args(&[one("moment", Type::Moment)]),
    Word::new(
        "limit",
        &[Block::Scenario],
        "The run fails when it takes longer in virtual time; 60s without it.",
    )
    .args(&[one("time", Type::Time)]),
    Word::new(
        "tick",
        &[Block::Scenario],
        "Length of one step of the simulated clock; 1ms without it. Take 10ms \
         for minutes, 100ms for hours.",
    )
    .args(&[one("time", Type::Time)]),
    Word::new("snapshot", &[Block::Scenario], "The story of the run is compared with the stored one."),
    Word::new(
        "real-world",
        &[Block::Scenario],
        "What `sim run --world real` compares, where that is not verdict and story.",
    )
    .props(&[
        must(
            "compare",
            Type::Choice(words::<Compared>),
            "`verdict`: not the story; `nothing`: it is not run there.",
        ),
        must("why", Type::Text, "Why."),
    ]),
    Word::new(
        "matrix",
        &[Block::Scenario],
        "The scenario is run once for each value; `${name}` in any text stands \
         for it. Several: every combination.",
    )
    .args(&[one("name", Type::Name("matrix"))])
    .holds(Block::Matrix),
    Word::new("-", &[Block::Matrix], "One value.").args(&[one("value", Type::Any)]),
    Word::new("case", &[Block::Scenario], "Counts only where the matrix has these values.")
        .open("name=value of a matrix")
        .holds(Block::Case),
    Word::new("world", &[Block::Scenario, Block::Case], "Hosts and users for this scenario alone.")
        .args(&[maybe("title", Type::Text)])
        .holds(Block::World),
    Word::new(
        "set",
        &[Block::Scenario, Block::Case, Block::World],
        "Changes a host that was declared above: takes the properties and braces of its kind. What is \
         written here replaces what was there; apps, servers and users replace those of the same name; \
         misbehaviours are added.",
    )
    .args(&[one("kind", Type::Name("kind of host")), one("name", Type::Name("host"))]),
];
