//! The page of the site, for people and without script: a button to log on, then a link for every app.

use std::fmt::Write as _;

use gateway_proto::broker::AppData;
use gateway_rt::Rt;
use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;

use super::StoreFront;
use super::answers::{Answer, resource_id};
use super::site::Asked;

/// The icon of every app: a window.
pub(super) const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">\
    <rect x=\"4\" y=\"8\" width=\"40\" height=\"32\" rx=\"3\" fill=\"#357\"/>\
    <rect x=\"7\" y=\"16\" width=\"34\" height=\"21\" fill=\"#eef\"/></svg>";

/// The style sheet, and its name below the site.
pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const STYLE_NAME: &str = "site.css";

const POLICY: &str =
    "default-src 'none'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'";

impl StoreFront {
    /// The page, for whoever asks; a session begins with it.
    pub(super) async fn page(&self, rt: &Rt, asked: &Asked) -> Answer {
        let (id, session) = self.session(rt, asked);
        let csrf = session.csrf.expose_str().unwrap_or_default();
        let user = session.user.as_ref().filter(|user| asked.logged_on(user).is_ok());
        let content = match user {
            None => log_on_form(csrf),
            Some(user) => match self.apps(rt, &id, user).await {
                Ok(apps) => app_links(&user.name, &apps, csrf),
                Err(reason) => format!("<p>Your apps can't be listed now: <code>{}</code></p>", reason.0),
            },
        };
        let (store, base) = (escape(&self.config.store), self.base());
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{store}</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <link rel=\"stylesheet\" href=\"{base}{STYLE_NAME}\"></head>\n\
             <body><main><h1><a href=\"{base}\">{store}</a></h1>\n{content}\n</main></body></html>\n"
        );
        Answer::new(StatusCode::OK, "text/html; charset=utf-8", page)
            .with(CONTENT_SECURITY_POLICY, POLICY)
            .session_cookies(&self.base(), &id, &session)
    }
}

fn log_on_form(csrf: &str) -> String {
    format!(
        "<form method=\"post\" action=\"GatewayAuth/Login\">\
         <input type=\"hidden\" name=\"CsrfToken\" value=\"{csrf}\">\
         <button type=\"submit\">Show my apps</button></form>"
    )
}

fn app_links(user: &str, apps: &[AppData], csrf: &str) -> String {
    let mut links = String::new();
    for app in apps {
        let (id, name, description) = (resource_id(app), escape(&app.name), escape(&app.description));
        // Writing to a string does not fail.
        let _ = writeln!(
            links,
            "<li><a href=\"Resources/LaunchIca/{id}.ica?CsrfToken={csrf}&amp;IsUsingHttps=Yes\">{name}</a> \
             {description}</li>"
        );
    }
    let user = escape(user);
    if links.is_empty() {
        return format!("<p>There is no app for {user}.</p>");
    }
    format!("<p>Apps of {user}:</p>\n<ul>\n{links}</ul>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
