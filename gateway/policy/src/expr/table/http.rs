//! `HTTP`: the request and the response.

use memchr::{memchr, memmem, memrchr};

use super::{Arg, Function, ROOT, number, pairs, prefix, row, unevaluated};
use crate::{
    expr::call::{Call, Fault},
    facts::Message,
    switches::HeaderText,
    value::{Shape, Text, Type, Value},
};

const HTTP: &[Type] = &[Type::Namespace("HTTP")];
const REQ: &[Type] = &[Type::Namespace("HTTP.REQ")];
const RES: &[Type] = &[Type::Namespace("HTTP.RES")];
const BOTH: &[Type] = &[Type::Namespace("HTTP.REQ"), Type::Namespace("HTTP.RES")];
const CACHE: &[Type] =
    &[Type::Namespace("HTTP.REQ.CACHE_CONTROL"), Type::Namespace("HTTP.RES.CACHE_CONTROL")];
const URL: &[Type] = &[Type::Url];
const HOSTNAME: &[Type] = &[Type::Hostname];

pub(super) const ROWS: &[Function] = &[
    prefix(ROOT, "HTTP", "HTTP"),
    prefix(ROOT, "Q", "HTTP.REQ").note("the spelling before 13.1"),
    prefix(ROOT, "S", "HTTP.RES").note("the spelling before 13.1"),
    prefix(HTTP, "REQ", "HTTP.REQ"),
    prefix(HTTP, "RES", "HTTP.RES"),
    prefix(REQ, "USER", "AAA.USER").note("the older spelling of AAA.USER"),
    prefix(REQ, "LB_VSERVER", "VSERVER"),
    prefix(REQ, "CS_VSERVER", "VSERVER"),
    prefix(REQ, "CACHE_CONTROL", "HTTP.REQ.CACHE_CONTROL"),
    prefix(RES, "CACHE_CONTROL", "HTTP.RES.CACHE_CONTROL"),
    row(REQ, "METHOD", &[], Type::Method, |call| shaped(word(call.request()?, 0), Shape::Method)),
    row(REQ, "URL", &[], Type::Url, |call| shaped(word(call.request()?, 1), Shape::Url))
        .note("the target as it was sent"),
    row(REQ, "HOSTNAME", &[], Type::Hostname, |call| shaped(host(call.request()?), Shape::Hostname))
        .note("of an absolute target, else of the last Host header"),
    row(REQ, "COOKIE", &[], Type::Pairs, |call| {
        Ok(Value::Text(pairs::cookies(headers(call.request()?, b"Cookie"))))
    }),
    row(REQ, "IS_NTLM_OR_NEGOTIATE", &[], Type::Bool, |call| {
        let values = headers(call.request()?, b"Authorization");
        let scheme = |value: &Vec<u8>| {
            value.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_ascii_lowercase()
        };
        Ok(Value::Bool(values.iter().map(scheme).any(|scheme| scheme == b"ntlm" || scheme == b"negotiate")))
    })
    .practice(),
    row(BOTH, "HEADER", &[Arg::Is(Type::Text)], Type::Header, |call| header(call, call.bytes(0)?))
        .note("the name without case"),
    row(BOTH, "BODY", &[Arg::Number], Type::Text, |call| {
        let most = call.count(0)?;
        let body = &message(call)?.body;
        Ok(Value::text(body.get(..most.min(body.len())).unwrap_or_default()))
    })
    .note("at most so many bytes"),
    row(BOTH, "BODY", &[], Type::Text, |call| Ok(Value::text(message(call)?.body.clone())))
        .note("refused since 13.1"),
    row(BOTH, "FULL_HEADER", &[], Type::Text, full_header).note("start line and headers with the empty line"),
    row(BOTH, "IS_VALID", &[], Type::Bool, |call| Ok(Value::Bool(message(call).is_ok()))),
    row(BOTH, "CONTENT_LENGTH", &[], Type::Num, |call| {
        let values = headers(message(call)?, b"Content-Length");
        let digits = values.last().and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
        Ok(Value::Num(digits.unwrap_or_default()))
    })
    .inferred(),
    row(BOTH, "CONTENT_TYPE", &[], Type::Header, |call| header(call, b"Content-Type")),
    row(BOTH, "DATE", &[], Type::Header, |call| header(call, b"Date")).inferred(),
    row(RES, "STATUS", &[], Type::Num, |call| {
        let status = word(call.response()?, 1);
        let number = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
        number.map(Value::Num).ok_or("the response has no status".into())
    }),
    row(RES, "STATUS_MSG", &[], Type::Text, |call| {
        let line = &call.response()?.start_line;
        Ok(Value::text(line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default()))
    }),
    row(RES, "SET_COOKIE", &[], Type::Header, |call| header(call, b"Set-Cookie")),
    row(RES, "SET_COOKIE2", &[], Type::Header, |call| header(call, b"Set-Cookie2")).inferred(),
    row(URL, "PATH", &[], Type::List, |call| {
        shaped(parts(call)?.path, Shape::List { separator: b'/', ignore_empty: false })
    })
    .note("a list on `/`, whose first element is empty"),
    row(URL, "QUERY", &[], Type::Pairs, |call| Ok(Value::Text(pairs::query(parts(call)?.query)))),
    row(URL, "PATH_AND_QUERY", &[], Type::Text, |call| {
        Ok(Value::Text(call.text()?.derive(parts(call)?.path_and_query)))
    }),
    row(URL, "SUFFIX", &[], Type::Text, |call| {
        let path = parts(call)?.path;
        let last = path.get(memrchr(b'/', path).map_or(0, |at| at + 1)..).unwrap_or_default();
        Ok(Value::Text(
            call.text()?.derive(memrchr(b'.', last).and_then(|at| last.get(at + 1..)).unwrap_or_default()),
        ))
    })
    .note("after the last dot of the path"),
    row(URL, "HOSTNAME", &[], Type::Hostname, |call| shaped(parts(call)?.authority, Shape::Hostname))
        .note("of an absolute URL"),
    row(URL, "SERVER", &[], Type::Text, |call| Ok(Value::text(without_port(parts(call)?.authority))))
        .inferred(),
    row(URL, "PROTOCOL", &[], Type::Text, |call| Ok(Value::text(parts(call)?.scheme)))
        .note("of an absolute URL"),
    row(HOSTNAME, "SERVER", &[], Type::Hostname, |call| {
        shaped(without_port(&call.text()?.bytes), Shape::Hostname)
    })
    .note("without the port"),
    row(HOSTNAME, "DOMAIN", &[], Type::Hostname, |call| {
        let server = without_port(&call.text()?.bytes);
        let second = memrchr(b'.', server).and_then(|dot| memrchr(b'.', server.get(..dot)?));
        shaped(second.and_then(|dot| server.get(dot + 1..)).unwrap_or(server), Shape::Hostname)
    })
    .note("the last two labels")
    .inferred(),
    row(HOSTNAME, "PORT", &[], Type::Num, |call| {
        let host = &call.text()?.bytes;
        let digits = host.get(without_port(host).len() + 1..).unwrap_or_default();
        Ok(Value::Num(
            std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).unwrap_or_default(),
        ))
    })
    .inferred(),
    row(&[Type::Text], "TYPECAST_HTTP_URL_T", &[], Type::Url, |call| shaped(&call.text()?.bytes, Shape::Url)),
    row(&[Type::Text], "TYPECAST_HTTP_HOSTNAME_T", &[], Type::Hostname, |call| {
        shaped(&call.text()?.bytes, Shape::Hostname)
    }),
    row(CACHE, "EXISTS", &[], Type::Bool, |call| {
        Ok(Value::Bool(!headers(message(call)?, CACHE_CONTROL).is_empty()))
    })
    .inferred(),
    row(CACHE, "IS_PRIVATE", &[], Type::Bool, |call| directive(call, b"private")),
    row(CACHE, "IS_PUBLIC", &[], Type::Bool, |call| directive(call, b"public")),
    row(CACHE, "IS_NO_CACHE", &[], Type::Bool, |call| directive(call, b"no-cache")),
    row(CACHE, "IS_NO_STORE", &[], Type::Bool, |call| directive(call, b"no-store")),
    row(CACHE, "IS_NO_TRANSFORM", &[], Type::Bool, |call| directive(call, b"no-transform")),
    row(CACHE, "IS_MAX_AGE", &[], Type::Bool, |call| directive(call, b"max-age")),
    row(CACHE, "IS_S_MAXAGE", &[], Type::Bool, |call| directive(call, b"s-maxage")),
    row(CACHE, "IS_MIN_FRESH", &[], Type::Bool, |call| directive(call, b"min-fresh")),
    row(CACHE, "IS_MAX_STALE", &[], Type::Bool, |call| directive(call, b"max-stale")),
    row(CACHE, "IS_ONLY_IF_CACHED", &[], Type::Bool, |call| directive(call, b"only-if-cached")),
    row(CACHE, "IS_MUST_REVALIDATE", &[], Type::Bool, |call| directive(call, b"must-revalidate")),
    row(CACHE, "IS_PROXY_REVALIDATE", &[], Type::Bool, |call| directive(call, b"proxy-revalidate")),
    row(CACHE, "IS_INVALID", &[], Type::Bool, |call| {
        let known = |name: &Vec<u8>| DIRECTIVES.contains(&name.as_slice());
        Ok(Value::Bool(!directives(message(call)?).iter().all(known)))
    })
    .note("an unknown directive is there")
    .inferred(),
    row(CACHE, "MAX_AGE", &[], Type::Num, |call| seconds(call, b"max-age")).inferred(),
    row(CACHE, "S_MAXAGE", &[], Type::Num, |call| seconds(call, b"s-maxage")).inferred(),
    unevaluated(BOTH, "TXID", &[], Type::Text),
    unevaluated(BOTH, "TRACKING", &[], Type::Text),
    unevaluated(BOTH, "VERSION", &[], Type::Unmodelled),
    unevaluated(BOTH, "MULTIPART", &[], Type::Unmodelled),
    unevaluated(BOTH, "CACHE", &[], Type::Unmodelled),
    unevaluated(URL, "VERSION", &[], Type::Unmodelled),
    unevaluated(URL, "PROXY", &[], Type::Unmodelled),
    unevaluated(URL, "URL_CATEGORIZE", &[Arg::Number, Arg::Number], Type::Unmodelled),
];

const CACHE_CONTROL: &[u8] = b"Cache-Control";

/// RFC 9111 section 5.2, and RFC 5861.
const DIRECTIVES: &[&[u8]] = &[
    b"private",
    b"public",
    b"no-cache",
    b"no-store",
    b"no-transform",
    b"max-age",
    b"s-maxage",
    b"min-fresh",
    b"max-stale",
    b"only-if-cached",
    b"must-revalidate",
    b"proxy-revalidate",
    b"must-understand",
    b"immutable",
    b"stale-while-revalidate",
    b"stale-if-error",
];

fn shaped(bytes: &[u8], shape: Shape) -> Result<Value, Fault> {
    Ok(Value::Text(Text { bytes: bytes.to_vec(), shape, ..Text::default() }))
}

/// The message that a member of `HTTP.REQ` or `HTTP.RES` is asked about.
fn message<'c>(call: &'c Call<'_>) -> Result<&'c Message, Fault> {
    match call.on {
        Value::Namespace("HTTP.RES" | "HTTP.RES.CACHE_CONTROL") => call.response(),
        _ => call.request(),
    }
}

/// The n-th word of the start line.
fn word(message: &Message, position: usize) -> &[u8] {
    message.start_line.split(|byte| *byte == b' ').nth(position).unwrap_or_default()
}

/// The values of every header of a name, in the order they came.
fn headers(message: &Message, name: &[u8]) -> Vec<Vec<u8>> {
    let named = message.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim_ascii().to_vec()).collect()
}

fn header(call: &Call<'_>, name: &[u8]) -> Result<Value, Fault> {
    let instances = headers(message(call)?, name);
    let text = match call.switches.header_text {
        HeaderText::Last => instances.last().cloned(),
        HeaderText::First => instances.first().cloned(),
        HeaderText::Joined => Some(instances.join(&b", "[..])),
    };
    shaped(&text.unwrap_or_default(), Shape::Header(instances))
}

fn full_header(call: &mut Call<'_>) -> Result<Value, Fault> {
    let message = message(call)?;
    let mut text = message.start_line.clone();
    text.extend_from_slice(b"\r\n");
    for (name, value) in &message.headers {
        text.extend_from_slice(&[name, b": ".as_slice(), value, b"\r\n".as_slice()].concat());
    }
    text.extend_from_slice(b"\r\n");
    Ok(Value::text(text))
}

/// A request target in its parts (RFC 9112 section 3.2).
struct Parts<'t> {
    scheme: &'t [u8],
    authority: &'t [u8],
    path_and_query: &'t [u8],
    path: &'t [u8],
    query: &'t [u8],
}

fn split(target: &[u8]) -> Parts<'_> {
    let absolute =
        memmem::find(target, b"://").filter(|at| target.iter().take(*at).all(u8::is_ascii_alphanumeric));
    let (scheme, authority, path_and_query) = match absolute {
        Some(at) => {
            let (scheme, rest) = (target.get(..at), target.get(at + 3..).unwrap_or_default());
            let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
            let (authority, rest) = rest.split_at(end);
            (scheme.unwrap_or_default(), authority, rest)
        }
        None => (&[][..], &[][..], target),
    };
    let (path, query) = match memchr(b'?', path_and_query) {
        Some(at) => (path_and_query.get(..at), path_and_query.get(at + 1..)),
        None => (Some(path_and_query), None),
    };
    Parts {
        scheme,
        authority,
        path_and_query,
        path: path.unwrap_or_default(),
        query: query.unwrap_or_default(),
    }
}

fn parts<'c>(call: &Call<'c>) -> Result<Parts<'c>, Fault> {
    Ok(split(&call.text()?.bytes))
}

fn host(request: &Message) -> &[u8] {
    let of_target = split(word(request, 1)).authority;
    if !of_target.is_empty() {
        return of_target;
    }
    let named = request.headers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(b"Host"));
    named.map(|(_, value)| value.trim_ascii()).unwrap_or_default()
}

/// A host without its port; the colons of a bracketed IPv6 address stay.
fn without_port(host: &[u8]) -> &[u8] {
    let end = match memrchr(b']', host) {
        Some(bracket) => bracket + 1,
        None => memchr(b':', host).unwrap_or(host.len()),
    };
    host.get(..end).unwrap_or(host)
}

/// The names of the directives, in lower case.
fn directives(message: &Message) -> Vec<Vec<u8>> {
    let values = headers(message, CACHE_CONTROL).join(&b',');
    let parts = values.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|part| !part.is_empty());
    parts
        .map(|part| part.split(|byte| *byte == b'=').next().unwrap_or_default().to_ascii_lowercase())
        .collect()
}

fn directive(call: &Call<'_>, name: &[u8]) -> Result<Value, Fault> {
    Ok(Value::Bool(directives(message(call)?).iter().any(|found| found == name)))
}

fn seconds(call: &Call<'_>, name: &[u8]) -> Result<Value, Fault> {
    let values = headers(message(call)?, CACHE_CONTROL).join(&b',').to_ascii_lowercase();
    let parts = values.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let value = parts.filter_map(|part| part.strip_prefix(name)?.strip_prefix(b"=")).next();
    let seconds = value.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
    number(seconds.unwrap_or_default())
}
