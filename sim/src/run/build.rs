//! From the world of a plan to a world of hosts: names, links, certificates, and the software of each host.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::scenario::plan::Plan;
use crate::scenario::source::{Sources, Spanned};
use crate::trace::Recorder;
use crate::world::{Latency, Path, TestPki, WorldError};

use super::actor;
use super::anakam::{self, Phones};
use super::gateway_host;
use super::ledger::Ledger;
use super::mock_hosts;
use super::stage::{Order, Stage};
use super::streams::Streams;

/// What the builders of single hosts need to know of the whole.
pub(super) struct Site<'a> {
    pub(super) plan: &'a Plan,
    pub(super) pki: TestPki,
    pub(super) recorder: &'a Recorder,
    pub(super) sources: Arc<Sources>,
    /// Where passcodes are read; whole once every server is added.
    pub(super) phones: Phones,
    /// Where both ends of sessions under session reliability are compared.
    pub(super) streams: Streams,
}

/// Adds every host of the plan, in the order of the kinds, then names and links. Gives the phones of its users.
pub(super) fn hosts(
    stage: &mut dyn Stage,
    plan: &Plan,
    sources: &Sources,
    recorder: &Recorder,
    ledger: &Ledger,
    streams: &Streams,
    pki: TestPki,
) -> Result<Phones, String> {
    let (sources, phones) = (Arc::new(sources.clone()), Phones::default());
    let mut site = Site { plan, pki, recorder, sources, phones, streams: streams.clone() };
    let here = &plan.world;
    for gateway in &here.gateways {
        gateway_host::add(stage, &site, gateway)?;
    }
    for storefront in &here.storefronts {
        mock_hosts::storefront(stage, &site, storefront)?;
    }
    for broker in &here.brokers {
        mock_hosts::broker(stage, &site, broker)?;
    }
    for sta in &here.stas {
        mock_hosts::sta(stage, &site, sta)?;
    }
    for radius in &here.radius {
        mock_hosts::radius(stage, &site, radius)?;
    }
    for ldap in &here.ldap {
        mock_hosts::ldap(stage, &site, ldap)?;
    }
    for server in &here.anakam {
        anakam::host(stage, &mut site, server)?;
    }
    for collector in &here.collectors {
        mock_hosts::syslog(stage, &site, collector)?;
    }
    for host in &here.ica_hosts {
        mock_hosts::ica_host(stage, &site, host)?;
    }
    for machine in &here.machines {
        actor::machine(stage, &site, machine, ledger)?;
    }
    names(stage, plan, recorder).map_err(|error| error.to_string())?;
    Ok(site.phones)
}

/// Public names of gateways and sites, the latency of links, and whose address is whose in the trace.
fn names(stage: &mut dyn Stage, plan: &Plan, recorder: &Recorder) -> Result<(), WorldError> {
    for (_, name, fqdn) in plan.world.public_names() {
        if !fqdn.value.eq_ignore_ascii_case(&name.value) {
            stage.alias(&fqdn.value, &name.value)?;
        }
    }
    for link in &plan.world.links {
        let latency = Latency::between(link.latency.value.min, link.latency.value.max);
        stage.order(Order::Latency(Path::between(&link.a.value, &link.b.value), latency))?;
    }
    for (_, host) in plan.world.hosts() {
        recorder.name(stage.address(&host.value)?, &host.value);
    }
    Ok(())
}

/// Every interface of a host, at this port.
pub(super) fn any(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
}

/// The name under which clients know a host.
pub(super) fn public_name<'a>(name: &'a Spanned<String>, fqdn: Option<&'a Spanned<String>>) -> &'a str {
    fqdn.map_or(name.value.as_str(), |fqdn| fqdn.value.as_str())
}

/// A mock as the software of a host: what the seam gives it is the only world it knows.
pub(super) fn add<M, S, F>(stage: &mut dyn Stage, name: &str, mock: Arc<M>, serve: S) -> Result<(), String>
where
    M: Send + Sync + 'static,
    S: Fn(Arc<M>, gateway_rt::Rt) -> F + 'static,
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let software = move |rt| Box::pin(serve(mock.clone(), rt)) as gateway_rt::BoxFuture<'static, _>;
    stage.add_host(name, Box::new(software)).map_err(|error| error.to_string())
}
