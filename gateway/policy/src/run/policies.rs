//! A configuration made ready to run: the virtual server it stands in for, every expression parsed, every page cut
//! at its expressions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::conf::object::Configuration;
use crate::conf::object::bank::{BankId, Binding, Invoke, Point, When};
use crate::conf::object::policy::{Feature, Policy};
use crate::conf::object::variable::Variable;
use crate::conf::object::vserver::VserverKind;
use crate::expr::{self, Expression, SyntaxError};
use crate::limits::PAGE_EXPRESSIONS;
use crate::span::Span;
use crate::switches::{AuthorizationDefault, FeatureOrder, Switches};

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
    /// How many parts of expressions are worked out once for a request; see [`crate::expr::share`].
    pub(super) shared: usize,
    /// For every policy of the configuration, by its number: its rule.
    rules: Vec<Option<Rule>>,
    /// For every bank of the configuration, by its number: the number of each binding's policy.
    bound: Vec<Vec<Option<usize>>>,
    /// Whether some bank is a user's or a group's.
    personal: bool,
}

/// A rule, or why it can't be read.
pub(super) type Rule = Result<Arc<Expression>, Undefinedness>;

/// A binding: the number of its bank, and its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) bank: usize,
    pub(super) index: usize,
}

/// The policy that is looked at.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) bank: &'p BankId,
    pub(super) binding: &'p Binding,
    /// None for `NOPOLICY`, and for a name that nothing has.
    pub(super) policy: Option<&'p Policy>,
    pub(super) rule: Option<&'p Rule>,
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
    /// A request for a page of the gateway's own, for which nobody has to be authorized.
    Own,
}

/// Expressions by their text.
#[derive(Debug, Default)]
struct Parsed(BTreeMap<String, Rule>);

impl Policies {
    /// Stands in for `vserver`; for the only one that has policies if there is no name. Global banks run in any
    /// case.
    ///
    /// # Errors
    /// When that is not one.
    pub fn new(conf: Configuration, vserver: Option<&str>, switches: Switches) -> Result<Self, BindError> {
        let vserver = chosen(&conf, vserver)?;
        let pages = conf
            .pages
            .iter()
            .map(|(name, text)| (name.clone(), Page::read(text)))
            .collect::<BTreeMap<_, _>>();
        let of_pages = pages.values().flat_map(|page| page.expressions().take(PAGE_EXPRESSIONS));
        let texts = texts::of(&conf).into_iter().map(|written| written.text.as_str()).chain(of_pages);
        let (expressions, shared) = Parsed::new(texts, &switches);
        let names = conf.expressions.iter();
        let named = names.filter_map(|named| {
            Some((named.name.to_ascii_lowercase(), expressions.get(&named.value.text).ok()?))
        });
        let named = named.collect();
        let rule = |policy: &Policy| policy.rule.as_ref().map(|rule| expressions.get(&rule.text));
        let rules = conf.policies.values().map(rule).collect();
        let policy = |feature, name: &String| conf.policies.get_index_of(&(feature, name.clone()));
        let bound = conf.banks.iter().map(|(id, bank)| {
            bank.iter().map(|binding| policy(id.feature, binding.policy.as_ref()?)).collect()
        });
        let bound = bound.collect();
        let personal = conf.banks.keys().any(|id| matches!(id.point, Point::User(_) | Point::Group(_)));
        Ok(Self { conf, switches, vserver, named, pages, expressions, shared, rules, bound, personal })
    }

    /// The features that run, the first one last.
    pub(super) fn order(&self) -> Vec<Feature> {
        match self.switches.feature_order {
            FeatureOrder::ResponderFirst => {
                vec![Feature::Traffic, Feature::Authorization, Feature::Responder]
            }
            FeatureOrder::TrafficFirst => vec![Feature::Authorization, Feature::Responder, Feature::Traffic],
        }
    }

    /// Whether a session has to be authorized: some policy somewhere says so.
    pub(super) fn authorizes(&self) -> bool {
        self.conf.banks.keys().any(|id| id.feature == Feature::Authorization)
    }

    /// What is decided where no authorization policy decides. Where no virtual server has policies, one of the files'
    /// stands in.
    pub(super) fn allows_by_default(&self) -> bool {
        let vpn = |name: &str| {
            self.conf.vservers.keys().any(|(kind, known)| *kind == VserverKind::Vpn && known == name)
        };
        let gateway = match &self.vserver {
            Some(name) => vpn(name),
            None => self.conf.vservers.keys().any(|(kind, _)| *kind == VserverKind::Vpn),
        };
        match self.switches.authorization_default {
            AuthorizationDefault::ByKind => !gateway,
            AuthorizationDefault::Allow => true,
            AuthorizationDefault::Deny => false,
        }
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
    pub(super) fn expression(&self, text: &str) -> Rule {
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
    ) -> Vec<usize> {
        let when = match occasion {
            Occasion::Request | Occasion::Own => When::Request,
            Occasion::LogIn => When::AaaRequest,
        };
        let kinds = [VserverKind::Vpn, VserverKind::Lb, VserverKind::Cs, VserverKind::Authentication];
        let vservers =
            self.vserver.iter().flat_map(|name| kinds.map(|kind| Point::Vserver(kind, name.clone())));
        let (user, groups) = if self.personal { (user, groups) } else { (None, &[][..]) };
        let points = [Point::GlobalOverride]
            .into_iter()
            .chain(user.map(|user| Point::User(user.to_owned())))
            .chain(groups.iter().cloned().map(Point::Group))
            .chain(vservers)
            .chain([Point::GlobalDefault]);
        points.filter_map(|point| self.conf.banks.get_index_of(&BankId { point, feature, when })).collect()
    }

    /// The bank that a binding invokes.
    pub(super) fn invoked(&self, from: &BankId, invoke: &Invoke) -> Option<usize> {
        let point = match invoke {
            Invoke::Label(name) => Point::Label(name.clone()),
            Invoke::Vserver(name) => {
                let kinds = [VserverKind::Lb, VserverKind::Cs, VserverKind::Vpn, VserverKind::Authentication];
                let known = |kind: &VserverKind| self.conf.vservers.contains_key(&(*kind, name.clone()));
                Point::Vserver(kinds.into_iter().find(known).unwrap_or(VserverKind::Lb), name.clone())
            }
        };
        self.conf.banks.get_index_of(&BankId { point, ..from.clone() })
    }

    /// What is bound at a bank, by its number.
    pub(super) fn bindings(&self, bank: Option<usize>) -> &[Binding] {
        let found = bank.and_then(|bank| self.conf.banks.get_index(bank));
        found.map(|(_, bindings)| bindings.as_slice()).unwrap_or_default()
    }

    /// The binding at a spot with its policy and that one's rule.
    pub(super) fn at(&self, spot: Spot) -> Option<At<'_>> {
        let (bank, bindings) = self.conf.banks.get_index(spot.bank)?;
        let binding = bindings.get(spot.index)?;
        let number = self.bound.get(spot.bank).and_then(|bound| *bound.get(spot.index)?);
        let policy = number.and_then(|number| self.conf.policies.get_index(number)).map(|(_, policy)| policy);
        let rule = number.and_then(|number| self.rules.get(number)?.as_ref());
        Some(At { bank, binding, policy, rule })
    }
}

impl Parsed {
    /// Reads each text once; also how many of their parts are shared.
    fn new<'t>(texts: impl Iterator<Item = &'t str>, switches: &Switches) -> (Self, usize) {
        let unreadable = |text: &str, error: SyntaxError| Undefinedness {
            text: text.to_owned(),
            span: error.span,
            cause: error.problem,
            after_hit: false,
        };
        let different: BTreeSet<&str> = texts.collect();
        let read =
            |text: &&str| Expression::parse_as(text, switches).map_err(|error| unreadable(text, error));
        let mut read: Vec<_> = different.iter().map(read).collect();
        let shared = expr::share(read.iter_mut().flatten());
        let named = different.into_iter().map(str::to_owned);
        (Self(named.zip(read.into_iter().map(|read| read.map(Arc::new))).collect()), shared)
    }

    fn get(&self, text: &str) -> Rule {
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
    let mut bound: Vec<&str> = Vec::new();
    for (id, bindings) in &conf.banks {
        if let Point::Vserver(_, name) = &id.point
            && id.feature.is_acted_on()
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
