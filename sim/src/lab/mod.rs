//! `sim lab`: the real world without an end, for people: a gateway, everything around it, and pages that show
//! what happens.
//!
//! ```text
//! browser, curl, Receiver ── 127.0.0.1:8443 ── gateway ── RADIUS, StoreFront, broker, STA, ICA hosts (in here)
//! browser ────────────────── 127.0.0.1:8080 ── pages: phone, sequence, launch
//! ```
//!
//! What it is not: reachable from another machine, kept beyond its end, or fit for anything but trying things.
//!
//! Specification: ours.

mod launch;
pub mod limits;
mod pages;
mod phone;
mod sequence;
mod site;
#[cfg(test)]
mod tests;
mod web;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use gateway_mocks::receiver::Config;
use gateway_proto::host_port::HostPort;

pub use self::site::{Person, Second};

use self::limits::{EVENTS_KEPT, PORTS_TRIED};
use self::site::{ADDRESS, OUTSIDE, RECEIVER, Site};
use crate::real;
use crate::run;
use crate::run::stage::Stage;
use crate::scenario::plan::{Keyword, Mode};
use crate::trace::Recorder;
use crate::world::{Latency, PkiError, TestPki, WorldError};

/// How the network of the lab calls the host with the pages.
const PAGES: &str = "lab";

/// Why there is no lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// No free port, thread or event queue.
    #[error("this machine gives no {what}: {source}")]
    Machine {
        /// What it doesn't give.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// No certificate.
    #[error(transparent)]
    Certificate(#[from] PkiError),
    /// Two hosts of the site have one name.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The built-in site can't be built: an error of ours.
    #[error("the built-in site: {0}")]
    Site(String),
}

/// Which ports are wanted. Each that is taken gives way to a free one.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The gateway's.
    pub gateway: u16,
    /// That of the lab's own pages.
    pub pages: u16,
}

/// A lab that is up.
pub struct Lab {
    world: real::World,
    portal: String,
    pages: String,
    people: Vec<Person>,
    root_pem: String,
}

impl Lab {
    /// Builds everything; browsers are led to the store in the mode `browsers`. Nothing moves before
    /// [`Lab::run`]; who connects before waits.
    ///
    /// # Errors
    /// This machine gives no ports or threads.
    pub fn new(ports: Ports, browsers: Mode) -> Result<Self, LabError> {
        let rt = gateway_rt::tokio::real();
        let (gateway, gateway_port) = listen(ports.gateway)?;
        let (pages, pages_port) = listen(ports.pages)?;
        let site = Site::new(gateway_port, browsers, rt.entropy.as_ref())
            .map_err(|found| LabError::Site(crate::scenario::diagnostic::render(&found)))?;
        let start = rt.clock.now();
        let latency = Latency::fixed(Duration::ZERO);
        let config = real::Config { seed: None, start, tick: Duration::ZERO, factor: 1, latency };
        let mut world =
            real::World::new(&config).map_err(|source| LabError::Machine { what: "event queue", source })?;
        let stopwatch = world.stopwatch();
        let recorder = Recorder::of_newest(EVENTS_KEPT, move || stopwatch());
        let pki = TestPki::for_browsers(start)?;
        let (roots, root_pem) = (pki.roots(), pki.root_pem());
        let phones =
            run::set_up(&mut world, &site.plan, &site.sources, &recorder, pki).map_err(LabError::Site)?;

        let at =
            |host: &str| HostPort::new(host, gateway_port).map_err(|error| LabError::Site(error.to_string()));
        let client = Config::new(RECEIVER, at(site.gateway())?, at(ADDRESS)?, roots);
        let (wishes, machine) = launch::machine(client, recorder.clone(), phones.clone());
        world.add_host(RECEIVER, machine)?;
        recorder.name(world.address(RECEIVER)?, RECEIVER);
        recorder.name(Ipv4Addr::LOCALHOST.into(), OUTSIDE);

        let (portal, people) = (format!("https://{ADDRESS}:{gateway_port}/"), site.people());
        let hosts = site.plan.world.hosts().map(|(kind, name)| (kind.word().to_owned(), name.value.clone()));
        let web = web::software(web::Lab {
            port: pages_port,
            portal: portal.clone(),
            people: people.clone(),
            apps: site.apps(),
            hosts: hosts.collect(),
            recorder,
            phones,
            wishes,
            failed: Mutex::default(),
        });
        world.add_host(PAGES, web)?;
        world.publish(site.gateway(), gateway_port, gateway)?;
        world.publish(PAGES, pages_port, pages)?;
        Ok(Self { world, portal, pages: format!("http://{ADDRESS}:{pages_port}/"), people, root_pem })
    }

    /// The gateway's first page.
    pub fn portal(&self) -> &str {
        &self.portal
    }

    /// The lab's own first page, ending in a slash.
    pub fn pages(&self) -> &str {
        &self.pages
    }

    /// Who may log in.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The certificate of the authority that signed the gateway's, for who wants to trust it.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Runs the lab until `end` is done.
    pub fn run<F: Future>(&self, end: F) -> F::Output {
        self.world.run(end)
    }
}

/// A listener at the wanted port of this machine, or at the next free one.
fn listen(wanted: u16) -> Result<(TcpListener, u16), LabError> {
    let near = (wanted..=u16::MAX).take(usize::from(PORTS_TRIED)).chain([0]);
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in near {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Ok(listener) => {
                let port = listener.local_addr().map_or(port, |at| at.port());
                return Ok((listener, port));
            }
            Err(error) => last = error,
        }
    }
    Err(LabError::Machine { what: "free port", source: last })
}
