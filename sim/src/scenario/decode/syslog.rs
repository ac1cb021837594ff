//! Syslog collectors.

use super::Decoder;
use super::statement::Statement;
use crate::scenario::plan::Collector;
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// A collector, or what a `set` changes of one.
    pub(super) fn collector(&mut self, statement: &Statement<'_>, mut host: Collector) -> Collector {
        statement.update("port", &mut host.port);
        statement.update("transport", &mut host.transport);
        let inner = self.inner(statement);
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }
}

/// A collector of which nothing but the name is known.
pub(super) fn new(name: Spanned<String>, statement: &Statement<'_>) -> Collector {
    Collector { name, port: None, transport: None, misbehaviours: Vec::new(), span: statement.place }
}
