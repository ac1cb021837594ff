//! The forms protocol: log-in forms as XML documents (`AuthenticateResponse`), which clients without a browser fill in.
//!
//! Only the answering half: a client sends its fields as an ordinary HTTP form. Which fields are asked for and
//! what they are worth is the gateway's business.
//!
//! Sources: two independent clients agree on elements and namespace; the field ids are those they know.

use crate::xml::{self, Element, Prolog, XmlError};

/// The media type of every answer.
pub const CONTENT_TYPE: &str = "application/vnd.citrix.authenticateresponse-1+xml";
/// The `StateContext` two clients post unseen: base64 of `loginschema=default`. It carries nothing here.
pub const STATE_CONTEXT: &str = "bG9naW5zY2hlbWE9ZGVmYXVsdA==";

const NAMESPACE: &str = "http://citrix.com/authentication/response/1";

/// An answer to a client that logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthenticateResponse {
    /// Fill in this form.
    MoreInfo(Form),
    /// Logged in; the session is in a cookie.
    Success,
    /// Logged in: the portal is here. The answer to `setClient.do`.
    Portal {
        /// Path of the store's web site.
        path: String,
    },
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Path that takes the filled form.
    pub post_back: String,
    /// Path that gives up.
    pub cancel_post_back: String,
    /// A text above the fields, and whether it is an error.
    pub notice: Option<(String, bool)>,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// Id and text of the button.
    pub button: (&'static str, &'static str),
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the posted form.
    pub id: &'static str,
    /// What a client may fill it from: `username`, `password`, `passcode`.
    pub kind: &'static str,
    /// Its label.
    pub label: String,
    /// Whether it is hidden while it is typed.
    pub secret: bool,
}

impl AuthenticateResponse {
    /// Writes the document.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] for a prompt with characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        let (result, rest) = match self {
            Self::MoreInfo(form) => ("more-info", Some(requirements(form))),
            Self::Success => ("success", None),
            Self::Portal { path } => ("success", Some(leaf("RedirectURL", path))),
        };
        let root = element("AuthenticateResponse")
            .with(leaf("Status", "success"))
            .with(leaf("Result", result))
            .with(leaf("StateContext", STATE_CONTEXT))
            .with_all(rest);
        xml::write(&root, Prolog::Declaration)
    }
}

fn requirements(form: &Form) -> Element {
    let notice = form.notice.as_ref().map(|(text, is_error)| {
        let kind = if *is_error { "error" } else { "plain" };
        element("Requirement")
            .with(element("Credential").with(leaf("Type", "none")))
            .with(label(text, kind))
            .with(element("Input"))
    });
    let (button, caption) = form.button;
    let submit = element("Requirement")
        .with(element("Credential").with(leaf("ID", button)).with(leaf("Type", "none")))
        .with(label("", "none"))
        .with(element("Input").with(leaf("Button", caption)));
    element("AuthenticationRequirements")
        .with(leaf("PostBack", &form.post_back))
        .with(leaf("CancelPostBack", &form.cancel_post_back))
        .with(leaf("CancelButtonText", "Cancel"))
        .with(element("Requirements").with_all(notice).with_all(form.fields.iter().map(field)).with(submit))
}

fn field(field: &Field) -> Element {
    let credential = element("Credential")
        .with(leaf("ID", field.id))
        .with(leaf("SaveID", field.id))
        .with(leaf("Type", field.kind));
    let text = element("Text")
        .with(leaf("Secret", if field.secret { "true" } else { "false" }))
        .with(leaf("ReadOnly", "false"))
        .with(leaf("InitialValue", ""))
        .with(leaf("Constraint", ".+"));
    element("Requirement")
        .with(credential)
        .with(label(&field.label, "plain"))
        .with(element("Input").with(text))
}

fn label(text: &str, kind: &str) -> Element {
    element("Label").with(leaf("Text", text)).with(leaf("Type", kind))
}

fn element(name: &str) -> Element {
    Element::new(name).in_namespace(NAMESPACE)
}

fn leaf(name: &str, text: &str) -> Element {
    Element::leaf(name, text).in_namespace(NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Rules;

    fn form(notice: Option<(String, bool)>) -> AuthenticateResponse {
        AuthenticateResponse::MoreInfo(Form {
            post_back: "/p/u/doAuthentication.do".to_owned(),
            cancel_post_back: "/p/u/doLogoff.do".to_owned(),
            notice,
            fields: vec![Field {
                id: "login",
                kind: "username",
                label: "User name:".to_owned(),
                secret: false,
            }],
            button: ("Logon", "Log On"),
        })
    }

    #[test]
    fn a_form_has_what_clients_look_for() {
        let document = form(None).write().unwrap();
        let root = xml::read(document.as_bytes(), &Rules::default()).unwrap();
        assert!(root.is(NAMESPACE, "AuthenticateResponse"));
        assert_eq!(root.find("Result").unwrap().unwrap().text(), "more-info");
        assert_eq!(root.find("StateContext").unwrap().unwrap().text(), STATE_CONTEXT);
        assert_eq!(root.find("PostBack").unwrap().unwrap().text(), "/p/u/doAuthentication.do");
        assert!(root.descendants().any(|e| e.name() == "Type" && e.text() == "username"));
    }

    #[test]
    fn an_error_is_the_first_text_and_is_escaped() {
        let document = form(Some(("<b>no</b>".to_owned(), true))).write().unwrap();
        assert!(document.contains("<Text>&lt;b&gt;no&lt;/b&gt;</Text><Type>error</Type>"), "{document}");
        let root = xml::read(document.as_bytes(), &Rules::default()).unwrap();
        let first = root.descendants().find(|e| e.name() == "Text").unwrap();
        assert_eq!(first.text(), "<b>no</b>");
    }

    #[test]
    fn success_asks_for_nothing() {
        let document = AuthenticateResponse::Success.write().unwrap();
        assert!(document.contains("<Result>success</Result>") && !document.contains("Requirement"));
        let portal = AuthenticateResponse::Portal { path: "/Citrix/StoreWeb".to_owned() }.write().unwrap();
        assert!(portal.contains("<RedirectURL>/Citrix/StoreWeb</RedirectURL>"));
    }
}
