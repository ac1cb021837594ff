//! Records become objects.

use crate::conf::command::{Kind, brief};
use crate::conf::diagnostic::Diagnostic;
use crate::conf::object::Configuration;
use crate::conf::object::audit::{Level, MessageAction, SyslogParams};
use crate::conf::object::callout::{Callout, CalloutRequest, CalloutServer, ReturnType};
use crate::conf::object::data::{
    DataKind, Kept, LimitIdentifier, LimitMode, NamedExpression, NamedTable, TableKind,
};
use crate::conf::object::policy::{Action, Feature, Policy, UndefAction};
use crate::conf::object::responder::{ResponderAction, ResponderKind};
use crate::conf::object::traffic::TrafficAction;
use crate::conf::object::variable::{Assignment, MapValue, Operation, Scope, Variable, VariableKind};
use crate::conf::object::vserver::{Vserver, VserverKind};
use crate::conf::place::Written;
use crate::environment::Table;
use crate::limits::{MAP_ENTRIES, VARIABLE_BYTES};

use super::fields::Fields;
use super::store::Store;

/// Every object of the store; one that can't be is told and left out.
pub(super) fn objects(store: &Store, to: &mut Configuration, diagnostics: &mut Vec<Diagnostic>) {
    to.features.clone_from(&store.features);
    for record in store.objects() {
        let mut fields = Fields { record, diagnostics };
        object(&mut fields, store, to);
        kept(&fields, to);
    }
    for record in store.bindings().filter(|record| record.shape.kind == Kind::BindTable) {
        entry(&mut Fields { record, diagnostics }, to);
    }
}

fn object(fields: &mut Fields<'_>, store: &Store, to: &mut Configuration) {
    let name = fields.name();
    match fields.record.shape.kind {
        Kind::Variable => keep(variable(fields), |made| to.variables.insert(&name, made)),
        Kind::Assignment => keep(assignment(fields), |made| drop(to.assignments.insert(name, made))),
        Kind::NamedExpression => keep(named(fields), |made| to.expressions.insert(&name, made)),
        Kind::PatternSet => to.tables.insert(&name, table(fields, TableKind::PatternSet)),
        Kind::StringMap => to.tables.insert(&name, table(fields, TableKind::StringMap)),
        Kind::DataSet => {
            let kind = data_kind(fields).unwrap_or(DataKind::Ipv4);
            to.tables.insert(&name, table(fields, TableKind::DataSet(kind)));
        }
        Kind::Callout => {
            let made = callout(fields);
            to.callouts.insert(&name, made);
        }
        Kind::ResponderAction => {
            keep(responder_action(fields), |made| drop(to.responder_actions.insert(name, made)));
        }
        Kind::ResponderParam => to.responder_undef_action = undef(fields).unwrap_or_default(),
        Kind::PolicyParam => to.policy_timeout_ms = fields.number("timeout", 1..=5_000),
        Kind::Policy(feature) => {
            keep(policy(fields, feature), |made| drop(to.policies.insert((feature, name), made)));
        }
        Kind::Label(feature) => drop(to.labels.insert((feature, name), fields.at())),
        Kind::TrafficAction => {
            let made = traffic_action(fields);
            to.traffic_actions.insert(name, made);
        }
        Kind::MessageAction => {
            keep(message_action(fields), |made| drop(to.message_actions.insert(name, made)));
        }
        Kind::SyslogParams => to.syslog = syslog(fields),
        Kind::SyslogAction => drop(to.syslog_actions.insert(name, syslog(fields))),
        Kind::LimitIdentifier => to.limit_identifiers.insert(&name, limit(fields, store)),
        Kind::Vserver(kind) => drop(to.vservers.insert((kind, name), vserver(fields, kind))),
        // Resolved where they are used; bindings have their own pass.
        _ => {}
    }
}

fn keep<T>(made: Option<T>, insert: impl FnOnce(T)) {
    if let Some(made) = made {
        insert(made);
    }
}

fn variable(fields: &mut Fields<'_>) -> Option<Variable> {
    let token = fields.required("type")?;
    let Some(kind) = variable_kind(token.text()) else {
        let text = format!("`{}` is no type of a variable", brief(token.text()));
        let help = "ulong, text(max), map(text(max),ulong,entries) or map(text(max),text(max),entries); a map's \
                    sizes together at most 64000";
        fields.tell("bad-type", token.written.whole(), text, help);
        return None;
    };
    const UNDEF: (&str, bool) = ("undef", true);
    Some(Variable {
        name: fields.name(),
        kind,
        scope: fields
            .choice("scope", &[("global", Scope::Global), ("transaction", Scope::Transaction)])
            .unwrap_or_default(),
        undef_if_full: fields.choice("ifFull", &[UNDEF, ("lru", false)]).unwrap_or(false),
        undef_if_too_big: fields.choice("ifValueTooBig", &[UNDEF, ("truncate", false)]).unwrap_or(false),
        undef_if_no_value: fields.choice("ifNoValue", &[UNDEF, ("init", false)]).unwrap_or(false),
        init: fields.text("init"),
        expires: fields.number("expires", 0..=31_622_400).unwrap_or(0),
        at: fields.at(),
    })
}

fn variable_kind(text: &str) -> Option<VariableKind> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let text = text.to_ascii_lowercase();
    let size = |text: &str| {
        let inner = text.strip_prefix("text(")?.strip_suffix(')')?;
        inner.parse().ok().filter(|size| (1..=VARIABLE_BYTES).contains(size))
    };
    if text == "ulong" {
        return Some(VariableKind::Ulong);
    }
    let Some(inner) = text.strip_prefix("map(").and_then(|text| text.strip_suffix(')')) else {
        return size(&text).map(VariableKind::Text);
    };
    let [key, value, entries] = inner.split(',').collect::<Vec<_>>().try_into().ok()?;
    let key = size(key)?;
    let value = if value == "ulong" { MapValue::Ulong } else { MapValue::Text(size(value)?) };
    let entries = entries.parse().ok().filter(|entries| (1..=MAP_ENTRIES).contains(entries))?;
    let together = key + if let MapValue::Text(size) = value { size } else { 0 };
    (together <= VARIABLE_BYTES).then_some(VariableKind::Map { key, value, entries })
}

fn assignment(fields: &mut Fields<'_>) -> Option<Assignment> {
    let token = fields.required("variable")?;
    let Some((variable, key)) = left_side(&token.written) else {
        let text = format!("`{}` is not $name or $name[key]", brief(token.text()));
        fields.tell("bad-assignment", token.written.whole(), text, "");
        return None;
    };
    let value = |field: &str| fields.written(field);
    let clear = fields.record.has("clear").then_some(Operation::Clear);
    let operations = [
        value("set").map(Operation::Set),
        value("add").map(Operation::Add),
        value("sub").map(Operation::Sub),
        value("append").map(Operation::Append),
        clear,
    ];
    let mut operations = operations.into_iter().flatten();
    match (operations.next(), operations.next()) {
        (Some(operation), None) => {
            Some(Assignment { name: fields.name(), variable, key, operation, at: fields.at() })
        }
        _ => {
            let text = format!("assignment `{}` must do exactly one thing", fields.name());
            fields.tell("bad-assignment", fields.at(), text, "one of -set, -add, -sub, -append, -clear");
            None
        }
    }
}

/// The name and the key of `$name[key]`.
fn left_side(written: &Written) -> Option<(String, Option<Written>)> {
    let text = written.text.trim_end();
    let start = text.find('$')? + 1;
    let (name, key) = match text.find('[') {
        None => (text.get(start..)?, None),
        Some(open) if text.ends_with(']') => {
            (text.get(start..open)?, Some(written.part(open + 1..text.len() - 1)?))
        }
        Some(_) => return None,
    };
    let before = text.get(..start - 1)?.trim();
    (before.is_empty() && is_identifier(name.trim())).then(|| (name.trim().to_owned(), key))
}

/// A letter or `_`, then letters, digits and `_`.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn named(fields: &mut Fields<'_>) -> Option<NamedExpression> {
    let value = fields.required("value")?.written.clone();
    Some(NamedExpression { name: fields.name(), value, at: fields.at() })
}

fn table(fields: &Fields<'_>, kind: TableKind) -> NamedTable {
    NamedTable { name: fields.name(), kind, table: Table::default(), at: fields.at() }
}

fn data_kind(fields: &mut Fields<'_>) -> Option<DataKind> {
    fields.required("type")?;
    let kinds = [
        ("ipv4", DataKind::Ipv4),
        ("ipv6", DataKind::Ipv6),
        ("number", DataKind::Number),
        ("ulong", DataKind::Ulong),
        ("double", DataKind::Double),
        ("mac", DataKind::Mac),
    ];
    fields.choice("type", &kinds)
}

/// `bind policy patset|dataset|stringmap`.
fn entry(fields: &mut Fields<'_>, to: &mut Configuration) {
    let name = fields.name();
    let pattern = fields.text("String").or_else(|| fields.text("value")).unwrap_or_default();
    let key = fields.text("key");
    let index = fields.number("index", 0..=u32::MAX);
    let end = fields.text("endRange");
    let (path, at) = (fields.record.shape.path, fields.at());
    let Some(table) = to.tables.get_mut(&name) else {
        fields.tell("unknown-table", at, format!("no {path} `{name}` is added"), "add it, or mend the name");
        return;
    };
    let count = table.table.entries.len();
    let entry = match key {
        Some(key) => (key, pattern),
        // Without -index the position counts, from 1.
        None => {
            let index = index.map_or(count + 1, |index| index as usize);
            let pattern = end.map_or(pattern.clone(), |end| format!("{pattern}-{end}"));
            (pattern, index.to_string())
        }
    };
    table.table.entries.push((entry.0.into_bytes(), entry.1.into_bytes()));
}

fn callout(fields: &mut Fields<'_>) -> Callout {
    let port = fields.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let address = fields.text("IPAddress").zip(port);
    let address = address.map(|(address, port)| CalloutServer::Address { address, port });
    let returns = [("BOOL", ReturnType::Bool), ("NUM", ReturnType::Num), ("TEXT", ReturnType::Text)];
    let parts = ["httpMethod", "hostExpr", "urlStemExpr", "headers", "parameters", "bodyExpr"];
    if let (Some(full), Some(part)) =
        (fields.one("fullReqExpr"), parts.iter().find(|part| fields.record.has(part)))
    {
        let text = format!("a call-out has -fullReqExpr or -{part}, not both");
        fields.tell("bad-callout", full.written.whole(), text, "the full expression is used");
    }
    let request = match fields.written("fullReqExpr") {
        Some(full) => CalloutRequest::Full(full),
        None => CalloutRequest::Parts {
            post: fields.choice("httpMethod", &[("GET", false), ("POST", true)]).unwrap_or(false),
            host: fields.written("hostExpr"),
            stem: fields.written("urlStemExpr"),
            headers: fields.headers("headers"),
            parameters: fields.headers("parameters"),
            body: fields.written("bodyExpr"),
        },
    };
    Callout {
        name: fields.name(),
        server: fields.text("vServer").map(CalloutServer::Vserver).or(address),
        returns: fields.choice("returnType", &returns),
        tls: fields.choice("scheme", &[("http", false), ("https", true)]).unwrap_or(false),
        request,
        result: fields.written("resultExpr"),
        cache_seconds: fields.number("cacheForSecs", 1..=31_536_000),
        at: fields.at(),
    }
}

#[derive(Clone, Copy)]
enum Responds {
    With,
    Page,
    Redirect,
    Noop,
    Sql,
}

fn responder_action(fields: &mut Fields<'_>) -> Option<ResponderAction> {
    fields.required("type")?;
    let types = [
        ("respondwith", Responds::With),
        ("respondwithhtmlpage", Responds::Page),
        ("redirect", Responds::Redirect),
        ("noop", Responds::Noop),
        ("sqlresponse_ok", Responds::Sql),
        ("sqlresponse_error", Responds::Sql),
    ];
    let kind = match fields.choice("type", &types)? {
        Responds::Noop => ResponderKind::Noop,
        Responds::Page if fields.record.has("htmlpage") => ResponderKind::Page(fields.text("htmlpage")?),
        Responds::Page => ResponderKind::Page(fields.required("target")?.text().to_owned()),
        Responds::With => ResponderKind::RespondWith(fields.required("target")?.written.clone()),
        Responds::Redirect => ResponderKind::Redirect(fields.required("target")?.written.clone()),
        Responds::Sql => ResponderKind::Sql(fields.required("target")?.written.clone()),
    };
    let status = fields.number("responseStatusCode", 100..=599);
    Some(ResponderAction {
        name: fields.name(),
        kind,
        status: status.and_then(|status| u16::try_from(status).ok()),
        reason: fields.written("reasonPhrase"),
        headers: fields.headers("headers"),
        bypass_safety_check: fields.switch("bypassSafetyCheck").unwrap_or(false),
        at: fields.at(),
    })
}

fn undef(fields: &mut Fields<'_>) -> Option<UndefAction> {
    let actions = [
        ("NOOP", UndefAction::Noop),
        ("RESET", UndefAction::Reset),
        ("DROP", UndefAction::Drop),
        ("NOREWRITE", UndefAction::Noop),
    ];
    fields.choice("undefAction", &actions)
}

/// The policy with its action by name only; [`super::resolve`] finds out what that is.
fn policy(fields: &mut Fields<'_>, feature: Feature) -> Option<Policy> {
    // Content switching by URL or domain has no rule.
    let rule = match feature {
        Feature::ContentSwitching => fields.written("rule"),
        _ => Some(fields.required("rule")?.written.clone()),
    };
    let named = ["action", "profileName", "resAction", "reqAction"];
    let action = named.into_iter().find_map(|field| fields.text(field));
    let checked = matches!(feature, Feature::Responder | Feature::Rewrite);
    Some(Policy {
        name: fields.name(),
        feature,
        rule,
        action: Action::Missing(action.unwrap_or_default()),
        undef_action: if checked { undef(fields) } else { None },
        log_action: fields.text("logAction"),
        at: fields.at(),
    })
}

fn traffic_action(fields: &mut Fields<'_>) -> TrafficAction {
    const MINUTES_MAX: u32 = 715_827;
    let starts = fields.choice("forcedTimeout", &[("START", true), ("STOP", false), ("RESET", false)]);
    TrafficAction {
        name: fields.name(),
        app_timeout_minutes: fields.number("appTimeout", 1..=MINUTES_MAX),
        initiate_logout: fields.switch("InitiateLogout").unwrap_or(false),
        single_sign_on: fields.switch("SSO"),
        persistent_cookie: fields.switch("persistentCookie"),
        forced_timeout_minutes: fields
            .number("forcedTimeoutVal", 1..=MINUTES_MAX)
            .filter(|_| starts == Some(true)),
        at: fields.at(),
    }
}

const LEVELS: [(&str, Level); 8] = [
    ("EMERGENCY", Level::Emergency),
    ("ALERT", Level::Alert),
    ("CRITICAL", Level::Critical),
    ("ERROR", Level::Error),
    ("WARNING", Level::Warning),
    ("NOTICE", Level::Notice),
    ("INFORMATIONAL", Level::Informational),
    ("DEBUG", Level::Debug),
];

fn message_action(fields: &mut Fields<'_>) -> Option<MessageAction> {
    fields.required("logLevel")?;
    Some(MessageAction {
        name: fields.name(),
        level: fields.choice("logLevel", &LEVELS)?,
        text: fields.required("stringBuilderExpr")?.written.clone(),
        newnslog: fields.switch("logtoNewnslog").unwrap_or(false),
        bypass_safety_check: fields.switch("bypassSafetyCheck").unwrap_or(false),
        at: fields.at(),
    })
}

fn syslog(fields: &mut Fields<'_>) -> SyslogParams {
    let mut made = SyslogParams::default();
    made.user_defined = fields.switch("userDefinedAuditlog").unwrap_or(made.user_defined);
    let facilities: Vec<_> = (0..8_u8).map(|number| (format!("LOCAL{number}"), number)).collect();
    let facilities: Vec<_> = facilities.iter().map(|(word, number)| (word.as_str(), *number)).collect();
    made.facility = fields.choice("logFacility", &facilities).unwrap_or(made.facility);
    let levels = fields.record.values("logLevel");
    if !levels.is_empty() {
        made.levels.clear();
    }
    for level in levels {
        match level.text().to_ascii_uppercase().as_str() {
            "ALL" => made.levels.extend(Level::ALL),
            "NONE" => made.levels.clear(),
            _ => made.levels.extend(fields.chosen(level, "logLevel", &LEVELS)),
        }
    }
    made
}

fn limit(fields: &mut Fields<'_>, store: &Store) -> LimitIdentifier {
    let modes = [
        ("REQUEST_RATE", LimitMode::RequestRate),
        ("CONNECTION", LimitMode::Connection),
        ("NONE", LimitMode::None),
    ];
    LimitIdentifier {
        name: fields.name(),
        threshold: fields.number("threshold", 1..=u32::MAX).unwrap_or(1),
        slice_ms: fields.number("timeSlice", 10..=u32::MAX).unwrap_or(1_000),
        mode: fields.choice("mode", &modes).unwrap_or_default(),
        smooth: fields.choice("limitType", &[("SMOOTH", true), ("BURSTY", false)]).unwrap_or(false),
        selector: selector(fields, store),
        at: fields.at(),
    }
}

fn selector(fields: &mut Fields<'_>, store: &Store) -> Vec<Written> {
    let Some(token) = fields.one("selectorName") else { return Vec::new() };
    let found = ["ns limitSelector", "stream selector"].into_iter();
    match found.filter_map(|path| store.get(path, token.text())).next() {
        Some(selector) => selector.values("rule").iter().map(|rule| rule.written.clone()).collect(),
        None => {
            let text = format!("no selector `{}` is added, so all requests share one count", token.text());
            fields.tell(
                "unknown-selector",
                token.written.whole(),
                text,
                "add ns limitSelector … or stream selector …",
            );
            Vec::new()
        }
    }
}

fn vserver(fields: &mut Fields<'_>, kind: VserverKind) -> Vserver {
    let on = ["Authentication", "authn401"]
        .into_iter()
        .any(|field| fields.record.value(field).is_some_and(|value| value.eq_ignore_ascii_case("ON")));
    Vserver {
        kind,
        name: fields.name(),
        protocol: fields.text("serviceType").unwrap_or_default().to_ascii_uppercase(),
        authentication: on || fields.record.has("authnProfile"),
        default_vserver: None,
        at: fields.at(),
    }
}

/// Expressions of objects that are not acted on, or not in this field.
fn kept(fields: &Fields<'_>, to: &mut Configuration) {
    let names: &[&'static str] = match fields.record.shape.path {
        "rewrite action" => {
            // The target of these is a header's name.
            let header = fields.record.value("type").is_some_and(|kind| kind.ends_with("http_header"));
            if header { &["stringBuilderExpr"] } else { &["target", "stringBuilderExpr"] }
        }
        "authentication webAuthAction" => &["fullReqExpr", "successRule"],
        "authentication loginSchema" | "vpn trafficAction" | "tm trafficAction" => {
            &["userExpression", "passwdExpression"]
        }
        "cache selector" => &["rule"],
        "tm formSSOAction" | "vpn formSSOAction" => &["ssoSuccessRule"],
        "lb vserver" | "cs vserver" | "vpn vserver" | "authentication vserver" => {
            &["rule", "resRule", "Listenpolicy"]
        }
        _ => &[],
    };
    let mut expressions = Vec::new();
    for name in names {
        let values = fields.record.values(name).iter().map(|token| token.written.clone());
        let meant = values.filter(|value| !value.text.eq_ignore_ascii_case("none"));
        expressions.extend(meant.map(|value| (*name, value)));
    }
    if !expressions.is_empty() {
        let command = fields.record.shape.path;
        to.kept.push(Kept { command, name: fields.name(), expressions, at: fields.at() });
    }
}
