//! `sim lab`: says where everything is, and waits for Ctrl-C.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context;

use super::Exit;
use super::stopwatch::Stopwatch;
use crate::lab::{Lab, Ports};
use crate::report::seconds;
use crate::scenario::plan::Mode;

pub(super) fn lab(ports: Ports, browsers: Mode, ca_out: Option<&Path>) -> anyhow::Result<Exit> {
    let watch = Stopwatch::start();
    let lab = Lab::new(ports, browsers)?;
    if let Some(path) = ca_out {
        fs::write(path, lab.root_pem()).with_context(|| path.display().to_string())?;
    }
    let end = lab.run(async {
        // A lab runs whether or not somebody reads this.
        drop(std::io::stdout().write_all(told(&lab, &seconds(watch.elapsed())).as_bytes()));
        asked_to_end().await
    });
    end.context("waiting for Ctrl-C")?;
    Ok(Exit::Passed)
}

/// Ctrl-C, or how a service manager says the same.
async fn asked_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! { biased;
            done = tokio::signal::ctrl_c() => done,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn told(lab: &Lab, ready: &str) -> String {
    let (portal, pages) = (lab.portal(), lab.pages());
    let mut out = format!(
        "Gateway Lab, ready after {ready} s. For this machine only; nothing is kept.\n\n\
         \x20 Portal    {portal:<32}  the browser warns once: the certificate is the lab's own\n\
         \x20 Phone     {:<32}  one-time codes and e-mails arrive here\n\
         \x20 Sequence  {:<32}  what was said since the last log-in\n\
         \x20 Launch    {pages:<32}  for who has no Citrix client\n\n\
         \x20 User      Password    Second factor\n",
        format!("{pages}phone"),
        format!("{pages}sequence"),
    );
    // Writing to a String cannot fail.
    for person in lab.people() {
        let _ = writeln!(out, "  {:<9} {:<11} {}", person.name, person.password, person.second.text());
    }
    let user = lab.people().first().map_or("", |person| person.name.as_str());
    let _ = write!(out, "\n  curl -d user={user} -d app=Notepad {pages}launch\n\nCtrl-C ends it.\n");
    out
}
