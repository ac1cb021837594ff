//! The MD5 constructions: password hiding (RFC 2865 section 5.2), Response Authenticator (RFC 2865 section 3),
//! Message-Authenticator (RFC 3579 section 3.2). MD5 is what the protocol has; HMAC-MD5 is the part that holds.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::attribute::{Attribute, AttributeType};
use super::packet::Packet;
use crate::limits::RADIUS_PASSWORD_MAX_BYTES;
use crate::secret::Secret;

/// The 16 bytes behind the length: random in a request, a hash in a reply.
pub type Authenticator = [u8; 16];

/// Passwords are hidden in blocks of one MD5 output.
const BLOCK_BYTES: usize = 16;

const BLANK: [u8; 16] = [0; 16];

/// A password that User-Password can't carry. It is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("password longer than {RADIUS_PASSWORD_MAX_BYTES} bytes")]
pub struct PasswordTooLong;

/// A User-Password that is not 1 to 8 blocks of 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("User-Password is not 16 to {RADIUS_PASSWORD_MAX_BYTES} bytes in blocks of {BLOCK_BYTES}")]
pub struct HiddenPasswordError;

/// The value of User-Password: padded with zeros to whole blocks, each hidden by the hash of the one before.
pub fn hide_password(
    password: &Secret,
    shared: &Secret,
    request_authenticator: &Authenticator,
) -> Result<Vec<u8>, PasswordTooLong> {
    if password.len() > RADIUS_PASSWORD_MAX_BYTES {
        return Err(PasswordTooLong);
    }
    let mut padded = Zeroizing::new(vec![0; password.len().div_ceil(BLOCK_BYTES).max(1) * BLOCK_BYTES]);
    padded.iter_mut().zip(password.expose()).for_each(|(to, from)| *to = *from);
    let mut hidden = Vec::with_capacity(padded.len());
    let mut previous = *request_authenticator;
    for plain in padded.as_chunks::<BLOCK_BYTES>().0 {
        previous = xor(plain, &pad(shared, &previous));
        hidden.extend(previous);
    }
    Ok(hidden)
}

/// Reverses [`hide_password`]. With a wrong shared secret the result is noise, not an error.
pub fn unhide_password(
    hidden: &[u8],
    shared: &Secret,
    request_authenticator: &Authenticator,
) -> Result<Secret, HiddenPasswordError> {
    let (blocks, rest) = hidden.as_chunks::<BLOCK_BYTES>();
    if blocks.is_empty() || !rest.is_empty() || hidden.len() > RADIUS_PASSWORD_MAX_BYTES {
        return Err(HiddenPasswordError);
    }
    let mut padded = Zeroizing::new(Vec::with_capacity(hidden.len()));
    let mut previous = request_authenticator;
    for block in blocks {
        padded.extend(xor(block, &pad(shared, previous)));
        previous = block;
    }
    let length = padded.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    Ok(Secret::new(&padded[..length]))
}

fn pad(shared: &Secret, previous: &[u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
    Md5::new().chain_update(shared.expose()).chain_update(previous).finalize().into()
}

fn xor(a: &[u8; BLOCK_BYTES], b: &[u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// Fills in the Message-Authenticator at place `at`, whose content is blank so far.
pub(super) fn authenticate(
    packet: &mut Packet,
    at: usize,
    request_authenticator: &Authenticator,
    shared: &Secret,
) {
    let value = message_authenticator(packet, request_authenticator, shared);
    packet.replace(at, Attribute::message_authenticator(value));
}

/// MD5 over the reply with the request's authenticator in place, then the shared secret.
pub(super) fn response_authenticator(
    reply: &Packet,
    request_authenticator: &Authenticator,
    shared: &Secret,
) -> Authenticator {
    let bytes = reply.encode_with(request_authenticator, Attribute::value);
    Md5::new().chain_update(bytes).chain_update(shared.expose()).finalize().into()
}

/// MD5 over an Accounting-Request with sixteen zeros for its authenticator, then the shared secret.
pub(super) fn request_authenticator(request: &Packet, shared: &Secret) -> Authenticator {
    response_authenticator(request, &BLANK, shared)
}

/// Whether a reply was made by someone who knows the shared secret, as far as plain MD5 can tell.
pub(super) fn has_response_authenticator(
    reply: &Packet,
    request_authenticator: &Authenticator,
    shared: &Secret,
) -> bool {
    let expected = response_authenticator(reply, request_authenticator, shared);
    expected.ct_eq(reply.authenticator()).into()
}

/// How a Message-Authenticator fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Missing,
    Repeated,
    Wrong,
}

/// Asks for exactly one right Message-Authenticator, wherever it stands.
pub(super) fn check_message_authenticator(
    packet: &Packet,
    request_authenticator: &Authenticator,
    shared: &Secret,
) -> Result<(), Flaw> {
    let mut values = packet.values(AttributeType::MESSAGE_AUTHENTICATOR);
    let value = values.next().ok_or(Flaw::Missing)?;
    if values.next().is_some() {
        return Err(Flaw::Repeated);
    }
    let expected = message_authenticator(packet, request_authenticator, shared);
    if bool::from(expected.ct_eq(value)) { Ok(()) } else { Err(Flaw::Wrong) }
}

fn message_authenticator(packet: &Packet, authenticator: &Authenticator, shared: &Secret) -> [u8; 16] {
    let blanked = packet.encode_with(authenticator, |attribute| {
        if attribute.kind() == AttributeType::MESSAGE_AUTHENTICATOR && attribute.value().len() == BLANK.len()
        {
            &BLANK
        } else {
            attribute.value()
        }
    });
    let mac = Hmac::<Md5>::new_from_slice(shared.expose()).expect("HMAC takes a key of any length");
    mac.chain_update(blanked).finalize().into_bytes().into()
}
