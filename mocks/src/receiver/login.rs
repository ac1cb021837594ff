//! Logging in and out as a user in front of the classic pages does.

use gateway_proto::secret::Secret;

use super::html::{Form, Input};
use super::{Agent, Call, Login, Logout, Page, Portal, Receiver, Refusal, Seen, Trouble, url};

impl Receiver {
    /// Opens the gateway's first page and follows it to wherever it leads.
    pub async fn open_portal(&mut self) -> Result<Portal, Trouble> {
        let page = self.navigate(Call::get("/")).await?;
        Ok(match self.landed(&page) {
            Login::Session { landing } => Portal::Session { landing },
            _ if login_form(&page).is_some() => Portal::LoginPage,
            _ => Portal::Refused(self.refusal(&page)),
        })
    }

    /// Fills in the log-in page, opening it first when another page is in front of the user.
    pub async fn login(&mut self, user: &str, password: &Secret) -> Result<Login, Trouble> {
        if self.page.as_ref().and_then(login_form).is_none() {
            self.vpn_error = None;
            match self.open_portal().await? {
                Portal::LoginPage => {}
                Portal::Session { landing } => return Ok(self.told(Login::Session { landing })),
                Portal::Refused(refusal) => return Ok(self.told(Login::Refused(refusal))),
            }
        }
        let form = self.page.as_ref().and_then(|page| Some((page.target.clone(), login_form(page)?)));
        let (base, form) = form.ok_or(Trouble::NothingPending)?;
        let password = String::from_utf8_lossy(password.expose());
        let user_field = form.text_field().unwrap_or("login").to_owned();
        let password_field = form.password_field().unwrap_or("passwd").to_owned();
        self.submit(&base, &form, &[(&user_field, user), (&password_field, &password)]).await
    }

    /// Answers the challenge the last step led to.
    pub async fn answer(&mut self, code: &Secret) -> Result<Login, Trouble> {
        let (base, form) = self.pending.take().ok_or(Trouble::NothingPending)?;
        let code = String::from_utf8_lossy(code.expose());
        let field = match form.field(RESPONSE) {
            Some(_) => RESPONSE,
            None => form.password_field().or(form.text_field()).unwrap_or(RESPONSE),
        };
        let field = field.to_owned();
        self.submit(&base, &form, &[(&field, &code)]).await
    }

    /// Takes over the user's other session, as the last step offered.
    pub async fn transfer(&mut self) -> Result<Login, Trouble> {
        let (base, form) = self.pending.take().ok_or(Trouble::NothingPending)?;
        self.submit(&base, &form, &[("cm", "Transfer")]).await
    }

    /// Leaves the user's other session alone, although the last step offered to end it.
    pub async fn decline(&mut self) -> Result<Login, Trouble> {
        let (base, form) = self.pending.take().ok_or(Trouble::NothingPending)?;
        self.submit(&base, &form, &[("cm", "Cancel")]).await
    }

    /// Logs out: with the page's own form where there is one, else as native clients do, with a GET.
    pub async fn logout(&mut self) -> Result<Logout, Trouble> {
        let form = self.page.as_ref().and_then(|page| Some((page.target.clone(), logout_form(page)?)));
        let call = match form {
            Some((base, form)) => Call::form(self.action(&base, &form, LOGOUT), form.encode(&[])),
            None if self.config.agent == Agent::Browser => Call::post(LOGOUT, []),
            None => Call::get(LOGOUT),
        };
        let page = self.navigate(call).await?;
        self.pending = None;
        self.apps = None;
        self.store = None;
        if self.has_session() {
            let refusal = self.refusal(&page);
            self.journal.record(Seen::Refused { what: "log-out", refusal: refusal.clone() });
            return Ok(Logout::Refused(refusal));
        }
        self.journal.record(Seen::LoggedOut);
        Ok(Logout::LoggedOut)
    }

    async fn submit(&mut self, base: &str, form: &Form, filled: &[(&str, &str)]) -> Result<Login, Trouble> {
        self.vpn_error = None;
        let action = self.action(base, form, base);
        let page = self.navigate(Call::form(action, form.encode(filled))).await?;
        let outcome = self.landed(&page);
        Ok(self.told(outcome))
    }

    /// Where a form goes; a foreign target is replaced, because a password must not leave the gateway.
    fn action(&self, base: &str, form: &Form, instead: &str) -> String {
        url::resolve(&self.origin(), base, &form.action).unwrap_or_else(|| instead.to_owned())
    }

    /// Reads the page a log-in step ended on.
    fn landed(&mut self, page: &Page) -> Login {
        self.pending = None;
        let forms = page.forms();
        if let Some(form) = forms.iter().find(|form| is_challenge(form)) {
            self.pending = Some((page.target.clone(), form.clone()));
            let prompt = if form.text.is_empty() { page.visible_text() } else { form.text.clone() };
            return Login::Challenge { prompt };
        }
        if let Some(form) = forms.iter().find(|form| form.field("adr").is_some()) {
            self.pending = Some((page.target.clone(), form.clone()));
            return Login::TransferOffered { text: page.visible_text() };
        }
        let blocked = page.headers.contains_key("ns-blocker");
        if page.status == 200 && !blocked && self.has_session() && login_form(page).is_none() {
            self.store = store_base(page.path());
            return Login::Session { landing: page.path().to_owned() };
        }
        Login::Refused(self.refusal(page))
    }

    pub(super) fn refusal(&self, page: &Page) -> Refusal {
        Refusal {
            status: page.status,
            reason: page.reason(),
            vpn_error: self.vpn_error,
            text: page.visible_text(),
        }
    }

    fn told(&self, outcome: Login) -> Login {
        self.journal.record(match &outcome {
            Login::Session { landing } => Seen::Session { landing: landing.clone() },
            Login::Challenge { prompt } => Seen::Challenge { prompt: prompt.clone() },
            Login::TransferOffered { text } => Seen::Challenge { prompt: text.clone() },
            Login::Refused(refusal) => Seen::Refused { what: "log-in", refusal: refusal.clone() },
        });
        outcome
    }
}

const LOGIN: &str = "/cgi/login";
const DIALOGUE: &str = "/cgi/dlge";
const LOGOUT: &str = "/cgi/logout";
const RESPONSE: &str = "response";

fn goes_to(form: &Form, path: &str) -> bool {
    form.action.split('?').next().is_some_and(|action| action.ends_with(path))
}

fn is_challenge(form: &Form) -> bool {
    goes_to(form, DIALOGUE) || (form.field(RESPONSE).is_some() && !goes_to(form, LOGIN))
}

fn logout_form(page: &Page) -> Option<Form> {
    page.forms().into_iter().find(|form| goes_to(form, LOGOUT))
}

/// The form to log in with. Pages that build theirs by script get the form it would build.
fn login_form(page: &Page) -> Option<Form> {
    if page.status != 200 {
        return None;
    }
    let forms = page.forms();
    let asks_password = |form: &&Form| form.password_field().is_some() && !is_challenge(form);
    let known = forms.iter().find(|form| goes_to(form, LOGIN)).or(forms.iter().find(asks_password));
    let by_script = page.path().eq_ignore_ascii_case("/vpn/index.html");
    let field =
        |name: &str, kind: &str| Input { name: name.to_owned(), kind: kind.to_owned(), value: String::new() };
    let built = || Form {
        action: LOGIN.to_owned(),
        post: true,
        fields: vec![field("login", "text"), field("passwd", "password")],
        text: String::new(),
    };
    known.cloned().or_else(|| (by_script && forms.is_empty()).then(built))
}

/// `/cvpn/https/sf.test/Citrix/StoreWeb/…` → up to and with `/Citrix/StoreWeb/`.
fn store_base(path: &str) -> Option<String> {
    let (before, behind) = path.split_once("/Citrix/")?;
    let site = behind.split('/').next().filter(|site| site.ends_with("Web"))?;
    Some(format!("{before}/Citrix/{site}/"))
}
