//! A word that is nearly one of the command line's. An appliance refuses such a line; here it would be kept unread
//! with the commands that nobody models, and its policy would silently not be there.

use super::{Completion, GROUPS, Quoting, Token, complete, groups, verbs};

/// The first word of a line that is no word of the command line, and the one that was probably meant.
pub(super) fn misspelt(tokens: &[Token]) -> Option<(&Token, &'static str)> {
    let (verb, group) = (bare(tokens.first()?)?, bare(tokens.get(1)?)?);
    if unknown(verb, &mut verbs()) {
        // Another first word is another language; only with a group behind it this is a command.
        return if unknown(group, &mut groups()) { None } else { near(verb, 1, verbs()) };
    }
    let Completion::One(known) = complete(group.text(), &mut groups()) else {
        return near(group, 2, groups());
    };
    let kinds = GROUPS.iter().find(|(name, _)| *name == known).map_or("", |(_, kinds)| *kinds);
    let kind = bare(tokens.get(2)?)?;
    if kinds.is_empty() || !unknown(kind, &mut kinds.split_ascii_whitespace()) {
        return None;
    }
    near(kind, 2, kinds.split_ascii_whitespace())
}

fn bare(token: &Token) -> Option<&Token> {
    (token.quoting == Quoting::Bare).then_some(token)
}

fn unknown(token: &Token, names: &mut dyn Iterator<Item = &'static str>) -> bool {
    matches!(complete(token.text(), names), Completion::None)
}

/// The one name within so many slips of the finger. Of words of four letters or fewer, one slip is half a word.
fn near(
    token: &Token,
    slips: usize,
    names: impl Iterator<Item = &'static str>,
) -> Option<(&Token, &'static str)> {
    let word = token.text().to_ascii_lowercase();
    let slips = if word.len() > 4 { slips } else { 1 };
    let scored = names.map(|name| (strsim::osa_distance(&word, &name.to_ascii_lowercase()), name));
    let closest = scored.filter(|(distance, _)| *distance <= slips).min_by_key(|(distance, _)| *distance);
    closest.map(|(_, name)| (token, name))
}
