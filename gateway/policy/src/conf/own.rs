//! What every appliance brings along and no saved file holds.
//!
//! Selectors whose expressions the vendor publishes ("Configure a selector") are built in. Of tables only names are
//! known, from saved files that bind to them: what they hold is not published, so an expression that asks one is
//! read and not evaluated.

/// Selectors with their expressions. Those over SQL requests are left out: no request here has any.
const SELECTORS: [(&str, &[&str]); 4] = [
    ("Top_URL", &["HTTP.REQ.URL"]),
    ("Top_CLIENTS", &["CLIENT.IP.SRC"]),
    ("Top_URL_CLIENTS_LBVSERVER", &["HTTP.REQ.URL", "CLIENT.IP.SRC", "HTTP.REQ.LB_VSERVER.NAME"]),
    ("Top_URL_CLIENTS_CSVSERVER", &["HTTP.REQ.URL", "CLIENT.IP.SRC", "HTTP.REQ.CS_VSERVER.NAME"]),
];

/// The expressions of a selector that is there without being added.
pub(super) fn selector(name: &str) -> Option<&'static [&'static str]> {
    SELECTORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, rules)| *rules)
}

/// Whether a pattern set, data set or string map of this name is the appliance's own. Its names begin with `ns_`;
/// the one set of the caching templates does not.
pub(crate) fn is_table(name: &str) -> bool {
    let begins = |prefix: &str| name.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    begins("ns_") || name.eq_ignore_ascii_case("ctx_file_extensions")
}
