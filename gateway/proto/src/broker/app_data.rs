//! A published application as a broker describes it.

use super::{BrokerError, text};
use crate::xml::{Element, XmlError};

/// One entry of the application list: what StoreFront and old clients read of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppData {
    /// The internal name, unique in the farm: `Farm1.Notepad`.
    pub in_name: String,
    /// The friendly name: `Notepad`.
    pub name: String,
    /// The folder it stands in, empty for the top.
    pub folder: String,
    /// A line for the user.
    pub description: String,
    /// The farm that publishes it.
    pub publisher_name: String,
    /// Whether it is a whole desktop.
    pub is_desktop: bool,
    /// Whether it is listed but can't be started.
    pub is_disabled: bool,
    /// Whether the host accepts TLS.
    pub ssl_enabled: bool,
    /// Who may start it; told only when asked for.
    pub access: Vec<Access>,
    /// A signed number that changes with the entry.
    pub seq_no: i32,
}

/// One line of an access list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a name.
    Anonymous,
    /// The members of a group.
    Group {
        /// The group's name.
        name: String,
        /// Its domain.
        domain: String,
    },
    /// One user.
    User {
        /// The user's name.
        name: String,
        /// Its domain.
        domain: String,
    },
}

impl AppData {
    pub(super) fn read(element: &Element) -> Result<Self, BrokerError> {
        let details = element.child("Details")?;
        let within = |name| details.map_or(Ok(None), |details| details.child(name));
        let mut app = match within("Settings")? {
            Some(settings) => Self::read_settings(settings)?,
            None => Self::default(),
        };
        app.in_name = element.required("InName")?.text().to_owned();
        app.name = element.required("FName")?.text().to_owned();
        if let Some(number) = element.child("SeqNo")? {
            app.seq_no = number.token().parse().map_err(|_| BrokerError::Value("SeqNo"))?;
        }
        if let Some(list) = within("AccessList")? {
            app.access = list
                .children()
                .iter()
                .filter_map(|line| Access::read(line).transpose())
                .collect::<Result<_, _>>()?;
        }
        Ok(app)
    }

    fn read_settings(settings: &Element) -> Result<Self, XmlError> {
        let flag = |name| settings.attribute(name) == Some("true");
        Ok(Self {
            folder: text(settings, "Folder")?,
            description: text(settings, "Description")?,
            publisher_name: text(settings, "PublisherName")?,
            is_desktop: flag("appisdesktop"),
            is_disabled: flag("appisdisabled"),
            ssl_enabled: settings.child("SSLEnabled")?.is_some_and(|flag| flag.token() == "true"),
            ..Self::default()
        })
    }

    pub(super) fn element(&self) -> Element {
        let access = Element::new("AccessList").with_all(self.access.iter().map(Access::element));
        let details = Element::new("Details")
            .with(self.settings())
            .with_all((!self.access.is_empty()).then_some(access));
        Element::new("AppData")
            .with(Element::leaf("InName", &self.in_name))
            .with(Element::leaf("FName", &self.name))
            .with(details)
            .with(Element::leaf("SeqNo", &self.seq_no.to_string()))
            .with(Element::leaf("ServerType", "win32"))
            .with(Element::leaf("ClientType", "ica30"))
    }

    /// The settings every broker sends, in their usual order; what no field stands for has its usual value.
    fn settings(&self) -> Element {
        let limit = |name, minimum, value| Element::leaf(name, value).with_attribute("minimum", minimum);
        let off = |name| Element::new(name).with_attribute("value", "false");
        Element::new("Settings")
            .with_attribute("appisdisabled", flag(self.is_disabled))
            .with_attribute("appisdesktop", flag(self.is_desktop))
            .with(Element::leaf("Folder", &self.folder))
            .with(Element::leaf("Description", &self.description))
            .with(Element::leaf("WinWidth", "1024"))
            .with(Element::leaf("WinHeight", "768"))
            .with(Element::leaf("WinColor", "8"))
            .with(Element::leaf("WinType", "pixels"))
            .with(Element::leaf("WinScale", "0"))
            .with(limit("SoundType", "false", "none"))
            .with(limit("VideoType", "false", "none"))
            .with(limit("Encryption", "true", "basic"))
            .with(off("AppOnDesktop"))
            .with(off("AppInStartmenu"))
            .with(Element::leaf("PublisherName", &self.publisher_name))
            .with(Element::leaf("SSLEnabled", flag(self.ssl_enabled)))
            .with(Element::leaf("RemoteAccessEnabled", "true"))
    }
}

impl Access {
    /// Reads a line; `None` for one of an unknown kind, which grants nothing.
    fn read(line: &Element) -> Result<Option<Self>, XmlError> {
        let domain = || text(line, "Domain");
        Ok(match line.name() {
            "AnonymousUser" => Some(Self::Anonymous),
            "Group" => {
                Some(Self::Group { name: line.required("GroupName")?.text().to_owned(), domain: domain()? })
            }
            "User" => {
                Some(Self::User { name: line.required("UserName")?.text().to_owned(), domain: domain()? })
            }
            _ => None,
        })
    }

    fn element(&self) -> Element {
        let named = |kind, field, name: &str, domain: &str| {
            Element::new(kind).with(Element::leaf(field, name)).with(Element::leaf("Domain", domain))
        };
        match self {
            Self::Anonymous => Element::new("AnonymousUser"),
            Self::Group { name, domain } => named("Group", "GroupName", name, domain),
            Self::User { name, domain } => named("User", "UserName", name, domain),
        }
    }
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
