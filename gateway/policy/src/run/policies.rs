//! A configuration made ready to run: the virtual server it stands in for, every expression parsed, every page cut
//! at its expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::conf::object::Configuration;
use crate::conf::object::bank::{BankId, Binding, Invoke, Point, When};
use crate::conf::object::policy::Feature;
use crate::conf::object::variable::Variable;
use crate::conf::object::vserver::VserverKind;
use crate::expr::Expression;
use crate::limits::PAGE_EXPRESSIONS;
use crate::span::Span;
use crate::switches::Switches;

use super::outcome::Undefinedness;
use super::page::Page;
use super::texts;

/// Everything that is the same for all requests.
#[derive(Debug)]
pub struct Policies {
    pub(super) conf: Configuration,
    pub(super) switches: Switches,
    vserver: Option<String>,
    /// By the lower-case name.
    named: BTreeMap<String, Arc<Expression>>,
    pages: BTreeMap<String, Page>,
    expressions: Parsed,
}

/// Why no virtual server could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// No policy is bound to the one that was asked for.
    #[error("no policy is bound to a virtual server {0:?}")]
    Unknown(String),
    /// Several have policies, and nobody said which one it is.
    #[error("policies are bound to several virtual servers, say which: {}", .0.join(", "))]
    Several(Vec<String>),
}

/// What is asked of the policies: which banks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// Any request.
    #[default]
    Request,
    /// A request that logs in (`/cgi/login`, `/cgi/dlge`): only `-type AAA_REQUEST` sees it.
    LogIn,
}

/// Expressions by their text.
#[derive(Debug, Default)]
struct Parsed(BTreeMap<String, Result<Arc<Expression>, Undefinedness>>);

impl Policies {
    /// Stands in for `vserver`; for the only one that has policies if there is no name. Global banks run in any
    /// case.
    ///
    /// # Errors
    /// When that is not one.
    pub fn new(conf: Configuration, vserver: Option<&str>, switches: Switches) -> Result<Self, BindError> {
        let vserver = chosen(&conf, vserver)?;
        let mut expressions = Parsed::default();
        texts::of(&conf).into_iter().for_each(|written| expressions.add(&written.text));
        let pages = conf
            .pages
            .iter()
            .map(|(name, text)| (name.clone(), Page::read(text)))
            .collect::<BTreeMap<_, _>>();
        for page in pages.values() {
            page.expressions().take(PAGE_EXPRESSIONS).for_each(|text| expressions.add(text));
        }
        let names = conf.expressions.iter();
        let named = names.filter_map(|named| {
            Some((named.name.to_ascii_lowercase(), expressions.get(&named.value.text).ok()?))
        });
        let named = named.collect();
        Ok(Self { conf, switches, vserver, named, pages, expressions })
    }

    /// The configuration they were made of.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.conf
    }

    /// The virtual server they stand in for; none when only global banks have policies.
    #[must_use]
    pub fn vserver(&self) -> Option<&str> {
        self.vserver.as_deref()
    }

    /// An expression of the configuration or of a page.
    pub(super) fn expression(&self, text: &str) -> Result<Arc<Expression>, Undefinedness> {
        self.expressions.get(text)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<Expression>> {
        self.named.get(&name.to_ascii_lowercase()).cloned()
    }

    pub(super) fn variable(&self, name: &str) -> Result<&Variable, String> {
        self.conf.variables.get(name).ok_or_else(|| format!("no variable ${name} was added"))
    }

    pub(super) fn page(&self, name: &str) -> Option<&Page> {
        self.pages.get(name)
    }

    /// The banks of a feature that run on a request, in order. `user` and `groups` are those of its session.
    pub(super) fn banks(
        &self,
        feature: Feature,
        occasion: Occasion,
        user: Option<&str>,
        groups: &[String],
    ) -> Vec<BankId> {
        let when = match occasion {
            Occasion::Request => When::Request,
            Occasion::LogIn => When::AaaRequest,
        };
        let kinds = [VserverKind::Vpn, VserverKind::Lb, VserverKind::Cs, VserverKind::Authentication];
        let vservers =
            self.vserver.iter().flat_map(|name| kinds.map(|kind| Point::Vserver(kind, name.clone())));
        let points = [Point::GlobalOverride]
            .into_iter()
            .chain(user.map(|user| Point::User(user.to_owned())))
            .chain(groups.iter().cloned().map(Point::Group))
            .chain(vservers)
            .chain([Point::GlobalDefault]);
        let banks = points.map(|point| BankId { point, feature, when });
        banks.filter(|id| !self.conf.bank(id).is_empty()).collect()
    }

    /// The bank that a binding invokes.
    pub(super) fn invoked(&self, from: &BankId, invoke: &Invoke) -> BankId {
        let point = match invoke {
            Invoke::Label(name) => Point::Label(name.clone()),
            Invoke::Vserver(name) => {
                let kinds = [VserverKind::Lb, VserverKind::Cs, VserverKind::Vpn, VserverKind::Authentication];
                let known = |kind: &VserverKind| self.conf.vservers.contains_key(&(*kind, name.clone()));
                Point::Vserver(kinds.into_iter().find(known).unwrap_or(VserverKind::Lb), name.clone())
            }
        };
        BankId { point, ..from.clone() }
    }

    pub(super) fn bindings(&self, bank: &BankId) -> &[Binding] {
        self.conf.bank(bank)
    }
}

impl Parsed {
    fn add(&mut self, text: &str) {
        if !self.0.contains_key(text) {
            let parsed = Expression::parse(text).map(Arc::new).map_err(|error| Undefinedness {
                text: text.to_owned(),
                span: error.span,
                cause: error.problem,
                after_hit: false,
            });
            self.0.insert(text.to_owned(), parsed);
        }
    }

    fn get(&self, text: &str) -> Result<Arc<Expression>, Undefinedness> {
        let unknown = || Undefinedness {
            text: text.to_owned(),
            span: Span::new(0, text.len()),
            cause: "it was not read".to_owned(),
            after_hit: false,
        };
        self.0.get(text).cloned().unwrap_or_else(|| Err(unknown()))
    }
}

/// The virtual servers that have policies which run here.
fn chosen(conf: &Configuration, wanted: Option<&str>) -> Result<Option<String>, BindError> {
    let runs = |feature| matches!(feature, Feature::Responder | Feature::Traffic);
    let mut bound: Vec<&str> = Vec::new();
    for (id, bindings) in &conf.banks {
        if let Point::Vserver(_, name) = &id.point
            && runs(id.feature)
            && !bindings.is_empty()
            && !bound.contains(&name.as_str())
        {
            bound.push(name);
        }
    }
    match (wanted, bound.as_slice()) {
        (Some(name), bound) if bound.contains(&name) => Ok(Some(name.to_owned())),
        (Some(name), _) => Err(BindError::Unknown(name.to_owned())),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some((*only).to_owned())),
        (None, several) => Err(BindError::Several(several.iter().map(|name| (*name).to_owned()).collect())),
    }
}
