//! Text: other ways to write it.

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE, HEXLOWER};

use super::{Arg, Function, Gives, TEXT, row, unevaluated};
use crate::{
    expr::call::{Call, Fault},
    value::{Type, Value},
};

const CIPHERS: &[Arg] = &[Arg::Word(&["RC4", "DES", "DES3", "AES128", "AES192", "AES256"])];
const DIGEST: Arg = Arg::Word(&["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]);
const ENDIAN: Arg = Arg::Word(&["LITTLE_ENDIAN", "BIG_ENDIAN"]);

/// What `ENCRYPT` puts before its result here, so that nobody takes it for a cipher text of an appliance.
const SEALED: &[u8] = b"sealed:";

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "HTTP_URL_SAFE", &[], Type::Text, |call| escape(call, url_safe, percent))
        .note("percent-encodes all but letters, digits and * & @ : $ . = ! - ( ) + ; ' / ~ _"),
    row(TEXT, "HTTP_HEADER_SAFE", &[], Type::Text, |call| {
        escape(call, |byte| !matches!(byte, b'\r' | b'\n'), percent)
    })
    .note("percent-encodes line ends"),
    row(TEXT, "XML_ENCODE", &[], Type::Text, |call| escape(call, |byte| reference(byte).is_none(), entity)),
    row(TEXT, "HTTP_CONTENT_SAFE", &[], Type::Text, |call| {
        escape(call, |byte| reference(byte).is_none(), entity)
    })
    .note("as XML_ENCODE")
    .inferred(),
    row(TEXT, "MARK_SAFE", &[], Type::Text, |call| Ok(call.on.clone())).gives(Gives::Same).note("only marks"),
    row(TEXT, "DECODE_USING_TEXT_MODE", &[], Type::Text, decode)
        .note("undoes URLENCODED, PLUS_AS_SPACE, BACKSLASH_ENCODED"),
    row(TEXT, "B64ENCODE", &[], Type::Text, |call| {
        let text = call.text()?;
        Ok(Value::Text(text.derive(BASE64.encode(&text.bytes))))
    }),
    row(TEXT, "B64DECODE", &[], Type::Text, |call| {
        let text = call.text()?;
        let bytes = BASE64_MIME_PERMISSIVE.decode(&text.bytes);
        bytes.map(|bytes| Value::Text(text.derive(bytes))).map_err(|_| "this is not base64".into())
    })
    .note("what is no base64 is undefined"),
    row(TEXT, "BLOB_TO_HEX", &[], Type::Text, |call| {
        let text = call.text()?;
        Ok(Value::Text(text.derive(HEXLOWER.encode(&text.bytes).to_ascii_uppercase())))
    })
    .inferred(),
    row(TEXT, "ENCRYPT", &[], Type::Text, seal)
        .note("no cipher: a reversible text beginning with `sealed:`")
        .practice(),
    row(TEXT, "ENCRYPT", CIPHERS, Type::Text, seal).note("the same").practice(),
    row(TEXT, "DECRYPT", &[], Type::Text, open).note("undoes ENCRYPT; anything else is undefined").practice(),
    row(TEXT, "DECRYPT", CIPHERS, Type::Text, open).practice(),
    unevaluated(TEXT, "HASH", &[], Type::Num).note("the algorithm is not public"),
    unevaluated(TEXT, "DIGEST", &[DIGEST], Type::Text),
    unevaluated(TEXT, "CRC32", &[], Type::Num),
    unevaluated(TEXT, "HMAC", &[Arg::Is(Type::Text), DIGEST], Type::Text),
    unevaluated(TEXT, "SET_CHAR_SET", &[Arg::Word(&["ASCII", "UTF_8"])], Type::Text).gives(Gives::Same),
    unevaluated(TEXT, "TEXT_SAFE", &[], Type::Text),
    unevaluated(TEXT, "URL_RESERVED_CHARS_SAFE", &[], Type::Text),
    unevaluated(TEXT, "JSON_ENCODE", &[], Type::Text),
    unevaluated(TEXT, "GET_SIGNED8", &[Arg::Number], Type::Num),
    unevaluated(TEXT, "GET_UNSIGNED8", &[Arg::Number], Type::Num),
    unevaluated(TEXT, "GET_SIGNED16", &[Arg::Number, ENDIAN], Type::Num),
    unevaluated(TEXT, "GET_UNSIGNED16", &[Arg::Number, ENDIAN], Type::Num),
    unevaluated(TEXT, "GET_SIGNED32", &[Arg::Number, ENDIAN], Type::Num),
    unevaluated(TEXT, "GET_UNSIGNED32", &[Arg::Number, ENDIAN], Type::Num),
    unevaluated(TEXT, "RSA_SIGN", &[Arg::Is(Type::Text)], Type::Text),
    unevaluated(TEXT, "PKEY_ENCRYPT_PEM", &[Arg::Is(Type::Text)], Type::Text),
    unevaluated(TEXT, "PKEY_DECRYPT_PEM", &[Arg::Is(Type::Text)], Type::Text),
];

fn escape(call: &Call<'_>, safe: fn(u8) -> bool, write: fn(u8, &mut Vec<u8>)) -> Result<Value, Fault> {
    let text = call.text()?;
    let mut out = Vec::with_capacity(text.bytes.len());
    for byte in &text.bytes {
        if safe(*byte) { out.push(*byte) } else { write(*byte, &mut out) }
    }
    Ok(Value::Text(text.derive(out)))
}

fn url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"*&@:$.=!-()+;'/~_".contains(&byte)
}

fn percent(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("%{byte:02X}").as_bytes());
}

fn reference(byte: u8) -> Option<&'static str> {
    match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'&' => Some("&amp;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&apos;"),
        _ => None,
    }
}

fn entity(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(reference(byte).unwrap_or_default().as_bytes());
}

fn decode(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let mut out = Vec::with_capacity(text.bytes.len());
    let mut rest = text.bytes.as_slice();
    while let [first, after @ ..] = rest {
        let escaped = match first {
            b'%' if text.mode.url_encoded => hex(after, 0),
            b'\\' if text.mode.backslash_encoded => backslash(after),
            b'+' if text.mode.plus_as_space => Some((b' ', 0)),
            _ => None,
        };
        let (byte, more) = escaped.unwrap_or((*first, 0));
        out.push(byte);
        rest = after.get(more..).unwrap_or_default();
    }
    Ok(Value::Text(text.derive(out)))
}

/// Two hexadecimal digits after so many other bytes, and how many bytes they and those take.
fn hex(text: &[u8], skipped: usize) -> Option<(u8, usize)> {
    let digits = std::str::from_utf8(text.get(skipped..skipped + 2)?).ok()?;
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    u8::from_str_radix(digits, 16).ok().map(|byte| (byte, skipped + 2))
}

fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    match text.first()? {
        b'x' | b'X' => hex(text, 1),
        b'n' => Some((b'\n', 1)),
        b'r' => Some((b'\r', 1)),
        b't' => Some((b'\t', 1)),
        b'0'..=b'7' => {
            let digits = std::str::from_utf8(text.get(..3)?).ok()?;
            u8::from_str_radix(digits, 8).ok().map(|byte| (byte, 3))
        }
        other => Some((*other, 1)),
    }
}

fn seal(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    Ok(Value::Text(text.derive([SEALED, BASE64.encode(&text.bytes).as_bytes()].concat())))
}

fn open(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let sealed = text.bytes.strip_prefix(SEALED).and_then(|sealed| BASE64.decode(sealed).ok());
    sealed.map(|bytes| Value::Text(text.derive(bytes))).ok_or("this was not made by ENCRYPT".into())
}
