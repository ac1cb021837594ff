//! An STA in your own test: your broker has it issue tickets, your gateway redeems them, once.
use std::{error::Error, sync::Arc};

use gateway_mocks::{journal::Journal, sta};
use gateway_proto::sta::{ErrorId, RequestTicket, TicketData};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let sta = Arc::new(sta::Mock::new(sta::Config::new("STA01".parse()?), Journal::default())?);
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    println!("your gateway redeems tickets at http://{}/scripts/ctxsta.dll", listener.local_addr());
    let serving = sta.clone().serve_on(rt.clone(), listener);
    rt.spawn("sta", async { drop(serving.await) });
    let data = TicketData { ica_address: Some("vda01.example:1494".parse()?), ..TicketData::default() };
    let ticket = sta.issue(&rt, RequestTicket::new(data.clone())).map_err(ErrorId::as_str)?;
    assert_eq!(sta.redeem(&ticket), Ok(data));
    assert_eq!(sta.redeem(&ticket), Err(ErrorId::TicketUnknown));
    Ok(())
}
