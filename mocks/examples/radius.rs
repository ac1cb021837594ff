//! A RADIUS server in your own test: users with challenges, answers that go wrong, a journal of what it saw.
use std::{error::Error, sync::Arc};

use gateway_mocks::behaviour::{Misbehaviour, Rule};
use gateway_mocks::{journal::Journal, radius};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let alice = radius::User::new("alice", "Winter-26").challenged("Enter your passcode", "492817");
    let config = radius::Config::new("only-for-the-lab-0001", vec![alice]);
    let server = Arc::new(radius::Mock::new(config, Journal::default())?);
    server.misbehave(vec![Rule::only(1, Misbehaviour::NoAuthenticator)])?;
    let socket = rt.net.bind_udp("127.0.0.1:0".parse()?).await?;
    println!("your client asks udp {}", socket.local_addr());
    let serving = server.clone().serve_on(rt.clone(), socket);
    rt.spawn("radius", async { drop(serving.await) });
    assert!(server.journal().entries().is_empty());
    Ok(())
}
