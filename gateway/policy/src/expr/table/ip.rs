//! Addresses.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Arg, Function, IP, TEXT, row, unevaluated};
use crate::{
    expr::call::{Call, Fault},
    value::{Type, Value},
};

pub(super) const ROWS: &[Function] = &[
    row(IP, "EQ", &[Arg::Is(Type::Ip)], Type::Bool, |call| same(call).map(Value::Bool)),
    row(IP, "NE", &[Arg::Is(Type::Ip)], Type::Bool, |call| same(call).map(|same| Value::Bool(!same))),
    row(IP, "EQ", &[Arg::Is(Type::Subnet)], Type::Bool, in_subnet).note("as IN_SUBNET").inferred(),
    row(IP, "IN_SUBNET", &[Arg::Is(Type::Subnet)], Type::Bool, in_subnet)
        .note("the argument stands bare: 10.0.0.0/8"),
    row(IP, "IN_SUBNET", &[Arg::Is(Type::Ip)], Type::Bool, in_subnet).inferred(),
    row(IP, "SUBNET", &[Arg::Number], Type::Ip, subnet)
        .note("the address with all but the first bits cleared"),
    row(IP, "GET1", &[], Type::Num, |call| octet(call, 0)).note("the first byte of an IPv4 address"),
    row(IP, "GET2", &[], Type::Num, |call| octet(call, 1)),
    row(IP, "GET3", &[], Type::Num, |call| octet(call, 2)),
    row(IP, "GET4", &[], Type::Num, |call| octet(call, 3)),
    row(IP, "IS_IPV6", &[], Type::Bool, |call| Ok(Value::Bool(call.ip()?.is_ipv6()))).inferred(),
    row(TEXT, "TYPECAST_IP_ADDRESS_T", &[], Type::Ip, typecast).note("undefined for what is no IPv4 address"),
    row(TEXT, "TYPECAST_IPV6_ADDRESS_T", &[], Type::Ip, typecast).inferred(),
    row(IP, "LOCATION", &[], Type::Text, |call| location(call).map(Value::text))
        .note("of the client's address, as given"),
    row(IP, "MATCHES_LOCATION", &[Arg::Is(Type::Text)], Type::Bool, matches_location)
        .note("of the client's address, as given; `*` fits every qualifier"),
    unevaluated(IP, "LOCATION", &[Arg::Number], Type::Text),
    unevaluated(IP, "LOCATION_LATITUDE", &[], Type::Num),
    unevaluated(IP, "LOCATION_LONGITUDE", &[], Type::Num),
    unevaluated(IP, "LOCATION_DISTANCE", &[Arg::Is(Type::Ip)], Type::Num),
    unevaluated(IP, "DISTANCE", &[Arg::Is(Type::Ip)], Type::Num),
];

fn same(call: &Call<'_>) -> Result<bool, Fault> {
    Ok(crate::expr::operator::equal(call.on, call.value(0)?) == Some(true))
}

fn in_subnet(call: &mut Call<'_>) -> Result<Value, Fault> {
    let address = call.ip()?;
    Ok(Value::Bool(call.subnet(0)?.contains(&address)))
}

fn subnet(call: &mut Call<'_>) -> Result<Value, Fault> {
    let (address, bits) = (call.ip()?, call.number(0)?);
    let net = u8::try_from(bits).ok().and_then(|bits| IpNet::new(address, bits).ok());
    net.map(|net| Value::Ip(net.network())).ok_or_else(|| format!("{address} has no {bits} bits").into())
}

/// Location databases are not read: what is known is what the facts say of the client.
fn location<'c>(call: &'c Call<'_>) -> Result<&'c str, Fault> {
    let (address, client) = (call.ip()?, &call.env.facts().client);
    let known = client.location.as_deref().filter(|_| client.source == Some(address));
    known.ok_or_else(|| format!("the location of {address} is not given").into())
}

fn matches_location(call: &mut Call<'_>) -> Result<Value, Fault> {
    let (found, wanted) = (location(call)?, call.word(0)?);
    let mut found = found.split('.');
    let fits = |wanted: &str| {
        let found = found.next().unwrap_or_default();
        wanted == "*" || found.eq_ignore_ascii_case(wanted)
    };
    Ok(Value::Bool(wanted.split('.').all(fits)))
}

fn octet(call: &Call<'_>, position: usize) -> Result<Value, Fault> {
    match call.ip()? {
        IpAddr::V4(address) => {
            Ok(Value::Num(address.octets().get(position).copied().map(i64::from).unwrap_or_default()))
        }
        IpAddr::V6(_) => Err("an IPv6 address has no four bytes".into()),
    }
}

fn typecast(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = &call.text()?.bytes;
    let address = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    address.map(Value::Ip).ok_or_else(|| format!("\"{}\" is not an address", text.escape_ascii()).into())
}
