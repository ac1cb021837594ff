//! Classic expressions, the language before this one, told by their beginning.
//!
//! They are removed from most features since 13.1. They are never read here: only recognised, so that a report
//! can say so instead of naming a syntax error.

/// First words that only classic expressions begin with.
const ROOTS: [&str; 9] = [
    "REQ.",
    "RES.",
    "NS_",
    "CLIENT.APPLICATION",
    "CLIENT.FILE",
    "CLIENT.OS",
    "CLIENT.REG",
    "CLIENT.SVC",
    "CLIENT.CERT",
];

/// Qualifiers that classic expressions may begin with when a blank and an operator word follow.
const QUALIFIERS: [&str; 7] = ["METHOD", "URL", "URLQUERY", "HEADER", "VERSION", "SOURCEIP", "DESTIP"];

/// Whether the text is a classic expression.
pub(super) fn is_classic(text: &str) -> bool {
    let start =
        text.trim_start_matches(|mark: char| mark.is_ascii_whitespace() || mark == '(' || mark == '!');
    let begins = |root: &&str| start.get(..root.len()).is_some_and(|head| head.eq_ignore_ascii_case(root));
    let word = start.split(|mark: char| mark.is_ascii_whitespace()).next().unwrap_or_default();
    let qualified =
        start.len() > word.len() && QUALIFIERS.iter().any(|known| word.eq_ignore_ascii_case(known));
    ROOTS.iter().any(begins) || qualified
}

#[cfg(test)]
mod tests {
    use super::is_classic;

    #[test]
    fn both_languages_are_told_apart() {
        for classic in [
            "ns_true",
            "REQ.HTTP.HEADER User-Agent CONTAINS x",
            "!(req.ip.sourceip == 10.0.0.0)",
            "URL == /a",
        ] {
            assert!(is_classic(classic), "{classic}");
        }
        for advanced in ["HTTP.REQ.URL.CONTAINS(\"x\")", "CLIENT.IP.SRC", "true", "URL.PATH", "REQUEST_NAME"]
        {
            assert!(!is_classic(advanced), "{advanced}");
        }
    }
}
