//! Policies of a gateway, and what is claimed of them over the run.

use gateway_policy::conf::{Loaded, Loader};

use crate::scenario::source::Spanned;

/// What a gateway's braces say of policies. The texts of the files are part of the plan: whoever runs it reads none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    /// Configuration files with their texts, in order; none: no policies.
    pub files: Vec<(Spanned<String>, String)>,
    /// The virtual server of theirs that the gateway is.
    pub vserver: Option<Spanned<String>>,
    /// HTML pages.
    pub pages: Vec<PolicyPage>,
    /// Where call-outs go.
    pub routes: Vec<CalloutRoute>,
}

impl Policies {
    /// Reads the configuration.
    pub fn load(&self) -> Loaded {
        let mut loader = Loader::new();
        for page in &self.pages {
            loader.page(page.name.value.as_str(), page.text.as_bytes());
        }
        for (name, text) in &self.files {
            loader.read(name.value.as_str(), text.as_bytes());
        }
        loader.finish()
    }
}

/// An HTML page that `import responder htmlpage` would have imported.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPage {
    /// The name actions know it by.
    pub name: Spanned<String>,
    /// Its text.
    pub text: String,
}

/// Where call-outs to a server go.
#[derive(Debug, Clone, PartialEq)]
pub struct CalloutRoute {
    /// `address:port`, or the name of a virtual server, as the configuration has it.
    pub server: Spanned<String>,
    /// The host that answers.
    pub host: Spanned<String>,
}

/// What a count of policies is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Tallied {
    /// A policy of this name.
    Policy(Spanned<String>),
    /// A variable, or one entry of it.
    Variable {
        /// Its name without `$`.
        name: Spanned<String>,
        /// The key of the entry.
        key: Option<Spanned<String>>,
    },
}

impl Tallied {
    /// Whose count it is.
    pub fn name(&self) -> &str {
        match self {
            Self::Policy(name) | Self::Variable { name, .. } => &name.value,
        }
    }
}

/// What is counted of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// The rule was TRUE.
    Hits,
    /// The rule, or what followed from it, was undefined.
    Undefined,
    /// An assignment wrote it.
    Written,
    /// An assignment cleared it.
    Cleared,
}
