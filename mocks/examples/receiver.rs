//! A Receiver in your own test: a user in front of your gateway. Arguments: its host:port, who signs it (PEM).
use std::error::Error;

use gateway_mocks::journal::Journal;
use gateway_mocks::receiver::{Config, Launch, Receiver};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [gateway, ca] = args.as_slice() else { return Err("usage: receiver HOST:PORT CA.PEM".into()) };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let config = Config::new("laptop", gateway.parse()?, gateway.parse()?, roots);
    let mut receiver = Receiver::new(config, gateway_rt::tokio::real(), Journal::default())?;
    println!("{:?}", receiver.login("carol", &"Autumn-26".into()).await?);
    let Launch::File(file) = receiver.launch("Notepad").await? else { return Err("no ICA file".into()) };
    receiver.connect(&file).await?;
    println!("{:?}", receiver.logout().await?);
    Ok(())
}
