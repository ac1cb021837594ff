//! Policies of a gateway in a run: its configuration ready to run, and the hosts that answer its call-outs.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway::config::PolicyRules;
use gateway_policy::run::Policies;
use gateway_policy::switches::Switches;
use gateway_proto::cvpn::{Scheme, Target};

use super::build::public_name;
use crate::scenario::plan;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// What the gateway runs, if anything.
pub(super) fn rules(world: &plan::World, gateway: &plan::Gateway) -> Result<Option<PolicyRules>, String> {
    let plan = &gateway.policies;
    if plan.files.is_empty() {
        return Ok(None);
    }
    let vserver = plan.vserver.as_ref().map(|name| name.value.as_str());
    let policies = Policies::new(plan.load().configuration, vserver, Switches::default());
    let policies = Arc::new(policies.map_err(|error| error.to_string())?);
    let mut routes = BTreeMap::new();
    for route in &plan.routes {
        routes.insert(route.server.value.clone(), target(world, &route.host.value)?);
    }
    Ok(Some(PolicyRules { policies, routes }))
}

/// Where a host of the world answers HTTP, under the name that its certificate has.
fn target(world: &plan::World, host: &str) -> Result<Target, String> {
    let (scheme, name, port) = if let Some(server) = world.anakam_server(host) {
        (Scheme::Https, host, server.port.as_ref().map_or(HTTPS, |port| port.value))
    } else if let Some(gateway) = world.gateway(host) {
        let name = public_name(&gateway.name, gateway.fqdn.as_ref());
        (Scheme::Https, name, gateway.port.as_ref().map_or(HTTPS, |port| port.value))
    } else {
        (Scheme::Http, host, HTTP)
    };
    Target::new(scheme, name, port).map_err(|error| format!("{host}: {error}"))
}
