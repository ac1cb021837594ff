//! Every vector is written out by hand from `docs/cgp-profile.md`; the clock is moved by hand.

mod ends;
mod gate;
mod vectors;

use std::time::Duration;

use super::*;
use crate::secret::Secret;

const TICKET: &str = ";40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF";
const KEPT: Duration = Duration::from_secs(180);

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn token() -> Secret {
    Secret::new([0x42; 32])
}

/// Both ends and the connection between them, without a gateway. What is written is on its way until
/// [`Pair::deliver`].
struct Pair {
    now: Duration,
    client: Client,
    host: Option<Host>,
    /// The connection at the host that has not said what it wants.
    reception: Option<Reception>,
    up: Vec<u8>,
    down: Vec<u8>,
    client_told: Vec<Output>,
    host_told: Vec<Output>,
}

impl Pair {
    /// Connected, and nothing delivered.
    fn new() -> Self {
        let client = Client::new(Settings::default());
        let mut pair = Self {
            now: Duration::ZERO,
            client,
            host: None,
            reception: None,
            up: Vec::new(),
            down: Vec::new(),
            client_told: Vec::new(),
            host_told: Vec::new(),
        };
        pair.connect();
        pair
    }

    /// A session is open and nothing is on its way.
    fn opened() -> Self {
        let mut pair = Self::new();
        pair.settle();
        assert_eq!(pair.told().0, [Output::Opened { version: 1, kept: KEPT }]);
        pair
    }

    fn connect(&mut self) {
        self.cut();
        self.client.connect(self.now, None);
        self.reception = Some(Reception::new());
    }

    /// The connection is gone, with what is on its way; nobody was told yet.
    fn cut(&mut self) {
        self.collect();
        self.up.clear();
        self.down.clear();
        self.reception = None;
    }

    fn both_disconnected(&mut self) {
        self.cut();
        self.client.handle_disconnect(self.now);
        if let Some(host) = &mut self.host {
            host.handle_disconnect(self.now);
        }
        self.collect();
    }

    /// Moves outputs onto the wire and into the logs.
    fn collect(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Write(bytes) => self.up.extend_from_slice(bytes.expose()),
                other => self.client_told.push(other),
            }
        }
        while let Some(output) = self.host.as_mut().and_then(Host::poll_output) {
            match output {
                Output::Write(bytes) => self.down.extend_from_slice(bytes.expose()),
                other => self.host_told.push(other),
            }
        }
    }

    fn deliver_up(&mut self, most: usize) {
        let bytes: Vec<u8> = self.up.drain(..most.min(self.up.len())).collect();
        let Some(reception) = &mut self.reception else {
            if let Some(host) = self.host.as_mut().filter(|host| host.is_live()) {
                host.handle_bytes(self.now, &bytes).expect("understood");
            }
            return;
        };
        let Some(opening) = reception.handle_bytes(&bytes).expect("understood") else { return };
        self.reception = None;
        match (opening.wish.clone(), &mut self.host) {
            (Wish::Open, None) => self.host = Some(Host::open(self.now, opening, token(), KEPT)),
            (Wish::Resume(resume), Some(host)) if resume.token == token() => {
                if let Err(code) = host.resume(self.now, opening) {
                    self.down.extend(Reception::refusal(code));
                }
            }
            (wish, _) => panic!("unexpected {wish:?}"),
        }
    }

    fn deliver_down(&mut self, most: usize) {
        let bytes: Vec<u8> = self.down.drain(..most.min(self.down.len())).collect();
        // A driver reads no more from a connection it closed.
        if !bytes.is_empty() && !self.client_told.contains(&Output::Disconnect) {
            self.client.handle_bytes(self.now, &bytes).expect("understood");
        }
    }

    /// Delivers until nobody has anything to say.
    fn settle(&mut self) {
        self.collect();
        while !self.up.is_empty() || !self.down.is_empty() {
            self.deliver_up(usize::MAX);
            self.collect();
            self.deliver_down(usize::MAX);
            self.collect();
        }
    }

    /// Lets time pass to `until`, waking both as they ask to be, and delivers meanwhile if `connected`.
    fn pass(&mut self, until: Duration, connected: bool) {
        loop {
            let wakes = [self.client.poll_timeout(), self.host.as_ref().and_then(Host::poll_timeout)];
            let wake = wakes.into_iter().flatten().min().map_or(until, |wake| wake.min(until));
            self.now = self.now.max(wake);
            self.client.handle_time(self.now);
            if let Some(host) = &mut self.host {
                host.handle_time(self.now);
            }
            if connected {
                self.settle();
            } else {
                self.cut();
            }
            if self.now >= until {
                return;
            }
        }
    }

    /// What both were told since the last time.
    fn told(&mut self) -> (Vec<Output>, Vec<Output>) {
        self.collect();
        (std::mem::take(&mut self.client_told), std::mem::take(&mut self.host_told))
    }

    fn host(&mut self) -> &mut Host {
        self.host.as_mut().expect("a session")
    }
}

/// Everything that can be read now, joined; the flag says that there will be no more.
fn read_all(mut read: impl FnMut() -> Option<Received>) -> (Vec<u8>, bool) {
    let (mut all, mut ended) = (Vec::new(), false);
    while let Some(received) = read() {
        match received {
            Received::Data(bytes) => all.extend(bytes),
            Received::End => ended = true,
        }
    }
    (all, ended)
}
