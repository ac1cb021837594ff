//! Secrets that only whoever shows an id can read: sealed with a key made of the id, which is not kept itself.
//!
//! So a state file, or a dump of a table, holds no password: the browser has the key. Each id is a fresh random value
//! and seals one message, so a fixed nonce is never used twice with a key.
//!
//! Specification: ours. HKDF with SHA-256 (RFC 5869) and AES-256-GCM (NIST SP 800-38D), both by aws-lc-rs.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use gateway_proto::secret::Secret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record;

/// What keys are made for: another use of the same ids would say something else.
const PURPOSE: &[&[u8]] = &[b"gateway: secrets of an id, 1"];

/// A sealed value.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sealed(Vec<u8>);

impl Sealed {
    /// Seals `value` for whoever shows `id`.
    pub(crate) fn new<T: Serialize>(id: &Secret, value: &T) -> Self {
        let mut bytes = record::write(value);
        key(id)
            .seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes)
            .expect("AES-GCM seals up to 64 GiB");
        Self(bytes)
    }

    /// The value, for this id and no other.
    pub(crate) fn open<T: DeserializeOwned>(&self, id: &Secret) -> Option<T> {
        let mut bytes = self.0.clone();
        let plain = key(id).open_in_place(nonce(), Aad::empty(), &mut bytes).ok()?;
        let value = record::read(plain).ok();
        drop(Secret::new(bytes));
        value
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn key(id: &Secret) -> LessSafeKey {
    let prk = Salt::new(HKDF_SHA256, &[]).extract(id.expose());
    let okm = prk.expand(PURPOSE, &AES_256_GCM).expect("HKDF gives 32 bytes");
    LessSafeKey::new(UnboundKey::from(okm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_opens_it_and_only_unchanged() {
        let sealed = Sealed::new(&Secret::new("id"), &"Winter-26".to_owned());
        assert!(!sealed.0.windows(9).any(|bytes| bytes == b"Winter-26"));
        assert_eq!(sealed.open::<String>(&Secret::new("id")).as_deref(), Some("Winter-26"));
        assert!(sealed.open::<String>(&Secret::new("Id")).is_none());
        let mut changed = sealed;
        changed.0[3] ^= 1;
        assert!(changed.open::<String>(&Secret::new("id")).is_none());
    }
}
