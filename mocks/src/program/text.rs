//! Values as files, rules and flags write them: times, addresses of servers, and the nearest known word.
//!
//! Times are written as in scenario files: a whole number with one unit, `"250ms"`, `"30s"`, `"2m"`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gateway_proto::host_port::{HostPort, HostPortError};
use gateway_proto::secret::Secret;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::limits::TIME_MAX;

/// Units of a time and their length in milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// How alike a word must be to be meant (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// A time such as `"30s"`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("\"{text}\" is no time: write a whole number and ms, s, m, h or d, such as \"30s\"");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let time = number.checked_mul(*scale).map(Duration::from_millis);
    time.filter(|time| *time <= TIME_MAX).ok_or_else(|| format!("\"{text}\" is longer than a year"))
}

/// A server by its URL, of which only the origin counts: `http://127.0.0.1:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Whether it is asked by https.
    pub(super) tls: bool,
    /// Host and port.
    pub(super) at: HostPort,
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("\"{text}\" is no server: {why}, such as http://127.0.0.1:8080");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("write a URL"))?;
        let (tls, usual_port) = match scheme {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return Err(wrong("write a URL with http or https")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let at = match authority.parse() {
            Err(HostPortError::Port) => HostPort::new(authority, usual_port),
            parsed => parsed,
        };
        Ok(Self { tls, at: at.map_err(|_| wrong("write a URL without a path"))? })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.at)
    }
}

/// The known word that was probably meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(word, known), known));
    alike.filter(|(alike, _)| *alike > ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// A hint for a word nobody knows: what was probably meant, or what there is.
pub(super) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// A decoder's complaint with the key that was probably meant. Decoders name the unknown key first and then
/// all they know, each in back quotes.
pub(super) fn with_hint(complaint: &str) -> String {
    let mut quoted = complaint.split('`').skip(1).step_by(2);
    let is_unknown = complaint.contains("unknown field") || complaint.contains("unknown variant");
    match quoted.next().filter(|_| is_unknown).and_then(|word| nearest(word, quoted)) {
        Some(meant) => format!("{}\ndid you mean `{meant}`?", complaint.trim_end()),
        None => complaint.trim_end().to_owned(),
    }
}

/// Decodes whatever has a `FromStr`.
pub(super) fn parsed<'de, D, T>(decoder: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(decoder)?.parse().map_err(D::Error::custom)
}

/// Decodes a list of such values.
pub(super) fn parsed_list<'de, D, T>(decoder: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(decoder)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

/// Decodes a time.
pub(super) fn duration<'de, D: Deserializer<'de>>(decoder: D) -> Result<Duration, D::Error> {
    time(&String::deserialize(decoder)?).map_err(D::Error::custom)
}

/// Decodes a secret.
pub(super) fn secret<'de, D: Deserializer<'de>>(decoder: D) -> Result<Secret, D::Error> {
    String::deserialize(decoder).map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_numbers_with_a_unit() {
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(time("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "3", "s", "1.5s", "-1s", "3 s", "3sec", "367d", "18446744073709551615d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn servers_are_urls_without_a_path() {
        let origin = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(origin("https://gw.example.test"), Ok("https://gw.example.test:443".to_owned()));
        assert_eq!(origin("http://127.0.0.1:8080/"), Ok("http://127.0.0.1:8080".to_owned()));
        assert_eq!(origin("https://[::1]:8443"), Ok("https://[::1]:8443".to_owned()));
        for wrong in ["gw", "ftp://gw", "https://", "https://gw/vpn", "https://gw:0", "https://u@gw"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        assert_eq!(hint("slwo", &["silent", "slow"]), "did you mean \"slow\"?");
        assert_eq!(hint("xyz", &["silent", "slow"]), "known: silent, slow");
        let complaint = "unknown field `listn`, expected `id` or `listen`";
        assert!(with_hint(complaint).ends_with("did you mean `listen`?"));
        assert_eq!(with_hint("invalid type: integer `5`"), "invalid type: integer `5`");
    }
}
