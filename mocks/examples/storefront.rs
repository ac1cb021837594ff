//! StoreFront in your own test: behind your gateway, in front of a broker and an STA (mocks or real ones).
use std::{error::Error, sync::Arc};

use gateway_mocks::journal::Journal;
use gateway_mocks::storefront::{Config, Endpoint, StoreFront};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let mut config = Config::new("gw.example.test:443".parse()?);
    config.brokers = vec![Endpoint::http("127.0.0.1:8080".parse()?)];
    config.stas = vec![Endpoint::http("127.0.0.1:8081".parse()?)];
    let store = Arc::new(StoreFront::new(config, Journal::default())?);
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    println!("your gateway finds the store at http://{}{}", listener.local_addr(), store.base());
    let serving = store.clone().serve_on(rt.clone(), listener);
    rt.spawn("storefront", async { drop(serving.await) });
    assert_eq!(store.logged_on(), 0);
    Ok(())
}
