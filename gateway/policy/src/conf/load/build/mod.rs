//! Records become objects.

mod audit;
mod variable;

use std::collections::BTreeMap;

use crate::conf::command::Kind;
use crate::conf::diagnostic::Diagnostic;
use crate::conf::object::Configuration;
use crate::conf::object::callout::{Callout, CalloutRequest, CalloutServer, ReturnType};
use crate::conf::object::data::{
    DataKind, Kept, LimitIdentifier, LimitMode, NamedExpression, NamedTable, TableKind,
};
use crate::conf::object::policy::{Action, Feature, Policy, UndefAction};
use crate::conf::object::responder::{ResponderAction, ResponderKind};
use crate::conf::object::traffic::TrafficAction;
use crate::conf::object::vserver::{Vserver, VserverKind};
use crate::conf::own;
use crate::conf::place::Written;
use crate::environment::Table;

use super::fields::Fields;
use super::store::Store;
use audit::{message_action, syslog};
pub(super) use variable::is_identifier;
use variable::{assignment, variable};

/// Every object of the store; one that can't be is told and left out.
pub(super) fn objects(store: &Store, to: &mut Configuration, diagnostics: &mut Vec<Diagnostic>) {
    to.features.clone_from(&store.features);
    for record in store.objects() {
        let mut fields = Fields { record, diagnostics };
        object(&mut fields, store, to);
        kept(&fields, to);
    }
    let mut highest = BTreeMap::new();
    for record in store.bindings().filter(|record| record.shape.kind == Kind::BindTable) {
        entry(&mut Fields { record, diagnostics }, to, &mut highest);
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

/// `bind policy patset|dataset|stringmap`. `highest` is the highest index of each table so far.
fn entry(fields: &mut Fields<'_>, to: &mut Configuration, highest: &mut BTreeMap<String, u32>) {
    let name = fields.name();
    let pattern = fields.text("String").or_else(|| fields.text("value")).unwrap_or_default();
    let key = fields.text("key");
    let index = fields.number("index", 0..=u32::MAX);
    let end = fields.text("endRange");
    let (path, at) = (fields.record.shape.path, fields.at());
    let Some(table) = to.tables.get_mut(&name) else {
        // What is bound to a table of the appliance's own joins what nobody outside knows.
        if own::is_table(&name) {
            return;
        }
        fields.tell("unknown-table", at, format!("no {path} `{name}` is added"), "add it, or mend the name");
        return;
    };
    // Without -index it is one more than the highest so far ("Configure a pattern set").
    let highest = highest.entry(name.to_ascii_lowercase()).or_default();
    let index = index.unwrap_or_else(|| highest.saturating_add(1));
    *highest = index.max(*highest);
    let index = index.to_string();
    match (key, end) {
        (Some(key), _) => table.table.bind(key, pattern),
        (None, None) => table.table.bind(pattern, index),
        (None, Some(end)) if table.table.bind_range(&pattern, &end, index) => {}
        (None, Some(end)) => {
            let text = format!("`{pattern}` to `{end}` is no range");
            fields.tell("bad-value", at, text, "two addresses of one kind, or two numbers, the lower first");
        }
    }
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
        None if own::selector(token.text()).is_some() => {
            let at = token.written.whole();
            let written = |rule: &&str| Written::new((*rule).to_owned(), at.file, at.span.start, Vec::new());
            own::selector(token.text()).unwrap_or_default().iter().map(written).collect()
        }
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
