//! Anakam.TFA in a run: the server as a host, and the phones on which users read their passcodes.

use std::sync::Arc;

use gateway_mocks::anakam;
use gateway_mocks::journal::Journal;
use gateway_proto::secret::Secret;

use super::build::{Site, add, any};
use super::mock_hosts::rules;
use super::stage::Stage;
use crate::scenario::plan;

const HTTPS: u16 = 443;

/// The servers of a run, for who reads what they sent. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Phones(Vec<Arc<anakam::Mock>>);

impl Phones {
    /// The passcode that was sent to this user last.
    pub(crate) fn passcode(&self, user: &str) -> Option<Secret> {
        self.0.iter().find_map(|server| server.passcode_of(user))
    }
}

/// Adds the server, and the phones to which it sends.
pub(super) fn host(
    stage: &mut dyn Stage,
    site: &mut Site<'_>,
    plan: &plan::AnakamServer,
) -> Result<(), String> {
    let users = plan.users.iter().map(|user| anakam::User {
        name: user.name.value.clone(),
        email: Some(
            user.email
                .as_ref()
                .map_or_else(|| format!("{}@example.test", user.name.value), |it| it.value.clone()),
        ),
        phone: user.phone.as_ref().map(|phone| phone.value.clone()),
    });
    let mut config = anakam::Config::new(&plan.account.value, plan.password.value.as_str(), users.collect());
    if let Some(life) = &plan.passcode_life {
        config.passcode_life = life.value;
    }
    config.tls = Some(site.pki.leaf(&[&plan.name.value]).map_err(|error| error.to_string())?);
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = Arc::new(anakam::Mock::new(config, journal).map_err(|error| error.to_string())?);
    site.phones.0.push(mock.clone());
    let port = port(plan);
    add(stage, &plan.name.value, mock, move |mock, rt| mock.serve(rt, any(port)))
}

/// Where a server listens.
pub(super) fn port(plan: &plan::AnakamServer) -> u16 {
    plan.port.as_ref().map_or(HTTPS, |port| port.value)
}
