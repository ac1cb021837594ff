//! An XML broker in your own test: its farm is a value, and its answers can be made to go wrong.
use std::{error::Error, sync::Arc};

use gateway_mocks::behaviour::{Misbehaviour, Operation, Rule};
use gateway_mocks::{broker, journal::Journal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let mut farm = broker::Farm::new("Farm01");
    farm.users.push(broker::User::new("alice", "Winter-26"));
    farm.apps.push(broker::App::new("Notepad"));
    farm.servers.push(broker::Server::new("vda01", "vda01.example:1494".parse()?));
    let broker = Arc::new(broker::Mock::new(broker::Config::new(farm), Journal::default())?);
    broker.misbehave(vec![Rule::first(2, Misbehaviour::Silent).on(Operation::Launch)])?;
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    println!("your store asks http://{}/scripts/wpnbr.dll", listener.local_addr());
    let serving = broker.clone().serve_on(rt.clone(), listener);
    rt.spawn("broker", async { drop(serving.await) });
    assert_eq!(broker.load("vda01"), Some(0));
    Ok(())
}
