//! An Anakam.TFA server in your own test: passcodes land in an outbox, as they would on a phone.
use std::{error::Error, sync::Arc};

use gateway_mocks::{anakam, journal::Journal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let alice = anakam::User { name: "alice".into(), email: Some("alice@example.test".into()), phone: None };
    let config = anakam::Config::new("gateway", "only-for-the-lab-0003", vec![alice]);
    let server = Arc::new(anakam::Mock::new(config, Journal::default())?);
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    println!("your gateway asks http://{}", listener.local_addr());
    let serving = server.clone().serve_on(rt.clone(), listener);
    rt.spawn("anakam", async { drop(serving.await) });
    assert_eq!(server.passcode_of("alice"), None);
    Ok(())
}
