//! `gateway doctor`: looks at a gateway from outside, as a browser would, step by step: name, connection, TLS,
//! certificate, clock, log-in page. Each finding says what to do.
//!
//! It works with any gateway that has the usual log-in page, and never logs in.

mod recorder;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use clap::Args;
use gateway_proto::cvpn::{Scheme, Target};
use gateway_proto::host_port::HostPort;
use gateway_rt::{ConnectError, Rt, tls};
use http::header::{DATE, HeaderName, LOCATION};
use http::{Method, Response, StatusCode};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::certificate::{Facts, break_in, covers, days_until, system_roots};
use super::failure::Failure;
use super::{configuration, fetch, output};
use recorder::Recorder;

/// Each step has this time.
const DEADLINE: Duration = Duration::from_secs(10);
/// From here on the end of a certificate is told.
const CERTIFICATE_DAYS_LEFT_MIN: u64 = 30;
/// One-time codes change every 30 seconds; call-backs and cookies live longer.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(30);
/// The log-in page's usual path.
const LOGIN_PAGE: &str = "/vpn/index.html";
/// Where its form is sent.
const LOGIN_FORM: &str = "/cgi/login";

/// Which gateway, seen how.
#[derive(Args)]
pub(super) struct Arguments {
    /// What users type: https://gateway.example.com
    url: Target,
    /// Connects here instead of where the name leads
    #[arg(long, value_name = "HOST:PORT")]
    at: Option<HostPort>,
    /// Believes the authorities of this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
}

/// Looks, prints, and fails when something is wrong.
pub(super) async fn doctor(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.url.scheme() != Scheme::Https {
        return Err(Failure::usage("a gateway is reached by https"));
    }
    let mut visit = Visit { rt: gateway_rt::tokio::real(), url: &arguments.url, wrong: 0 };
    let chain = visit.connect(arguments).await?;
    visit.certificate(&chain, roots(arguments)?);
    let front = visit.get(arguments, "/").await?;
    visit.clock(&front);
    visit.security_headers(&front);
    visit.front_door(&front);
    let page = visit.get(arguments, LOGIN_PAGE).await?;
    visit.login_page(&page);
    match visit.wrong {
        0 => Ok(()),
        wrong => Err(Failure::broken(format!("{wrong} of these steps need attention"))),
    }
}

fn roots(arguments: &Arguments) -> Result<RootCertStore, Failure> {
    match &arguments.ca {
        Some(path) => configuration::authorities(path).map_err(|finding| configuration::failure(&[finding])),
        None => Ok(system_roots()),
    }
}

/// One look from outside.
struct Visit<'a> {
    rt: Rt,
    url: &'a Target,
    wrong: usize,
}

impl Visit<'_> {
    fn good(&self, text: impl AsRef<str>) {
        output::print(&format!("ok     {}", text.as_ref()));
    }

    fn bad(&mut self, text: impl AsRef<str>, advice: &str) {
        self.wrong += 1;
        output::print(&format!("WRONG  {}\n       -> {advice}", text.as_ref()));
    }

    fn lost(&mut self, text: impl AsRef<str>, advice: &str) -> Failure {
        self.bad(text, advice);
        Failure::unreachable(format!("{} can't be reached", self.url))
    }

    /// Connects as every later step does, and brings the certificates home.
    async fn connect(&mut self, arguments: &Arguments) -> Result<Vec<CertificateDer<'static>>, Failure> {
        let (_, at, chain) = self.open(arguments).await?;
        self.good(format!("{} is reached at {at}, with TLS 1.2 or 1.3", self.url));
        Ok(chain)
    }

    async fn open(
        &mut self,
        arguments: &Arguments,
    ) -> Result<(gateway_rt::Stream, std::net::SocketAddr, Vec<CertificateDer<'static>>), Failure> {
        let (host, port) = match &arguments.at {
            Some(at) => (at.host(), at.port()),
            None => (self.url.host(), self.url.port()),
        };
        let connected = self.rt.connect(host, port, DEADLINE).await;
        let (stream, at) = connected.map_err(|error| {
            let advice = match &error {
                ConnectError::Unresolved { .. } => "add the name to DNS, outside as well as inside",
                ConnectError::Refused { .. } => {
                    "nothing listens there, or a firewall refuses: is it the right address and port?"
                }
                ConnectError::Deadline { .. } => "a firewall drops the packets, or the route is wrong",
            };
            self.lost(error.to_string(), advice)
        })?;
        let recorder = Recorder::over(&self.rt);
        let config = recorder.client_config().map_err(Failure::broken)?;
        let name = self.url.host().trim_matches(['[', ']']);
        match tls::connect(config, stream, name, DEADLINE).await {
            Ok(stream) => Ok((stream, at, recorder.chain())),
            Err(error) => {
                let advice = "is this a TLS port? does something between shorten or filter TLS?";
                Err(self.lost(error.to_string(), advice))
            }
        }
    }

    fn certificate(&mut self, chain: &[CertificateDer<'static>], roots: RootCertStore) {
        let facts: Option<Vec<Facts>> = chain.iter().map(Facts::of).collect();
        let (Some(facts), Some(leaf)) = (facts, chain.first()) else {
            return self.bad("the certificate can't be read", "is this a TLS gateway?");
        };
        let Some(own) = facts.first() else { return };
        let host = self.url.host().trim_matches(['[', ']']);
        if covers(leaf, host) {
            self.good(format!("the certificate is for {host}"));
        } else {
            let text = format!("the certificate is for {}, not for {host}", own.names.join(", "));
            self.bad(text, "order one with this name, or type the name it has");
        }
        let now = self.rt.clock.now();
        let days = days_until(own.ends, now);
        match () {
            () if own.ends <= now => self.bad("the certificate is over", "renew it, then reload the gateway"),
            () if own.begins > now => self.bad("the certificate is not valid yet", "check both clocks"),
            () if days < CERTIFICATE_DAYS_LEFT_MIN => {
                self.bad(
                    format!("the certificate is over in {days} days"),
                    "renew it, then reload the gateway",
                );
            }
            () => self.good(format!("the certificate is valid for {days} days")),
        }
        match (recorder::believed(&self.rt, chain, roots, host, now), break_in(&facts)) {
            (Ok(()), _) => {
                self.good(format!("its chain of {} leads to an authority that is believed", chain.len()));
            }
            (Err(_), Some((lower, upper))) => {
                let text = format!("the chain is broken: {} comes behind {}", upper.subject, lower.subject);
                self.bad(text, "put the gateway's certificate first, then each one's issuer");
            }
            (Err(_), None) if own.is_self_signed() => {
                let advice = "browsers and Receiver refuse it; get one from an authority that they believe";
                self.bad("the certificate vouches for itself", advice);
            }
            (Err(error), None) => {
                let last = facts.last().map_or("", |last| last.issuer.as_str());
                let advice = format!(
                    "append the certificate of {last} if it is an intermediate; if it is your own authority, give it to clients (here: --ca)"
                );
                self.bad(format!("the certificate is not believed: {error}"), &advice);
            }
        }
    }

    async fn get(&mut self, arguments: &Arguments, path: &str) -> Result<Response<Bytes>, Failure> {
        let (stream, _, _) = self.open(arguments).await?;
        let host = self.url.authority();
        let answer = fetch::fetch(&self.rt, stream, Method::GET, &host, path, DEADLINE).await;
        answer.map_err(|error| {
            let advice = "the port speaks TLS but not HTTP: is it the gateway's?";
            self.lost(format!("GET {path} is not answered: {error}"), advice)
        })
    }

    fn clock(&mut self, answer: &Response<Bytes>) {
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let Some(theirs) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else {
            return self.good("the gateway does not say what time it is");
        };
        let ours = self.rt.clock.now();
        let skew = apart(theirs, ours);
        if skew > CLOCK_SKEW_MAX {
            let text = format!("the clocks of the gateway and this machine are {} s apart", skew.as_secs());
            self.bad(
                text,
                "synchronise both (NTP): one-time codes, call-backs and certificates depend on it",
            );
        } else {
            self.good("the gateway's clock agrees with this machine's");
        }
    }

    fn security_headers(&mut self, answer: &Response<Bytes>) {
        if answer.headers().contains_key(HeaderName::from_static("strict-transport-security")) {
            self.good("browsers are told to come by https only");
        } else {
            let advice = "have the gateway send Strict-Transport-Security";
            self.bad("browsers are not told to come by https only", advice);
        }
    }

    fn front_door(&mut self, answer: &Response<Bytes>) {
        let location = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        if answer.status().is_redirection() && location.ends_with(LOGIN_PAGE) {
            self.good(format!("strangers are led to {LOGIN_PAGE}"));
        } else {
            let text = format!("strangers get {} instead of being led to {LOGIN_PAGE}", answer.status());
            self.bad(text, "is this the gateway's own address, or that of something in front of it?");
        }
    }

    fn login_page(&mut self, page: &Response<Bytes>) {
        let body = String::from_utf8_lossy(page.body());
        if page.status() == StatusCode::OK && body.contains(LOGIN_FORM) {
            self.good("the log-in page is there");
        } else {
            let text = format!("{LOGIN_PAGE} is no log-in page ({})", page.status());
            self.bad(text, "look into the gateway's log for this request");
        }
    }
}

fn apart(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).or_else(|_| b.duration_since(a)).unwrap_or_default()
}
