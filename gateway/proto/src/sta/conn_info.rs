//! The connection information StoreFront puts into a ticket as the value `XData`: a document inside the
//! document.
//!
//! Source: observed messages of a published client. The gateway may show it in its audit log, but decides
//! nothing by it: whoever can ask an STA for tickets can write anything here.

use crate::xml::{self, Element, Prolog, Rules, XmlError};

/// For whom and for what a ticket was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnInfo {
    /// The host's address as StoreFront knows it.
    pub server_address: String,
    /// The user.
    pub user_name: String,
    /// The user's domain.
    pub user_domain: String,
    /// The published application.
    pub application_name: String,
    /// The protocol of the session, `ICA`.
    pub protocol: String,
}

const ROOT: &str = "CtxConnInfo";
/// Names the document type without declaring it, as the observed documents do.
const COMMENT: &str = "DOCTYPE CtxConnInfoProtocol SYSTEM \"CtxConnInfo.dtd\"";

impl ConnInfo {
    /// Reads the text of an `XData` value. Absent fields are empty.
    ///
    /// # Errors
    /// [`XmlError`] when the text is not such a document.
    pub fn parse(x_data: &str) -> Result<Self, XmlError> {
        let root = xml::read(x_data.as_bytes(), &Rules::default())?;
        if root.name() != ROOT {
            return Err(XmlError::Missing(ROOT));
        }
        let field = |name| Ok(root.child(name)?.map_or("", Element::text).to_owned());
        Ok(Self {
            server_address: field("ServerAddress")?,
            user_name: field("UserName")?,
            user_domain: field("UserDomain")?,
            application_name: field("ApplicationName")?,
            protocol: field("Protocol")?,
        })
    }

    /// Writes the text of an `XData` value, not yet escaped.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] for characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        let root = Element::new(ROOT)
            .with_attribute("version", "1.0")
            .with(Element::leaf("ServerAddress", &self.server_address))
            .with(Element::leaf("UserName", &self.user_name))
            .with(Element::leaf("UserDomain", &self.user_domain))
            .with(Element::leaf("ApplicationName", &self.application_name))
            .with(Element::leaf("Protocol", &self.protocol));
        xml::write(&root, Prolog::Comment(COMMENT))
    }
}
