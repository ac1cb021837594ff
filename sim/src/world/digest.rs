//! What a run leaves behind: a digest over every byte and moment, and, when asked for, the packets.
//!
//! The digest is for comparing two runs of one build. It is never stored: another toolchain or lock file may
//! give another one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::limits::RECORDED_BYTES_MAX;

/// A hash over everything that could be observed in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u8; 16]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// What a packet was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A connection was accepted; from client to server, no bytes.
    Opened,
    /// Bytes of a stream.
    Bytes,
    /// The writer's end of a stream.
    Ended,
    /// A datagram.
    Datagram,
}

/// One packet as its sender gave it to the network, whether or not it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Virtual time since the start.
    pub at: Duration,
    /// What it was.
    pub what: What,
    /// The sending host.
    pub from: Arc<str>,
    /// The host it was sent to.
    pub to: Arc<str>,
    /// The sender's address.
    pub source: SocketAddr,
    /// The receiver's address.
    pub target: SocketAddr,
    /// Which connection of that client to that host and port, counted from 1; 0 for datagrams.
    pub conn: u32,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// A packet on its way into the tally.
pub(super) struct Packet<'a> {
    pub(super) what: What,
    pub(super) source: SocketAddr,
    pub(super) target: SocketAddr,
    pub(super) conn: u32,
    pub(super) bytes: &'a [u8],
}

/// Sums up a run.
pub(super) struct Tally {
    hasher: blake3::Hasher,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    record: bool,
    recorded: Vec<Recorded>,
    recorded_bytes: usize,
}

impl Tally {
    pub(super) fn new(record: bool) -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            packets: 0,
            bytes: 0,
            record,
            recorded: Vec::new(),
            recorded_bytes: 0,
        }
    }

    /// A packet was sent, from and to hosts of these names.
    pub(super) fn sent(&mut self, at: Duration, from: &Arc<str>, to: &Arc<str>, packet: &Packet<'_>) {
        self.packets += 1;
        self.bytes += packet.bytes.len() as u64;
        self.frame(packet.what as u8, at, packet);
        self.hasher.update(&(packet.bytes.len() as u64).to_le_bytes());
        self.hasher.update(packet.bytes);
        let room = RECORDED_BYTES_MAX.saturating_sub(self.recorded_bytes);
        let cost = size_of::<Recorded>() + packet.bytes.len();
        if self.record && cost <= room {
            self.recorded_bytes += cost;
            self.recorded.push(Recorded {
                at,
                what: packet.what,
                from: from.clone(),
                to: to.clone(),
                source: packet.source,
                target: packet.target,
                conn: packet.conn,
                bytes: packet.bytes.to_vec(),
            });
        }
    }

    /// Bytes were read: when and how many is behaviour too, and shows latency where nobody answers.
    pub(super) fn read(&mut self, at: Duration, source: SocketAddr, target: SocketAddr, conn: u32, n: usize) {
        let packet = Packet { what: What::Bytes, source, target, conn, bytes: &[] };
        self.frame(u8::MAX, at, &packet);
        self.hasher.update(&(n as u64).to_le_bytes());
    }

    /// Anything else that two equal runs have in common.
    pub(super) fn mark(&mut self, name: &str, number: u64) {
        self.hasher.update(&(name.len() as u64).to_le_bytes());
        self.hasher.update(name.as_bytes());
        self.hasher.update(&number.to_le_bytes());
    }

    pub(super) fn digest(&self) -> Digest {
        let mut out = [0; 16];
        self.hasher.finalize_xof().fill(&mut out);
        Digest(out)
    }

    pub(super) fn take_recorded(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.recorded)
    }

    fn frame(&mut self, tag: u8, at: Duration, packet: &Packet<'_>) {
        self.hasher.update(&[tag]);
        self.hasher.update(&at.as_nanos().to_le_bytes());
        for address in [packet.source, packet.target] {
            match address.ip() {
                IpAddr::V4(ip) => self.hasher.update(&ip.octets()),
                IpAddr::V6(ip) => self.hasher.update(&ip.octets()),
            };
            self.hasher.update(&address.port().to_le_bytes());
        }
        self.hasher.update(&packet.conn.to_le_bytes());
    }
}
