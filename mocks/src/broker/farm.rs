//! A farm: users, applications, servers, and what follows from them. No messages are read or written here.

use gateway_proto::broker::{
    Access, AddressName, AppData, Credentials, ErrorId, RequestAddress, RequestAppData, ResponseAddress,
    Scope, ServerData, User as NamedUser,
};
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;

/// Everything a broker knows.
#[derive(Clone, Debug)]
pub struct Farm {
    /// Its name.
    pub name: String,
    /// Who may ask.
    pub users: Vec<User>,
    /// What is published.
    pub apps: Vec<App>,
    /// Where it runs.
    pub servers: Vec<Server>,
    /// Optional features the broker claims.
    pub capabilities: Vec<String>,
}

/// A user of the farm.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, compared without regard to case.
    pub name: String,
    /// The domain, compared without regard to case; a caller may leave it out.
    pub domain: String,
    /// The password.
    pub password: Secret,
    /// The groups the user is in.
    pub groups: Vec<String>,
    /// What the user is told in place of success, such as `account-locked-out`.
    pub refusal: Option<ErrorId>,
    /// Days until the password expires, where the user shall be warned.
    pub days_until_password_expiry: Option<u32>,
}

/// A published application.
#[derive(Clone, Debug)]
pub struct App {
    /// The friendly name. The internal one is `farm.name`.
    pub name: String,
    /// The folder it stands in, empty for the top.
    pub folder: String,
    /// A line for the user.
    pub description: String,
    /// Whether it is a whole desktop.
    pub is_desktop: bool,
    /// Users who may start it.
    pub users: Vec<String>,
    /// Groups whose members may start it. With neither users nor groups, everybody may.
    pub groups: Vec<String>,
    /// Names of the servers that run it; none means all.
    pub servers: Vec<String>,
}

/// A host that runs applications.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Where it speaks ICA.
    pub address: HostPort,
    /// Where it accepts TLS, if it does.
    pub ssl_relay_address: Option<HostPort>,
    /// Its load: the server with the least gets the next session.
    pub load: u64,
    /// Whether it takes new sessions.
    pub available: bool,
}

impl User {
    /// A user without domain or groups.
    pub fn new(name: &str, password: impl Into<Secret>) -> Self {
        Self {
            name: name.to_owned(),
            domain: String::new(),
            password: password.into(),
            groups: Vec::new(),
            refusal: None,
            days_until_password_expiry: None,
        }
    }
}

impl App {
    /// An application for everybody, on every server.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: String::new(),
            description: String::new(),
            is_desktop: false,
            users: Vec::new(),
            groups: Vec::new(),
            servers: Vec::new(),
        }
    }

    fn is_for(&self, user: &User) -> bool {
        let named = |list: &[String], name: &str| list.iter().any(|entry| entry.eq_ignore_ascii_case(name));
        (self.users.is_empty() && self.groups.is_empty())
            || named(&self.users, &user.name)
            || user.groups.iter().any(|group| named(&self.groups, group))
    }
}

impl Server {
    /// An idle, available server.
    pub fn new(name: &str, address: HostPort) -> Self {
        Self { name: name.to_owned(), address, ssl_relay_address: None, load: 0, available: true }
    }
}

impl Farm {
    /// An empty farm.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            users: Vec::new(),
            apps: Vec::new(),
            servers: Vec::new(),
            capabilities: vec!["multi-image-icons".to_owned()],
        }
    }

    /// The user with these credentials, password included.
    pub(super) fn authenticate(&self, credentials: &Credentials) -> Result<&User, ErrorId> {
        let Credentials::User(asked) = credentials else { return Err(ErrorId::FailedCredentials) };
        let user = self.find_user(asked)?;
        match &asked.password {
            Some(password) if password.value == user.password => user.refusal.map_or(Ok(user), Err),
            _ => Err(ErrorId::FailedCredentials),
        }
    }

    fn find_user(&self, asked: &NamedUser) -> Result<&User, ErrorId> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let mut users = self.users.iter();
        let user = users.find(|user| {
            same(&user.name, &asked.name) && (asked.domain.is_empty() || same(&user.domain, &asked.domain))
        });
        user.ok_or(ErrorId::FailedCredentials)
    }

    /// The applications a user may start. Who asks in nobody's name is told of all, as scanners know it.
    pub(super) fn apps(&self, request: &RequestAppData) -> Result<Vec<AppData>, ErrorId> {
        let user = request.credentials.as_ref().map(|asked| self.authenticate(asked)).transpose()?;
        let with_access = request.details.iter().any(|detail| detail == "access-list" || detail == "all");
        let wanted = self.apps.iter().filter(|app| {
            user.is_none_or(|user| app.is_for(user))
                && (request.scope == Scope::Subtree || app.folder.is_empty())
                && (request.app_name.is_empty() || self.is_called(app, &request.app_name))
        });
        Ok(wanted.map(|app| self.app_data(app, with_access)).collect())
    }

    fn app_data(&self, app: &App, with_access: bool) -> AppData {
        let domain = || self.users.first().map(|user| user.domain.clone()).unwrap_or_default();
        let users = app.users.iter().map(|name| Access::User { name: name.clone(), domain: domain() });
        let groups = app.groups.iter().map(|name| Access::Group { name: name.clone(), domain: domain() });
        AppData {
            in_name: self.internal_name(app),
            name: app.name.clone(),
            folder: app.folder.clone(),
            description: app.description.clone(),
            publisher_name: self.name.clone(),
            is_desktop: app.is_desktop,
            access: if with_access { users.chain(groups).collect() } else { Vec::new() },
            ..AppData::default()
        }
    }

    /// The least loaded server for an application, or of the whole farm; its load grows.
    pub(super) fn address(&mut self, request: &RequestAddress) -> Result<ResponseAddress, ErrorId> {
        let allowed = self.servers_for(request)?;
        let fit = self
            .servers
            .iter_mut()
            .filter(|server| server.available && (allowed.is_empty() || allowed.contains(&server.name)));
        let server = fit.min_by_key(|server| server.load).ok_or(ErrorId::NoServer)?;
        server.load = server.load.saturating_add(1);
        Ok(ResponseAddress {
            server_address: server.address.clone(),
            ticket_tag: server.address.host().to_owned(),
            ssl_relay_address: server.ssl_relay_address.clone(),
        })
    }

    /// Names of the servers that may run what is asked for, none for all.
    fn servers_for(&self, request: &RequestAddress) -> Result<Vec<String>, ErrorId> {
        let name = match &request.name {
            AddressName::Unspecified(name) if name.strip_suffix('*') == Some(self.name.as_str()) => {
                return Ok(Vec::new());
            }
            AddressName::App(name) | AddressName::Unspecified(name) => name,
        };
        let app = self.apps.iter().find(|app| self.is_called(app, name)).ok_or(ErrorId::Unspecified)?;
        if let Some(Credentials::User(asked)) = &request.credentials
            && !app.is_for(self.find_user(asked)?)
        {
            return Err(ErrorId::FailedCredentials);
        }
        Ok(app.servers.clone())
    }

    pub(super) fn server_data(&self) -> Vec<ServerData> {
        self.servers.iter().map(|server| ServerData { server_name: server.name.clone() }).collect()
    }

    pub(super) fn server(&mut self, name: &str) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.name == name)
    }

    fn internal_name(&self, app: &App) -> String {
        format!("{}.{}", self.name, app.name)
    }

    fn is_called(&self, app: &App, name: &str) -> bool {
        app.name == name || self.internal_name(app) == name
    }
}
