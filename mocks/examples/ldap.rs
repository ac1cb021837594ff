//! A directory in your own test: your gateway binds and searches as it would at Active Directory.
use std::{error::Error, sync::Arc};

use gateway_mocks::{journal::Journal, ldap};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let alice = ldap::User::new("alice", "Winter-26");
    let carol =
        ldap::User { state: Some(ldap::AccountState::Locked), ..ldap::User::new("carol", "Autumn-26") };
    let config = ldap::Config::new("DC=example,DC=test", vec![alice, carol]);
    let directory = Arc::new(ldap::Mock::new(config, Journal::default())?);
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    println!("your gateway binds at ldap://{}", listener.local_addr());
    let serving = directory.clone().serve_on(rt.clone(), listener);
    rt.spawn("ldap", async { drop(serving.await) });
    assert!(directory.journal().entries().is_empty());
    Ok(())
}
