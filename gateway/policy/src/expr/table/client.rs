//! `CLIENT`, `SERVER`, `SYS` and `AAA`: the connection, the appliance, and who is logged in.

use std::borrow::Cow;

use super::{Arg, Function, Gives, Object, ROOT, pairs, prefix, row, unevaluated};
use crate::{
    environment::Stop,
    expr::call::{Call, Fault},
    facts::Session,
    switches::AaaUserAbsent,
    value::{Shape, Text, Type, Value},
};

const CLIENT: &[Type] = &[Type::Namespace("CLIENT")];
const CLIENT_IP: &[Type] = &[Type::Namespace("CLIENT.IP")];
const CLIENT_TCP: &[Type] = &[Type::Namespace("CLIENT.TCP")];
const CLIENT_SSL: &[Type] = &[Type::Namespace("CLIENT.SSL")];
const VSERVER: &[Type] = &[Type::Namespace("VSERVER")];
const SYS: &[Type] = &[Type::Namespace("SYS")];
const AAA: &[Type] = &[Type::Namespace("AAA")];
const USER: &[Type] = &[Type::Namespace("AAA.USER")];
const LOGIN: &[Type] = &[Type::Namespace("AAA.LOGIN")];
const A_TEXT: &[Arg] = &[Arg::Is(Type::Text)];

pub(super) const ROWS: &[Function] = &[
    prefix(ROOT, "CLIENT", "CLIENT"),
    prefix(CLIENT, "IP", "CLIENT.IP"),
    prefix(CLIENT, "IPV6", "CLIENT.IP"),
    prefix(CLIENT, "TCP", "CLIENT.TCP"),
    prefix(CLIENT, "SSL", "CLIENT.SSL"),
    prefix(CLIENT_TCP, "CS_VSERVER", "VSERVER"),
    prefix(CLIENT_TCP, "LB_VSERVER", "VSERVER"),
    row(CLIENT_IP, "SRC", &[], Type::Ip, |call| {
        call.env.facts().client.source.map(Value::Ip).ok_or("the client's address is not known".into())
    }),
    row(CLIENT_IP, "DST", &[], Type::Ip, |call| {
        call.env
            .facts()
            .client
            .destination
            .map(Value::Ip)
            .ok_or("the address the client connected to is not known".into())
    }),
    row(CLIENT_TCP, "SRCPORT", &[], Type::Num, |call| {
        Ok(Value::Num(call.env.facts().client.source_port.into()))
    }),
    row(CLIENT_TCP, "DSTPORT", &[], Type::Num, |call| {
        Ok(Value::Num(call.env.facts().client.destination_port.into()))
    }),
    row(CLIENT_SSL, "IS_SSL", &[], Type::Bool, |call| Ok(Value::Bool(call.env.facts().client.tls))),
    row(VSERVER, "NAME", &[], Type::Text, |call| match call.env.facts().vserver.as_str() {
        "" => Err("no virtual server handles the request".into()),
        name => Ok(Value::text(name)),
    })
    .note("of the virtual server that handles the request, whichever kind is asked for"),
    prefix(ROOT, "SYS", "SYS"),
    row(SYS, "TIME", &[], Type::Time, |call| Ok(Value::Time(call.env.facts().now)))
        .note("of the given clock"),
    row(SYS, "NSIP", &[], Type::Ip, |call| {
        call.env.facts().nsip.map(Value::Ip).ok_or("the appliance's own address is not given".into())
    }),
    row(SYS, "RANDOM", &[], Type::Double, |call| Ok(Value::Double(call.env.facts().random)))
        .note("0 to 1, from the given source"),
    row(SYS, "CHECK_LIMIT", &[Arg::Object(Object::Limit)], Type::Bool, |call| {
        let name = call.word(0)?;
        Ok(Value::Bool(call.env.check_limit(&name)?))
    })
    .note("counts the request; TRUE over the limit"),
    row(SYS, "HTTP_CALLOUT", &[Arg::Object(Object::Callout)], Type::Text, callout)
        .gives(Gives::Callout)
        .note("once for every time it is reached"),
    row(SYS, "NON_BLOCKING_HTTP_CALLOUT", &[Arg::Object(Object::Callout)], Type::Text, sent_only).note(
        "empty, whatever is answered: nothing waits for it on an appliance, and here only the sending does",
    ),
    prefix(ROOT, "AAA", "AAA"),
    prefix(AAA, "USER", "AAA.USER"),
    prefix(AAA, "LOGIN", "AAA.LOGIN"),
    row(USER, "NAME", &[], Type::Text, |call| Ok(Value::text(session(call)?.user.as_str()))),
    row(USER, "LOGIN_NAME", &[], Type::Text, |call| Ok(Value::text(session(call)?.user.as_str())))
        .note("the same as NAME here"),
    row(USER, "SESSIONID", &[], Type::Text, |call| Ok(Value::text(session(call)?.id.as_str()))),
    row(USER, "LOGIN_ATTEMPTS", &[], Type::Num, |call| Ok(Value::Num(session(call)?.attempts.into())))
        .practice(),
    row(USER, "GROUPS", &[], Type::List, groups),
    row(USER, "INTERNAL_GROUPS", &[], Type::List, groups).note("the same as GROUPS here"),
    row(USER, "EXTERNAL_GROUPS", &[], Type::List, groups).note("the same as GROUPS here"),
    row(USER, "IS_MEMBER_OF", A_TEXT, Type::Bool, |call| {
        let wanted = call.bytes(0)?;
        Ok(Value::Bool(session(call)?.groups.iter().any(|group| group.as_bytes() == wanted)))
    }),
    row(USER, "ATTRIBUTE", A_TEXT, Type::Text, |call| {
        let wanted = call.word(0)?;
        attribute(call, |_, name| name.eq_ignore_ascii_case(&wanted))
    })
    .note("absent: empty"),
    row(USER, "ATTRIBUTE", &[Arg::Number], Type::Text, |call| {
        let wanted = call.count(0)?;
        attribute(call, |position, _| position == wanted)
    })
    .note("by position from 1"),
    row(LOGIN, "USERNAME", &[], Type::Text, |call| field(call, b"login"))
        .note("the field `login` of the form")
        .inferred(),
    row(LOGIN, "PASSWORD", &[], Type::Text, |call| field(call, b"passwd"))
        .note("the field `passwd`")
        .inferred(),
    row(LOGIN, "PASSWORD2", &[], Type::Text, |call| field(call, b"passwd1"))
        .note("the field `passwd1`")
        .inferred(),
    row(LOGIN, "DOMAIN", &[], Type::Text, |call| field(call, b"domain"))
        .note("the field `domain`")
        .inferred(),
    row(LOGIN, "VALUE", A_TEXT, Type::Text, |call| field(call, call.bytes(0)?)).inferred(),
    unevaluated(USER, "PASSWD", &[], Type::Text).note("no password is kept here"),
    unevaluated(USER, "DOMAIN", &[], Type::Text),
    unevaluated(USER, "AUTH_STRENGTH", &[], Type::Num),
    unevaluated(USER, "EMAIL", &[], Type::Text),
    unevaluated(LOGIN, "RELAYSTATE", &[], Type::Text),
    unevaluated(CLIENT_IP, "PROTOCOL", &[], Type::Num),
    unevaluated(CLIENT_TCP, "PAYLOAD", &[Arg::Number], Type::Text),
    unevaluated(CLIENT_TCP, "MSS", &[], Type::Num),
    unevaluated(CLIENT_SSL, "VERSION", &[], Type::Num),
    unevaluated(CLIENT_SSL, "CIPHER_NAME", &[], Type::Text),
    unevaluated(CLIENT_SSL, "CIPHER_BITS", &[], Type::Num),
    unevaluated(CLIENT_SSL, "CLIENT_CERT", &[], Type::Unmodelled)
        .note("no certificate of a client is known here"),
    unevaluated(SYS, "VSERVER", A_TEXT, Type::Unmodelled).note("load counters"),
    unevaluated(VSERVER, "STATE", &[], Type::Unmodelled),
    unevaluated(VSERVER, "THROUGHPUT", &[], Type::Num),
    unevaluated(VSERVER, "CONNECTIONS", &[], Type::Num),
    unevaluated(VSERVER, "ACTIVESERVICES", &[], Type::Num),
    unevaluated(SYS, "EVAL_CLASSIC_EXPR", A_TEXT, Type::Bool).note("classic expressions, removed in 13.1"),
];

/// The session, or an empty one where the switch says so.
fn session<'c>(call: &'c Call<'_>) -> Result<Cow<'c, Session>, Fault> {
    match call.session() {
        Ok(session) => Ok(Cow::Borrowed(session)),
        Err(_) if call.switches.aaa_user_absent == AaaUserAbsent::Empty => Ok(Cow::Owned(Session::default())),
        Err(fault) => Err(fault),
    }
}

fn groups(call: &mut Call<'_>) -> Result<Value, Fault> {
    let bytes = session(call)?.groups.join(",").into_bytes();
    let shape = Shape::List { separator: b',', ignore_empty: false };
    Ok(Value::Text(Text { bytes, shape, ..Text::default() }))
}

fn attribute(call: &Call<'_>, wanted: impl Fn(usize, &str) -> bool) -> Result<Value, Fault> {
    let session = session(call)?;
    let mut numbered = (1..).zip(&session.attributes);
    let found = numbered.find(|(position, (name, _))| wanted(*position, name));
    Ok(Value::text(found.map(|(_, (_, value))| value.as_str()).unwrap_or_default()))
}

/// A field of the log-in form, as it was sent.
fn field(call: &Call<'_>, name: &[u8]) -> Result<Value, Fault> {
    let form = pairs::query(&call.request()?.body);
    Ok(Value::text(pairs::find(&form, name).unwrap_or_default()))
}

/// What becomes of it is not looked at; only that it has to be sent is.
fn sent_only(call: &mut Call<'_>) -> Result<Value, Fault> {
    match callout(call) {
        Err(Fault::Stop(pending @ Stop::Pending { .. })) => Err(Fault::Stop(pending)),
        _ => Ok(Value::text("")),
    }
}

fn callout(call: &mut Call<'_>) -> Result<Value, Fault> {
    let name = call.word(0)?;
    call.env.callout(&name).map_err(|stop: Stop| Fault::Stop(stop))
}
