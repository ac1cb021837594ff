//! One event as one line: text, JSON (SR-140) or a syslog message (RFC 5424).
//!
//! Control characters left peer text when it entered its [`Told`] line; fields are cleaned here (SR-141).
//! Session ids and tickets are there as fingerprints only.

use std::time::SystemTime;

use gateway::audit::syslog;
use gateway_proto::limits::SYSLOG_MESSAGE_MAX_BYTES;
use gateway_rt::time::rfc3339;
use gateway_rt::{Field, Told};
use serde_json::{Map, Value};

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Rfc5424,
}

/// An event with its place in the log.
pub(super) struct Entry {
    pub(super) at: SystemTime,
    pub(super) sequence: u64,
    pub(super) told: Told,
}

impl Entry {
    /// The line, without its end. `host` is who tells it.
    pub(super) fn line(&self, form: Form, host: &str) -> String {
        match form {
            Form::Text => self.text(),
            Form::Json => self.json(),
            Form::Rfc5424 => self.rfc5424(host),
        }
    }

    fn text(&self) -> String {
        let peer = self.told.peer.map(|peer| format!("  {peer}")).unwrap_or_default();
        format!("{}  {}{peer}", rfc3339(self.at), self.told.line)
    }

    fn json(&self) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), rfc3339(self.at).into());
        object.insert("seq".to_owned(), self.sequence.into());
        object.insert("event".to_owned(), self.told.kind.into());
        object.insert("text".to_owned(), self.told.line.to_string().into());
        if let Some(peer) = self.told.peer {
            object.insert("peer".to_owned(), peer.to_string().into());
        }
        for (name, field) in &self.told.fields {
            let value = match field {
                Field::Number(number) => Value::from(*number),
                other => Value::from(syslog::shown(other)),
            };
            object.insert((*name).to_owned(), value);
        }
        Value::Object(object).to_string()
    }

    fn rfc5424(&self, host: &str) -> String {
        let process = std::process::id().to_string();
        let message = syslog::message(&self.told, self.at, self.sequence, host, &process);
        message.write(SYSLOG_MESSAGE_MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use gateway::audit::{Event, Mark};
    use gateway::reason::Reason;
    use gateway_proto::secret::Secret;
    use gateway_rt::Tell as _;

    use super::*;

    fn entry(event: &Event) -> Entry {
        Entry { at: UNIX_EPOCH + Duration::from_millis(1), sequence: 7, told: event.tell() }
    }

    fn refused(user: &str) -> Entry {
        let peer = "192.0.2.1:5000".parse().unwrap();
        entry(&Event::LoginRefused { peer, user: user.to_owned(), reason: Reason::LoginRefused })
    }

    #[test]
    fn an_event_reads_the_same_in_every_form() {
        assert_eq!(
            refused("alice").line(Form::Text, "gw"),
            "1970-01-01T00:00:00.001Z  refuses the log-in of alice [login-refused]  192.0.2.1:5000"
        );
        let json: Value = serde_json::from_str(&refused("alice").line(Form::Json, "gw")).unwrap();
        assert_eq!((&json["event"], &json["seq"]), (&"login.refused".into(), &7.into()));
        assert_eq!((&json["user"], &json["reason"]), (&"alice".into(), &"login-refused".into()));
        let syslog = refused("alice").line(Form::Rfc5424, "gw");
        let expected = format!(
            "<84>1 1970-01-01T00:00:00.001Z gw gateway {} login.refused [audit@32473 seq=\"7\" \
             peer=\"192.0.2.1:5000\" user=\"alice\" reason=\"login-refused\"] refuses the log-in of alice \
             [login-refused]",
            std::process::id()
        );
        assert_eq!(syslog, expected);
    }

    #[test]
    fn a_user_name_forges_neither_line_nor_field() {
        let user = "a\"] \\\n<0>1 forged";
        for form in [Form::Text, Form::Json, Form::Rfc5424] {
            assert_eq!(refused(user).line(form, "gw").lines().count(), 1, "{form:?}");
        }
        assert!(refused(user).line(Form::Rfc5424, "gw").contains("user=\"a\\\"\\] \\\\␦<0>1 forged\""));
        assert!(refused(&"x".repeat(600)).line(Form::Json, "gw").contains("x…"));
    }

    #[test]
    fn a_session_is_named_by_its_fingerprint_only() {
        let session = Mark::of(&Secret::new("the session id"));
        let peer = "192.0.2.1:5000".parse().unwrap();
        let created = entry(&Event::SessionCreated {
            peer,
            user: "alice".to_owned(),
            session,
            policy: gateway::config::DuplicatePolicy::Allow,
            groups: Vec::new(),
        });
        for form in [Form::Text, Form::Json, Form::Rfc5424] {
            let line = created.line(form, "gw");
            assert!(line.contains(&session.to_string()) && !line.contains("the session id"), "{line}");
        }
    }
}
