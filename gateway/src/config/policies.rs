//! The policies that requests pass before the gateway serves them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_policy::conf::object::callout::CalloutServer;
use gateway_policy::run::Policies;
use gateway_proto::cvpn::{Scheme, Target};

/// Loaded and checked policies, and where their call-outs go.
#[derive(Clone)]
pub struct PolicyRules {
    /// What is configured.
    pub policies: Arc<Policies>,
    /// Where call-outs go instead of where the configuration says: by `address:port`, or by the name of a virtual
    /// server, which has no address here.
    pub routes: BTreeMap<String, Target>,
}

impl PolicyRules {
    /// Where a call-out goes.
    ///
    /// # Errors
    /// In a sentence, why nowhere.
    pub(crate) fn target(&self, server: &CalloutServer, tls: bool) -> Result<Target, String> {
        let name = match server {
            CalloutServer::Address { address, port } => format!("{address}:{port}"),
            CalloutServer::Vserver(name) => name.clone(),
        };
        if let Some(target) = self.routes.get(&name) {
            return Ok(target.clone());
        }
        match server {
            CalloutServer::Address { address, port } => {
                let scheme = if tls { Scheme::Https } else { Scheme::Http };
                Target::new(scheme, address, *port).map_err(|error| error.to_string())
            }
            CalloutServer::Vserver(_) => Err(format!("virtual server {name} has no route here")),
        }
    }
}
