//! The world the expression tests run in.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    environment::{Declarations, Environment, Presence, Stop, Table, Variable},
    expr::Expression,
    facts::{Connection, Facts, Message, Session},
    switches::Switches,
    value::{Type, Undefined, Value},
};

/// A request for `/a/b.html?x=1&y=&x=2` by alice.
pub(super) struct World {
    pub(super) facts: Facts,
    pub(super) switches: Switches,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) named: BTreeMap<String, Arc<Expression>>,
    pub(super) tables: BTreeMap<String, Table>,
    /// Names of the variables and call-outs that were asked, in order.
    pub(super) asked: Vec<String>,
}

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            facts: facts(),
            switches: Switches::default(),
            variables: BTreeMap::new(),
            named: BTreeMap::new(),
            tables: BTreeMap::new(),
            asked: Vec::new(),
        };
        world.variables.insert("counter".into(), Value::Ulong(7));
        world.variables.insert("map[alice]".into(), Value::text("s1"));
        for (name, text) in
            [("my_text", r#""ab" + "cd""#), ("is_a", r#"HTTP.REQ.URL.STARTSWITH("/a")"#), ("loop", "LOOP")]
        {
            world.named.insert(name.to_uppercase(), Arc::new(Expression::parse(text).unwrap()));
        }
        let patterns = world.tables.entry("PATTERNS".into()).or_default();
        for (index, pattern) in ["foo", "b.ht", "a"].into_iter().enumerate() {
            patterns.bind(pattern, (index + 1).to_string());
        }
        let map = world.tables.entry("MAP".into()).or_default();
        map.bind("alice", "admin");
        map.bind("Bob", "user");
        let nets = world.tables.entry("NETS".into()).or_default();
        nets.bind_range("192.0.2.0", "192.0.2.9", "1");
        world
    }
}

pub(super) fn message(text: &str) -> Message {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let start_line = lines.next().unwrap_or_default().as_bytes().to_vec();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers =
        headers.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    Message { start_line, headers, body: body.as_bytes().to_vec() }
}

fn facts() -> Facts {
    let request = "GET /a/b.html?x=1&y=&x=2 HTTP/1.1\nHost: WWW.Example.com:8443\nX-Many: first\nX-Many: second\n\
                   Cookie: one=1; two=2\nCookie: three=3\nCache-Control: no-cache, max-age=60\n\nlogin=a%40b.com&passwd=p+w&n=12";
    let response = "HTTP/1.1 404 Not Found\nSet-Cookie: sid=abc; Path=/x\nSet-Cookie: other=1\nContent-Length: 5\n\nhello";
    Facts {
        request: Some(message(request)),
        response: Some(message(response)),
        client: Connection {
            source: Some("192.0.2.7".parse().unwrap()),
            source_port: 50_000,
            destination: Some("198.51.100.1".parse().unwrap()),
            destination_port: 443,
            tls: true,
            location: Some("EU.DE.Bavaria".into()),
        },
        session: Some(Session {
            user: "alice".into(),
            id: "s1".into(),
            groups: vec!["staff".into(), "vpn".into()],
            attributes: vec![("mail".into(), "alice@example.com".into())],
            attempts: 1,
        }),
        now: 1_520_245_416,
        vserver: "portal".into(),
        nsip: Some("198.51.100.9".parse().unwrap()),
        random: 0.25,
    }
}

impl Environment for World {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn variable(&mut self, name: &str, key: Option<&[u8]>) -> Result<Value, String> {
        let entry = match key {
            Some(key) => format!("{name}[{}]", String::from_utf8_lossy(key)),
            None => name.to_owned(),
        };
        self.asked.push(entry.clone());
        self.variables.get(&entry).cloned().ok_or(format!("`${entry}` has no value"))
    }

    fn value_exists(&mut self, name: &str, key: &[u8]) -> Result<bool, String> {
        Ok(self.variables.contains_key(&format!("{name}[{}]", String::from_utf8_lossy(key))))
    }

    fn named(&self, name: &str) -> Option<Arc<Expression>> {
        self.named.get(&name.to_uppercase()).cloned()
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(&name.to_uppercase())
    }

    fn callout(&mut self, name: &str) -> Result<Value, Stop> {
        self.asked.push(name.to_owned());
        match name.to_lowercase().as_str() {
            "ready" => Ok(Value::text("answer")),
            "broken" => {
                Err(Stop::Undefined(Undefined { span: Default::default(), cause: "it timed out".into() }))
            }
            _ => Err(Stop::Pending { callout: name.to_owned() }),
        }
    }

    fn check_limit(&mut self, name: &str) -> Result<bool, String> {
        if name == "over" { Ok(true) } else { Err(format!("no identifier `{name}`")) }
    }
}

impl Declarations for World {
    fn variable(&self, name: &str) -> Option<Variable> {
        match name {
            "counter" => Some(Variable { value: Type::Ulong, map: false }),
            "map" => Some(Variable { value: Type::Text, map: true }),
            _ => None,
        }
    }

    fn named(&self, name: &str) -> Option<Arc<Expression>> {
        Environment::named(self, name)
    }

    fn table(&self, name: &str) -> Presence {
        if Environment::table(self, name).is_some() { Presence::Here } else { Presence::Missing }
    }

    fn callout(&self, name: &str) -> Option<Option<Type>> {
        ["ready", "broken", "slow"].contains(&name.to_lowercase().as_str()).then_some(Some(Type::Text))
    }

    fn has_limit(&self, name: &str) -> bool {
        name == "over"
    }
}
