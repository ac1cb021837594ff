//! The gateway's LDAP driver alone: is this the password of this user, and which groups is the user in?
//!
//! `ldap_login URL[,URL…] CA.pem BASE-DN ATTRIBUTE USER [ACCOUNT-DN]`, with `ldaps://` for TLS and `ldap://` for
//! StartTLS. Standard input has the user's password on its first line, the account's on the second.
//! Prints what the directory says of the user; what the audit log would say goes to standard error.
use std::{error::Error, io, process::ExitCode, sync::Arc, time::Duration};

use gateway::audit::{Event, Sink};
use gateway::auth::ldap::{Ground, log_in};
use gateway::config::{Ldap, LdapAccount, LdapSecurity, LdapServer};
use gateway_proto::ldap::{Filter, PORT, TLS_PORT};
use gateway_proto::{host_port::HostPort, secret::Secret};
use gateway_rt::{Tell, tls};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [urls, ca, base, attribute, user, account @ ..] = &arguments[..] else {
        return Err("ldap_login URL[,URL...] CA.pem BASE-DN ATTRIBUTE USER [ACCOUNT-DN]".into());
    };
    let password = password()?;
    let account =
        account.first().map(|dn| LdapAccount::new(dn, self::password()?).map_err(Box::<dyn Error>::from));
    let servers = urls.split(',').map(server).collect::<Result<_, _>>()?;
    let directory = Ldap {
        filter: Filter::person(attribute),
        name_attribute: attribute.clone(),
        ..Ldap::active_directory(servers, account.transpose()?, base)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let rt = gateway_rt::tokio::real();
    let tls = tls::client_config(&rt, roots)?;
    let audit: Sink = Arc::new(|event: &Event| eprintln!("{}: {}", event.kind(), event.tell().line));
    let ground = Ground { rt: &rt, tls: &tls, audit: &audit, within: Duration::from_secs(10) };
    Ok(match log_in(&directory, &ground, user, &password).await {
        Ok(found) => {
            println!("{} is {}", found.name, found.dn);
            found.groups.iter().for_each(|group| println!("in {group}"));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("{}", reason.code());
            ExitCode::FAILURE
        }
    })
}

fn password() -> Result<Secret, Box<dyn Error>> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches('\n')))
}

fn server(url: &str) -> Result<LdapServer, Box<dyn Error>> {
    let (security, usual, rest) = match url.split_once("://") {
        Some(("ldaps", rest)) => (LdapSecurity::Tls, TLS_PORT, rest),
        Some(("ldap", rest)) => (LdapSecurity::StartTls, PORT, rest),
        _ => return Err(format!("{url} is neither ldap:// nor ldaps://").into()),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, port.parse()?),
        None => (rest, usual),
    };
    Ok(LdapServer { name: rest.to_owned(), at: HostPort::new(host, port)?, security })
}
