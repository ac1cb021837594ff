//! `ctx1`, the reversible scrambling of passwords in XML broker messages.
//!
//! It is not encryption: there is no key, and whoever sees the text has the password. It exists here because
//! peers use it. Source: public descriptions by third parties, checked against their samples.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What each byte is combined with, besides the byte before it.
const MASK: u8 = 0xa5;

/// Why a text is not `ctx1`. Never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ctx1Error {
    /// Not four letters from `A` to `P` for each UTF-16 unit.
    #[error("not pairs of the letters A to P")]
    Letters,
    /// The UTF-16 units have a lone surrogate.
    #[error("not UTF-16")]
    Utf16,
}

/// Scrambles a password.
pub fn encode(password: &str) -> Secret {
    let mut out = String::with_capacity(password.len() * 8);
    let mut previous = 0;
    for byte in password.encode_utf16().flat_map(u16::to_le_bytes) {
        previous ^= byte ^ MASK;
        for half in [previous >> 4, previous & 15] {
            out.push(char::from(b'A' + half));
        }
    }
    Secret::new(out)
}

/// Gives the password back. Lower-case letters are refused.
///
/// # Errors
/// [`Ctx1Error`]; nothing of the input is in it.
pub fn decode(text: &str) -> Result<Secret, Ctx1Error> {
    let (quads, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Ctx1Error::Letters);
    }
    let mut previous = 0;
    let mut unscramble = |high: u8, low: u8| {
        let scrambled = nibble(high)? << 4 | nibble(low)?;
        let byte = scrambled ^ MASK ^ previous;
        previous = scrambled;
        Ok(byte)
    };
    let mut units = Zeroizing::new(Vec::with_capacity(quads.len()));
    for &[a, b, c, d] in quads {
        units.push(u16::from_le_bytes([unscramble(a, b)?, unscramble(c, d)?]));
    }
    // Three UTF-8 bytes hold any UTF-16 unit, so the buffer never grows and leaves no copy behind.
    let mut password = String::with_capacity(units.len() * 3);
    for character in char::decode_utf16(units.iter().copied()) {
        password.push(character.map_err(|_| Ctx1Error::Utf16)?);
    }
    Ok(Secret::new(password))
}

fn nibble(letter: u8) -> Result<u8, Ctx1Error> {
    letter.checked_sub(b'A').filter(|&nibble| nibble < 16).ok_or(Ctx1Error::Letters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_vectors() {
        for (password, scrambled) in
            [("", ""), ("a", "MEGB"), ("aa", "MEGBKFAA"), ("ab", "MEGBKGAD"), ("A", "OEEB")]
        {
            assert_eq!(encode(password).expose_str(), Some(scrambled));
            assert_eq!(decode(scrambled), Ok(Secret::new(password)));
        }
    }

    #[test]
    fn refuses_what_nobody_encodes() {
        for text in ["M", "ME", "MEG", "megb", "MEGQ", "ME B", "MEGBé"] {
            assert_eq!(decode(text), Err(Ctx1Error::Letters), "{text}");
        }
        // A lone high surrogate, U+D800: bytes 00 D8.
        assert_eq!(decode("KFNI"), Err(Ctx1Error::Utf16));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(password: String) {
            let scrambled = encode(&password);
            prop_assert_eq!(decode(scrambled.expose_str().unwrap()), Ok(Secret::new(password)));
        }

        #[test]
        fn nothing_panics(text: String, letters in "[A-P]{0,16}") {
            let _ = decode(&text);
            let _ = decode(&letters);
        }
    }
}
