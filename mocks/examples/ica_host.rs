//! An ICA host in your own test: what your relay brings arrives, and what arrives comes back.
use std::{error::Error, sync::Arc};

use gateway_mocks::{ica_host, journal::Journal};
use gateway_proto::ica::{HOST_BANNER, MAGIC};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rt = gateway_rt::tokio::real();
    let host = Arc::new(ica_host::Mock::new(ica_host::Config::default(), Journal::default())?);
    let listener = rt.net.listen("127.0.0.1:0".parse()?).await?;
    let mut client = rt.net.connect(listener.local_addr()).await?;
    let serving = host.clone().serve_on(rt.clone(), listener);
    rt.spawn("ica-host", async { drop(serving.await) });
    client.write_all(&[&MAGIC[..], b"hello"].concat()).await?;
    let mut heard = [0; HOST_BANNER.len() + 5];
    client.read_exact(&mut heard).await?;
    assert!(heard.ends_with(b"hello") && host.load() == 1);
    Ok(())
}
