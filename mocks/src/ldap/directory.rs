//! Who is in the directory, who may search it, and what a search finds. Pure decisions: no sockets, no clock.

use gateway_proto::ldap::{
    AccountState, Attribute, Entry, Filter, Outcome, ResultCode, Scope, SearchRequest,
};
use gateway_proto::secret::Secret;

use super::Account;

/// A person.
#[derive(Clone, Debug)]
pub struct User {
    /// `sAMAccountName`, `uid` and `cn`.
    pub name: String,
    /// Password of the bind.
    pub password: Secret,
    /// Distinguished name; `CN=<name>,CN=Users,<base>` when empty.
    pub dn: String,
    /// Distinguished names of groups (`memberOf`).
    pub groups: Vec<String>,
    /// What is wrong with the account: the right password is refused for it.
    pub state: Option<AccountState>,
}

impl User {
    /// A user with nothing special.
    pub fn new(name: &str, password: impl Into<Secret>) -> Self {
        Self {
            name: name.to_owned(),
            password: password.into(),
            dn: String::new(),
            groups: Vec::new(),
            state: None,
        }
    }
}

/// Who somebody on a connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    /// The account, or a user: the DN, and the user's name.
    Somebody {
        dn: String,
        user: Option<String>,
    },
}

/// All entries, and who may look at them.
pub(super) struct Directory {
    base: String,
    users: Vec<(User, Entry)>,
    account: Option<Account>,
}

impl Directory {
    pub(super) fn new(base: String, users: Vec<User>, account: Option<Account>) -> Self {
        let with_entry = |mut user: User| {
            if user.dn.is_empty() {
                user.dn = format!("CN={},CN=Users,{base}", user.name);
            }
            let entry = entry(&user);
            (user, entry)
        };
        let users = users.into_iter().map(with_entry).collect();
        Self { base, users, account }
    }

    /// A simple bind. An empty password proves nothing and is refused (RFC 4513 section 5.1.2), unless there is
    /// no name either.
    pub(super) fn bind(&self, dn: &str, password: &Secret) -> Result<Who, Outcome> {
        if dn.is_empty() && password.is_empty() {
            return Ok(Who::Nobody);
        }
        if password.is_empty() {
            return Err(Outcome::new(ResultCode::UNWILLING_TO_PERFORM).because("a bind needs a password"));
        }
        if let Some(account) = self.account.as_ref().filter(|account| same_dn(&account.dn, dn)) {
            let who = Who::Somebody { dn: account.dn.clone(), user: None };
            return if account.password == *password {
                Ok(who)
            } else {
                Err(no(AccountState::WrongPassword))
            };
        }
        let Some((user, _)) = self.users.iter().find(|(user, _)| same_dn(&user.dn, dn)) else {
            return Err(no(AccountState::UnknownUser));
        };
        if user.password != *password {
            return Err(no(AccountState::WrongPassword));
        }
        match user.state {
            Some(state) => Err(no(state)),
            None => Ok(Who::Somebody { dn: user.dn.clone(), user: Some(user.name.clone()) }),
        }
    }

    /// What a search finds, and how it ends.
    pub(super) fn search(&self, who: &Who, search: &SearchRequest) -> (Vec<Entry>, Outcome) {
        if self.account.is_some() && *who == Who::Nobody {
            let first = "a successful bind must be completed on the connection";
            return (Vec::new(), Outcome::new(ResultCode::OPERATIONS_ERROR).because(first));
        }
        if !is_below(&search.base, &self.base) {
            return (Vec::new(), Outcome::new(ResultCode::NO_SUCH_OBJECT));
        }
        let within = |dn: &str| match search.scope {
            Scope::Base => same_dn(dn, &search.base),
            Scope::One => dn.split_once(',').is_some_and(|(_, parent)| same_dn(parent, &search.base)),
            Scope::Subtree => is_below(dn, &search.base),
        };
        let entries = self.users.iter().map(|(_, entry)| entry);
        let found = entries.filter(|entry| within(&entry.dn) && matches(&search.filter, entry));
        let most = if search.size_limit == 0 { usize::MAX } else { search.size_limit as usize };
        let mut found: Vec<Entry> = found.map(|entry| chosen(entry, &search.attributes)).collect();
        let code = if found.len() > most { ResultCode::SIZE_LIMIT_EXCEEDED } else { ResultCode::SUCCESS };
        found.truncate(most);
        (found, Outcome::new(code))
    }
}

fn entry(user: &User) -> Entry {
    let name = || [user.name.as_str()];
    let mut attributes = vec![
        Attribute::new("objectClass", ["top", "person", "organizationalPerson", "user"]),
        Attribute::new("cn", name()),
        Attribute::new("sAMAccountName", name()),
        Attribute::new("uid", name()),
    ];
    if !user.groups.is_empty() {
        attributes.push(Attribute::new("memberOf", user.groups.iter().map(String::as_str)));
    }
    Entry { dn: user.dn.clone(), attributes }
}

/// "Invalid credentials", in the form in which Active Directory says why.
fn no(state: AccountState) -> Outcome {
    let code = state.code();
    let text =
        format!("80090308: LdapErr: DSID-00000000, comment: AcceptSecurityContext error, data {code}, v1");
    Outcome::new(ResultCode::INVALID_CREDENTIALS).because(text)
}

/// The entry with the attributes that were asked for; all of them for none or `*`.
fn chosen(entry: &Entry, wanted: &[String]) -> Entry {
    let all = wanted.is_empty() || wanted.iter().any(|name| name == "*");
    let is_wanted = |it: &&Attribute| all || wanted.iter().any(|name| name.eq_ignore_ascii_case(&it.name));
    Entry { dn: entry.dn.clone(), attributes: entry.attributes.iter().filter(is_wanted).cloned().collect() }
}

/// Values are compared without case, as all attributes here are.
fn matches(filter: &Filter, entry: &Entry) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| matches(part, entry)),
        Filter::Or(parts) => parts.iter().any(|part| matches(part, entry)),
        Filter::Not(part) => !matches(part, entry),
        Filter::Equal(name, wanted) => entry.values(name).any(|value| value.eq_ignore_ascii_case(wanted)),
        Filter::Present(name) => entry.values(name).next().is_some(),
    }
}

fn same_dn(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn is_below(dn: &str, base: &str) -> bool {
    let (dn, base) = (plain(dn), plain(base));
    dn == base || dn.ends_with(&format!(",{base}"))
}

/// A DN in one spelling: lower case, no spaces around its commas. Escaped commas are not known.
fn plain(dn: &str) -> String {
    dn.split(',').map(|part| part.trim().to_lowercase()).collect::<Vec<_>>().join(",")
}
