//! Listing and launching: apps and hosts from the brokers, a ticket from an STA, an ICA file for the client.

use std::net::SocketAddr;

use gateway_proto::broker::{
    AddressName, AppData, Credentials, Request, RequestAddress, RequestAppData, RequestTicket, Response,
    ResponseAddress, TICKET_TTL_SECONDS,
};
use gateway_proto::host_port::HostPort;
use gateway_proto::ica_file::{CONTENT_TYPE, LaunchFile, SessionReliability};
use gateway_proto::secret::Secret;
use gateway_proto::sta::{self, ConnInfo, TicketData};
use gateway_rt::Rt;
use http::StatusCode;
use http::header::CONTENT_DISPOSITION;
use serde_json::json;

use super::answers::{self, Answer, resource_id};
use super::backend::Reason;
use super::sessions::User;
use super::{Seen, StoreFront};

type Refused = (StatusCode, &'static str);

/// What an app the user may not start, and one that does not exist, are called alike.
const UNKNOWN: Refused = (StatusCode::NOT_FOUND, "unknown-resource");

impl StoreFront {
    /// `Resources/List`.
    pub(super) async fn list(&self, rt: &Rt, session: &str, user: &User) -> Result<Answer, Refused> {
        let apps = self.apps(rt, session, user).await.map_err(unavailable)?;
        Ok(Answer::json(StatusCode::OK, &answers::list(&apps)))
    }

    /// Asks the brokers for the user's apps and remembers those that the session's conditions allow.
    pub(super) async fn apps(&self, rt: &Rt, session: &str, user: &User) -> Result<Vec<AppData>, Reason> {
        let request = Request::AppData(RequestAppData::new(user.credentials()));
        let Response::AppData(apps) = self.ask_brokers(rt, &request).await? else {
            return Err(Reason::NO_BROKER);
        };
        let apps: Vec<AppData> =
            apps.into_iter().filter(|app| !app.is_disabled && self.allows(user, app)).collect();
        self.sessions().listed(session, &apps);
        Ok(apps)
    }

    /// SmartAccess: whether one of the conditions an app requires holds for the user's session.
    fn allows(&self, user: &User, app: &AppData) -> bool {
        let required = self.config.requires.get(&app.name);
        required.is_none_or(|any| any.iter().any(|condition| user.conditions.contains(condition)))
    }

    /// `Resources/GetLaunchStatus`: every app that may be started is ready.
    pub(super) async fn launch_status(
        &self,
        rt: &Rt,
        session: &str,
        user: &User,
        id: &str,
    ) -> Result<Answer, Refused> {
        self.app(rt, session, user, id).await?;
        Ok(Answer::json(StatusCode::OK, &json!({ "fileFetchUrl": null, "status": "success" })))
    }

    /// `Resources/LaunchIca`.
    pub(super) async fn launch_ica(
        &self,
        rt: &Rt,
        peer: SocketAddr,
        session: &str,
        user: &User,
        id: &str,
    ) -> Result<Answer, Refused> {
        let app = self.app(rt, session, user, id).await?;
        let (file, host) = self.launch(rt, user, &app).await.map_err(unavailable)?;
        let body = file.write().map_err(|_| unavailable(Reason("unwritable-ica-file")))?;
        self.journal.record(Seen::Launched {
            peer,
            user: user.name.clone(),
            app: app.name.clone(),
            host: host.to_string(),
            ticket: file.ticket.clone(),
        });
        Ok(Answer::new(StatusCode::OK, CONTENT_TYPE, body.expose().to_vec())
            .with(CONTENT_DISPOSITION, "attachment; filename=\"launch.ica\""))
    }

    /// An app of the session's latest list, which is made when there is none.
    async fn app(&self, rt: &Rt, session: &str, user: &User, id: &str) -> Result<AppData, Refused> {
        let apps = match &user.apps {
            Some(apps) => apps.clone(),
            None => self.apps(rt, session, user).await.map_err(unavailable)?,
        };
        apps.into_iter().find(|app| resource_id(app) == id).ok_or(UNKNOWN)
    }

    /// Host, logon ticket, traversal ticket, in this order: a later step needs the earlier one's answer.
    async fn launch(&self, rt: &Rt, user: &User, app: &AppData) -> Result<(LaunchFile, HostPort), Reason> {
        let address = self.address(rt, user, app).await?;
        let logon_ticket = self.logon_ticket(rt, user, &address).await?;
        let host = address.server_address;
        let info = ConnInfo {
            server_address: host.to_string(),
            user_name: user.name.clone(),
            user_domain: user.domain.clone(),
            application_name: app.name.clone(),
            protocol: "ICA".to_owned(),
        };
        let cgp = SessionReliability::default();
        let cgp_address =
            HostPort::new(host.host(), cgp.port).ok().filter(|_| self.config.session_reliability);
        let data = TicketData {
            ica_address: Some(host.clone()),
            cgp_address,
            ssl_relay_address: address.ssl_relay_address,
            x_data: Some(info.write().map_err(|_| Reason("unspecified"))?),
        };
        let ticket = self.ask_stas(rt, &sta::RequestTicket::new(data)).await?;
        let reliable = self.config.session_reliability && ticket.version().has_session_reliability();
        let mut file = LaunchFile::new(&app.name, ticket, self.config.gateway.clone());
        file.logon_ticket = Some(logon_ticket);
        file.session_reliability = reliable.then_some(cgp);
        file.auto_client_reconnect = self.config.auto_client_reconnect;
        Ok((file, host))
    }

    async fn address(&self, rt: &Rt, user: &User, app: &AppData) -> Result<ResponseAddress, Reason> {
        let request = RequestAddress {
            name: AddressName::App(app.in_name.clone()),
            client_name: String::new(),
            credentials: Some(Credentials::name_only(&user.name, &user.domain)),
        };
        match self.ask_brokers(rt, &Request::Address(request)).await? {
            Response::Address(address) => Ok(address),
            _ => Err(Reason::NO_BROKER),
        }
    }

    async fn logon_ticket(&self, rt: &Rt, user: &User, address: &ResponseAddress) -> Result<Secret, Reason> {
        let request = RequestTicket {
            credentials: user.credentials(),
            ticket_tag: address.ticket_tag.clone(),
            time_to_live_seconds: TICKET_TTL_SECONDS,
        };
        match self.ask_brokers(rt, &Request::Ticket(request)).await? {
            Response::Ticket(ticket) => Ok(ticket),
            _ => Err(Reason::NO_BROKER),
        }
    }
}

fn unavailable(reason: Reason) -> Refused {
    (StatusCode::SERVICE_UNAVAILABLE, reason.0)
}
