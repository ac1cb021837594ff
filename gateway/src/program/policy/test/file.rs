//! A test file: a configuration, a clock, answers for its call-outs, requests in order and what must come of each.
//!
//! TOML, because whoever writes a test already has a `gateway.toml` open. Specification: ours (`docs/policy.md`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use gateway_policy::civil;
use gateway_policy::switches::Switches;
use serde::Deserialize;

use crate::program::configuration::Time;
use crate::program::failure::{Exit, Failure};

/// One file, its paths made whole.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct TestFile {
    /// The file's own name.
    #[serde(skip)]
    pub(super) name: String,
    /// The configuration's files, beside this one.
    pub(super) configuration: Vec<PathBuf>,
    /// Takes the commands out of an article.
    #[serde(default)]
    pub(super) repair: bool,
    /// The virtual server that gets the requests; needed if policies are bound to several.
    pub(super) vserver: Option<String>,
    /// When the first request comes.
    #[serde(default = "first_of_2026")]
    at: String,
    /// HTML pages by their name.
    #[serde(default)]
    pub(super) pages: BTreeMap<String, PathBuf>,
    #[serde(default)]
    switches: BTreeMap<String, String>,
    /// Answers for call-outs; the first that fits is given.
    #[serde(default, rename = "callout")]
    pub(super) callouts: Vec<Stub>,
    /// Requests in order.
    #[serde(rename = "request")]
    pub(super) steps: Vec<Step>,
}

/// An answer for call-outs of a name whose request contains a text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Stub {
    pub(super) name: String,
    #[serde(default)]
    pub(super) contains: String,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) body: String,
    /// Why there is no answer.
    pub(super) fails: Option<String>,
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Step {
    pub(super) name: Option<String>,
    /// Since the request before.
    pub(super) after: Option<Time>,
    /// As on the wire: the request line, headers, an empty line, the body. Line ends may be plain.
    pub(super) send: String,
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) session: String,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) attempts: u32,
    #[serde(default = "documentation_address")]
    pub(super) client: IpAddr,
    /// Where `MATCHES_LOCATION` finds the client: `NA.US.California`.
    pub(super) location: Option<String>,
    /// The client connected without TLS.
    #[serde(default)]
    pub(super) plain: bool,
    /// It belongs to a log-in: only `-type AAA_REQUEST` sees it.
    #[serde(default)]
    pub(super) login: bool,
    #[serde(default)]
    pub(super) expect: Expect,
}

/// What must come of it. What is not mentioned does not matter.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) verdict: Option<Word>,
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body_contains: Option<String>,
    /// Policies whose rule is TRUE.
    #[serde(default)]
    pub(super) hits: Vec<String>,
    /// Policies whose rule is not TRUE, or that are not reached.
    #[serde(default)]
    pub(super) misses: Vec<String>,
    /// Policies that are undefined.
    #[serde(default)]
    pub(super) undefined: Vec<String>,
    /// Texts of audit messages.
    #[serde(default)]
    pub(super) messages: Vec<String>,
    pub(super) ends_session: Option<bool>,
    /// What global variables hold afterwards.
    #[serde(default)]
    pub(super) variables: Vec<Holds>,
}

/// What becomes of a request, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    Forwarded,
    Responded,
    Redirected,
    Reset,
    Dropped,
}

impl Word {
    /// As outcomes say it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::Responded => "responded",
            Self::Redirected => "redirected",
            Self::Reset => "reset",
            Self::Dropped => "dropped",
        }
    }
}

/// What a variable holds; nothing without `value`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Holds {
    pub(super) name: String,
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

fn first_of_2026() -> String {
    "2026-01-05T12:00:00Z".to_owned()
}

fn ok() -> u16 {
    200
}

/// RFC 5737.
fn documentation_address() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

impl TestFile {
    /// Reads a file; its paths are taken from where it stands.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |text: String| Failure::new(Exit::Configuration, format!("{}: {text}", path.display()));
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(Exit::Forbidden, format!("{}: {error}", path.display())))?;
        let mut file: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        file.name = path.display().to_string();
        for path in file.configuration.iter_mut().chain(file.pages.values_mut()) {
            *path = folder.join(&*path);
        }
        if civil::read(&file.at, 0).is_none() {
            return Err(wrong(format!("at: `{}` is no time; write it like {}", file.at, first_of_2026())));
        }
        file.switches().map_err(|error| wrong(error.to_string()))?;
        Ok(file)
    }

    /// When the first request comes, in seconds since 1970.
    pub(super) fn begin(&self) -> i64 {
        civil::read(&self.at, 0).unwrap_or_default()
    }

    pub(super) fn switches(&self) -> Result<Switches, gateway_policy::switches::SwitchError> {
        let mut switches = Switches::default();
        for (name, value) in &self.switches {
            switches.set(name, value)?;
        }
        Ok(switches)
    }
}
