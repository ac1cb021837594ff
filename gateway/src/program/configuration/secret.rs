//! Where a secret comes from. The configuration holds the place, not the secret.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use gateway_proto::secret::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::files::{self, FileError};

/// Where systemd puts the files of `LoadCredential=`.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Exactly one place.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct SecretSource {
    /// A file; a line end at its end does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    /// An environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    /// A credential of the systemd unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    /// The secret itself. Only with `test-secrets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    inline: Option<Hidden>,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("write exactly one of file, env, credential")]
    NotOne,
    #[error("a secret in the configuration itself is allowed with test-secrets = true only")]
    Inline,
    #[error("the environment variable {0} is not set")]
    Variable(String),
    #[error("systemd gave no credentials to this process; see LoadCredential= in systemd.exec(5)")]
    NoCredentials,
    #[error("{0} is no name of a credential")]
    CredentialName(String),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the secret is empty")]
    Empty,
}

impl SecretSource {
    /// Reads the secret; relative files are meant from `base`.
    pub(super) fn read(&self, base: &Path, inline_allowed: bool) -> Result<Secret, SecretError> {
        let secret = match self {
            Self { file: Some(file), env: None, credential: None, inline: None } => {
                line(files::secret(&base.join(file))?)
            }
            Self { file: None, env: Some(name), credential: None, inline: None } => {
                let value = std::env::var(name).map_err(|_| SecretError::Variable(name.clone()))?;
                Secret::new(value)
            }
            Self { file: None, env: None, credential: Some(name), inline: None } => {
                if name.is_empty() || name.contains('/') || name.starts_with('.') {
                    return Err(SecretError::CredentialName(name.clone()));
                }
                let folder = std::env::var_os(CREDENTIALS_DIRECTORY).ok_or(SecretError::NoCredentials)?;
                line(files::secret(&Path::new(&folder).join(name))?)
            }
            Self { file: None, env: None, credential: None, inline: Some(hidden) } if inline_allowed => {
                hidden.0.clone()
            }
            Self { inline: Some(_), .. } => return Err(SecretError::Inline),
            _ => return Err(SecretError::NotOne),
        };
        if secret.is_empty() { Err(SecretError::Empty) } else { Ok(secret) }
    }
}

/// Without the line end that editors put at the end of a file.
fn line(content: Secret) -> Secret {
    let bytes = content.expose();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Secret::new(bytes.strip_suffix(b"\r").unwrap_or(bytes))
}

/// A secret that stands in the configuration.
#[derive(Debug)]
struct Hidden(Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}

impl JsonSchema for Hidden {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Hidden".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
