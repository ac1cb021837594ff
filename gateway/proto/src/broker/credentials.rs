//! Who asks: the `Credentials` element.

use super::{BrokerError, optional, text};
use crate::ctx1;
use crate::secret::Secret;
use crate::xml::{Element, XmlError};

/// In whose name a request is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user without a name.
    Anonymous,
    /// A named user.
    User(User),
}

/// A user by name. Address requests name the user without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The domain, empty for none. Written with the type `NT`; read with any type.
    pub domain: String,
    /// The password, where the request needs one.
    pub password: Option<Password>,
}

/// A password and how it travels. Neither way protects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// The way it travels.
    pub encoding: PasswordEncoding,
    /// The plain password.
    pub value: Secret,
}

/// How a password stands in a message. The RSA encodings need a key exchange and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordEncoding {
    /// As it is.
    Cleartext,
    /// Scrambled by [`crate::ctx1`].
    Ctx1,
}

impl Credentials {
    /// A user with a scrambled password, as StoreFront sends it.
    pub fn with_password(name: &str, domain: &str, password: impl Into<Secret>) -> Self {
        let password = Password { encoding: PasswordEncoding::Ctx1, value: password.into() };
        Self::User(User { name: name.to_owned(), domain: domain.to_owned(), password: Some(password) })
    }

    /// A user without a password, as address requests name one.
    pub fn name_only(name: &str, domain: &str) -> Self {
        Self::User(User { name: name.to_owned(), domain: domain.to_owned(), password: None })
    }

    /// Reads the `Credentials` child of `message`, if there is one.
    pub(super) fn read(message: &Element) -> Result<Option<Self>, BrokerError> {
        let Some(element) = message.child("Credentials")? else { return Ok(None) };
        if element.child("AnonymousUser")?.is_some() {
            return Ok(Some(Self::Anonymous));
        }
        let name = element.required("UserName")?.text().to_owned();
        let password = element.child("Password")?.map(Password::read).transpose()?;
        Ok(Some(Self::User(User { name, domain: text(element, "Domain")?, password })))
    }

    /// Like [`read`](Self::read), for a message that makes no sense without.
    pub(super) fn required(message: &Element) -> Result<Self, BrokerError> {
        Self::read(message)?.ok_or(BrokerError::Xml(XmlError::Missing("Credentials")))
    }

    pub(super) fn element(&self) -> Result<Element, BrokerError> {
        let element = Element::new("Credentials");
        let Self::User(user) = self else { return Ok(element.with(Element::new("AnonymousUser"))) };
        let password = user.password.as_ref().map(Password::element).transpose()?;
        let domain = optional("Domain", &user.domain).map(|domain| domain.with_attribute("type", "NT"));
        Ok(element.with(Element::leaf("UserName", &user.name)).with_all(password).with_all(domain))
    }
}

impl Password {
    fn read(element: &Element) -> Result<Self, BrokerError> {
        let (encoding, value) = match element.attribute("encoding").unwrap_or("cleartext") {
            "cleartext" => (PasswordEncoding::Cleartext, Secret::from(element.text())),
            "ctx1" => (PasswordEncoding::Ctx1, ctx1::decode(element.token())?),
            _ => return Err(BrokerError::PasswordEncoding),
        };
        Ok(Self { encoding, value })
    }

    fn element(&self) -> Result<Element, BrokerError> {
        let plain = self.value.expose_str().ok_or(BrokerError::PasswordEncoding)?;
        Ok(match self.encoding {
            PasswordEncoding::Cleartext => {
                Element::leaf("Password", plain).with_attribute("encoding", "cleartext")
            }
            PasswordEncoding::Ctx1 => {
                // The scrambled form is letters only, so its text is always there.
                let scrambled = ctx1::encode(plain);
                Element::leaf("Password", scrambled.expose_str().unwrap_or_default())
                    .with_attribute("encoding", "ctx1")
            }
        })
    }
}
