//! A TLS provider whose every byte the seed decides. TLS itself stays real.
//!
//! aws-lc-rs' provider with three parts replaced, because they draw from the system: randomness, the key
//! exchange (X25519, RFC 7748) and the signing key, which must be Ed25519 (RFC 8032: its signatures have no
//! nonce to draw). Not for production: nothing here is kept from somebody who knows the seed.

use std::sync::Arc;

use gateway_rt::Purpose;
use rustls::crypto::aws_lc_rs::{default_provider, sign};
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, SharedSecret,
    SupportedKxGroup,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{Error, NamedGroup, PeerMisbehaved};
use x25519_dalek::{PublicKey, StaticSecret};

use super::entropy::fill_here;

const TLS: Purpose = Purpose("tls");
const TLS_KEY_EXCHANGE: Purpose = Purpose("tls-key-exchange");

/// The provider. It draws from the streams of the host whose task computes; outside any host it fails.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        kx_groups: vec![&SeededX25519],
        secure_random: &SeededRandom,
        key_provider: &Ed25519Only,
        ..default_provider()
    }
}

#[derive(Debug)]
struct SeededRandom;

impl SecureRandom for SeededRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), GetRandomFailed> {
        if fill_here(TLS, out) { Ok(()) } else { Err(GetRandomFailed) }
    }
}

#[derive(Debug)]
struct SeededX25519;

impl SupportedKxGroup for SeededX25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut secret = [0; 32];
        if !fill_here(TLS_KEY_EXCHANGE, &mut secret) {
            return Err(Error::FailedToGetRandomBytes);
        }
        let secret = StaticSecret::from(secret);
        let public = PublicKey::from(&secret);
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

struct Exchange {
    secret: StaticSecret,
    public: PublicKey,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer: [u8; 32] = peer.try_into().map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer));
        // RFC 8446 §7.4.2: an all-zero result must be refused.
        if !shared.was_contributory() {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        Ok(SharedSecret::from(shared.as_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

#[derive(Debug)]
struct Ed25519Only;

impl KeyProvider for Ed25519Only {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match key {
            PrivateKeyDer::Pkcs8(key) => sign::any_eddsa_type(&key),
            _ => Err(Error::General("the simulation signs with Ed25519 keys in PKCS#8 only".to_owned())),
        }
    }
}
