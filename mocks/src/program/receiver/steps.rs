//! The steps of a user, each with one line about what came of it.
//!
//! Specification: ours.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use gateway_mocks::receiver::{
    App, Apps, Connect, Echo, IcaSession, Launch, Login, Logout, Receiver, Refusal, Trouble,
};
use gateway_proto::ica_file::LaunchFile;
use gateway_proto::secret::Secret;
use serde_json::json;

use super::credentials::ask;
use crate::program::Format;
use crate::program::failure::Failure;
use crate::program::files;
use crate::program::limits::CHALLENGES_MAX;
use crate::program::output::print;

/// A user at work.
pub(super) struct Steps {
    receiver: Receiver,
    format: Format,
    deadline: Duration,
}

impl Steps {
    /// A user in front of a Receiver that has spoken to nobody yet.
    pub(super) fn new(receiver: Receiver, format: Format, deadline: Duration) -> Self {
        Self { receiver, format, deadline }
    }

    /// Logs in, answering challenges with the passcodes in order, then from the terminal.
    pub(super) async fn log_in(
        &mut self,
        user: &str,
        password: &Secret,
        passcodes: &[String],
    ) -> Result<(), Failure> {
        let mut passcodes = passcodes.iter();
        let mut outcome = self.receiver.login(user, password).await.map_err(unreached)?;
        for _ in 0..=CHALLENGES_MAX {
            match outcome {
                Login::Session { landing } => {
                    self.done("login", "session", &format!("{user} is logged in, led to {landing}"));
                    return Ok(());
                }
                Login::Challenge { prompt } => {
                    self.done("login", "challenge", &format!("the gateway asks: {prompt}"));
                    let code = match passcodes.next() {
                        Some(code) => Some(Secret::from(code.as_str())),
                        None => ask(&format!("{prompt}: "))?,
                    };
                    let code = code
                        .ok_or_else(|| Failure::broken("no passcode left: use --passcode, or a terminal"))?;
                    outcome = self.receiver.answer(&code).await.map_err(unreached)?;
                }
                Login::TransferOffered { text } => {
                    return Err(self.refused("login", format!("{user} has another session: {text}")));
                }
                Login::Refused(refusal) => return Err(self.refused("login", told(&refusal))),
            }
        }
        Err(self.refused("login", format!("more than {CHALLENGES_MAX} challenges")))
    }

    /// Logs out.
    pub(super) async fn log_out(&mut self) -> Result<(), Failure> {
        match self.receiver.logout().await.map_err(unreached)? {
            Logout::LoggedOut => self.done("logout", "logged-out", "logged out"),
            Logout::Refused(refusal) => return Err(self.refused("logout", told(&refusal))),
        }
        Ok(())
    }

    /// Lists the apps, one a line.
    pub(super) async fn apps(&mut self) -> Result<(), Failure> {
        let apps = match self.receiver.apps().await.map_err(unreached)? {
            Apps::Listed(apps) => apps,
            Apps::Refused(refusal) => return Err(self.refused("apps", told(&refusal))),
        };
        match self.format {
            Format::Text => apps.iter().for_each(|App { name, .. }| print(&format!("app: {name}"))),
            Format::Json => {
                let names: Vec<_> = apps.iter().map(|app| app.name.as_str()).collect();
                print(&json!({"step": "apps", "outcome": "listed", "apps": names}).to_string());
            }
        }
        Ok(())
    }

    /// Launches an app, opens its session, and types.
    pub(super) async fn launch(&mut self, app: &str, text: Option<&str>) -> Result<(), Failure> {
        let file = self.ica_file(app).await?;
        self.connect(&file, text).await
    }

    /// Launches an app and keeps its ICA file as it came.
    pub(super) async fn save(&mut self, app: &str, path: &Path) -> Result<(), Failure> {
        self.ica_file(app).await?;
        let body = self.receiver.page().map(|page| page.body.clone()).unwrap_or_default();
        // Who has the file has the session: it is for its owner only.
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let kept = file.and_then(|mut file| file.write_all(&body));
        kept.map_err(|error| Failure::broken(format!("{}: {error}", path.display())))?;
        self.done("save", "saved", &format!("ICA file kept in {}", path.display()));
        Ok(())
    }

    /// Opens the session of a kept ICA file, and types.
    pub(super) async fn connect_with(&mut self, path: &Path, text: Option<&str>) -> Result<(), Failure> {
        let file = LaunchFile::parse(&files::bytes(path)?);
        let file = file.map_err(|error| Failure::file(format!("{}: {error}", path.display())))?;
        self.connect(&file, text).await
    }

    async fn ica_file(&mut self, app: &str) -> Result<LaunchFile, Failure> {
        match self.receiver.launch(app).await.map_err(unreached)? {
            Launch::File(file) => {
                let (sta, gateway) = (file.ticket.sta(), &file.gateway);
                self.done("launch", "ica-file", &format!("{app}: ticket of {sta}, through {gateway}"));
                Ok(file)
            }
            Launch::Failed { error_id, status } => {
                Err(self.refused("launch", format!("{app}: {error_id}, status {status}")))
            }
            Launch::NoSuchApp => Err(self.refused("launch", format!("there is no app {app}"))),
            Launch::Refused(refusal) => Err(self.refused("launch", told(&refusal))),
        }
    }

    async fn connect(&mut self, file: &LaunchFile, text: Option<&str>) -> Result<(), Failure> {
        let mut session = match self.receiver.connect(file).await.map_err(unreached)? {
            Connect::Open(session) => session,
            Connect::Refused { reply } => {
                return Err(self.refused("connect", format!("SOCKS5 reply {reply}")));
            }
            Connect::Declined { code } => {
                return Err(self.refused("connect", format!("CGP was refused: {code}")));
            }
            Connect::Closed => return Err(self.refused("connect", "closed before the host spoke".to_owned())),
            Connect::Silent => {
                return Err(self.refused("connect", "the host did not speak in time".to_owned()));
            }
            Connect::Foreign => return Err(self.refused("connect", "what came is not ICA".to_owned())),
        };
        self.done("connect", "open", &format!("{}: the host speaks ICA", file.application));
        let typed = match text {
            Some(text) => self.type_text(&mut session, text).await,
            None => Ok(()),
        };
        session.close().await;
        typed
    }

    async fn type_text(&mut self, session: &mut IcaSession, text: &str) -> Result<(), Failure> {
        session.type_text(text).await.map_err(unreached)?;
        let bytes = text.len();
        let wrong = match session.read_echo(text, self.deadline).await {
            Echo::Matched => {
                self.done("type", "echoed", &format!("{bytes} bytes typed, all came back"));
                return Ok(());
            }
            Echo::Differs { at } => format!("what came back differs at byte {at}"),
            Echo::Late { received } => format!("only {received} of {bytes} bytes came back in time"),
            Echo::Closed { received } => format!("the session ended after {received} of {bytes} bytes"),
        };
        Err(self.refused("type", wrong))
    }

    fn done(&self, step: &'static str, outcome: &'static str, text: &str) {
        match self.format {
            Format::Text => print(&format!("{step}: {text}")),
            Format::Json => print(&json!({"step": step, "outcome": outcome, "text": text}).to_string()),
        }
    }

    /// A step that ends the run. Text output has it on standard error only, as everything that went wrong.
    fn refused(&self, step: &'static str, text: String) -> Failure {
        if self.format == Format::Json {
            self.done(step, "refused", &text);
        }
        Failure::broken(format!("{step} refused: {text}"))
    }
}

fn told(refusal: &Refusal) -> String {
    let reason = refusal.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    let code = refusal.vpn_error.map(|code| format!(", code {code}")).unwrap_or_default();
    let text = if refusal.text.is_empty() { String::new() } else { format!(": {}", refusal.text) };
    format!("status {}{reason}{code}{text}", refusal.status)
}

fn unreached(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Connect(_) | Trouble::Tls(_) | Trouble::Deadline(_) | Trouble::Http(_) => {
            Failure::unreachable(trouble)
        }
        trouble => Failure::broken(trouble),
    }
}
