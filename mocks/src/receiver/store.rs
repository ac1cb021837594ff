//! Listing and launching through StoreFront's Web API, as Receiver for Web's own script does.

use std::time::Duration;

use gateway_proto::ica_file::LaunchFile;
use gateway_proto::xml;
use gateway_rt::time::since_epoch;
use serde::Deserialize;

use super::{App, Apps, Call, Launch, Page, Receiver, Refusal, Seen, Trouble, url};
use crate::limits::{LAUNCH_POLL_PAUSE_MAX, LAUNCH_POLLS_MAX};

/// The authentication method by which a gateway logs its users on to StoreFront.
const GATEWAY_METHOD: &str = "CitrixAGBasic";

/// Why a launch failed where the store itself gave no reason.
pub const REASONS: &[&str] = &[NO_ICA_FILE, NO_LAUNCH_STATUS, STILL_NOT_READY];
const NO_ICA_FILE: &str = "no-ica-file";
const NO_LAUNCH_STATUS: &str = "no-launch-status";
const STILL_NOT_READY: &str = "still-not-ready";

#[derive(Deserialize)]
struct Listing {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    id: String,
    name: String,
    launchurl: Option<String>,
    launchstatusurl: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
    #[serde(rename = "errorId")]
    error_id: Option<String>,
    #[serde(rename = "pollTimeout")]
    poll_timeout: Option<u64>,
}

impl Receiver {
    /// Logs on to the store by the gateway, when that is not done yet, and lists the user's apps.
    pub async fn apps(&mut self) -> Result<Apps, Trouble> {
        let listed = self.list().await?;
        match &listed {
            Apps::Listed(apps) => {
                let names = apps.iter().map(|app| app.name.clone()).collect();
                self.journal.record(Seen::Apps { names });
                self.apps = Some(apps.clone());
            }
            Apps::Refused(refusal) => {
                self.journal.record(Seen::Refused { what: "apps", refusal: refusal.clone() });
            }
        }
        Ok(listed)
    }

    /// Launches an app by its published name, listing the apps first when that was not done yet.
    pub async fn launch(&mut self, name: &str) -> Result<Launch, Trouble> {
        if self.apps.is_none()
            && let Apps::Refused(refusal) = self.apps().await?
        {
            return Ok(Launch::Refused(refusal));
        }
        let app = self.apps.iter().flatten().find(|app| app.name == name).cloned();
        let Some(app) = app else { return Ok(Launch::NoSuchApp) };
        let launch = self.fetch_ica_file(&app).await?;
        match &launch {
            Launch::File(file) => self.journal.record(Seen::IcaFile {
                app: file.application.clone(),
                ticket: file.ticket.clone(),
                gateway: file.gateway.to_string(),
            }),
            Launch::Failed { error_id, status } => self.journal.record(Seen::Refused {
                what: "launch",
                refusal: Refusal {
                    status: *status,
                    reason: Some(error_id.clone()),
                    vpn_error: None,
                    text: String::new(),
                },
            }),
            Launch::NoSuchApp | Launch::Refused(_) => {}
        }
        Ok(launch)
    }

    async fn list(&mut self) -> Result<Apps, Trouble> {
        let configuration = self.store_post("Home/Configuration", &[]).await?;
        if configuration.status != 200 {
            return Ok(self.store_refusal(&configuration));
        }
        let mut page = self.list_resources().await?;
        if page.header("citrixwebreceiver-authenticate").is_some() {
            let methods = self.store_post("Authentication/GetAuthMethods", &[]).await?;
            let Some(login) = gateway_login(&methods) else { return Ok(self.store_refusal(&methods)) };
            let logged_on = self.store_post(&login, &[]).await?;
            if !is_logged_on(&logged_on) {
                return Ok(self.store_refusal(&logged_on));
            }
            page = self.list_resources().await?;
        }
        let Ok(listing) = serde_json::from_slice::<Listing>(&page.body) else {
            return Ok(self.store_refusal(&page));
        };
        Ok(Apps::Listed(listing.resources.into_iter().filter_map(|resource| self.app(resource)).collect()))
    }

    async fn list_resources(&mut self) -> Result<Page, Trouble> {
        self.store_post("Resources/List", &[("format", "json"), ("resourceDetails", "Default")]).await
    }

    /// An app with its links resolved; one without a launch link can't be launched and is no app.
    fn app(&self, resource: Resource) -> Option<App> {
        let launch = self.store_path(resource.launchurl.as_deref()?)?;
        let status = resource.launchstatusurl.and_then(|link| self.store_path(&link));
        Some(App { id: resource.id, name: resource.name, launch, status })
    }

    async fn fetch_ica_file(&mut self, app: &App) -> Result<Launch, Trouble> {
        if let Some(failed) = self.wait_until_ready(app).await? {
            return Ok(failed);
        }
        let target = format!("{}?{}", app.launch, self.launch_query(app));
        let page = self.call(Call::get(target)).await?;
        Ok(match LaunchFile::parse(&page.body) {
            Ok(file) if page.status == 200 => Launch::File(file),
            _ => Launch::Failed { error_id: error_id(&page, NO_ICA_FILE), status: page.status },
        })
    }

    fn launch_query(&self, app: &App) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(token) = self.csrf_token() {
            query.append_pair("CsrfToken", &token);
        }
        let launch_id = since_epoch(self.rt.clock.as_ref()).as_millis().to_string();
        query.append_pair("IsUsingHttps", "Yes").append_pair("displayNameDesktopTitle", &app.name);
        query.append_pair("launchId", &launch_id).finish()
    }

    /// Asks whether a launch is ready, more than once when the store says so. `Some` is the end of it.
    async fn wait_until_ready(&mut self, app: &App) -> Result<Option<Launch>, Trouble> {
        let Some(path) = &app.status else { return Ok(None) };
        for _ in 0..LAUNCH_POLLS_MAX {
            let fields = [("displayNameDesktopTitle", app.name.as_str()), ("createFileFetchTicket", "false")];
            let page = self.web_api(path, &fields).await?;
            let status = serde_json::from_slice::<Status>(&page.body).ok().filter(|_| page.status == 200);
            match status {
                Some(status) if status.status == "success" => return Ok(None),
                Some(status) if status.status == "retry" => {
                    let pause = Duration::from_secs(status.poll_timeout.unwrap_or(1));
                    tokio::time::sleep(pause.min(LAUNCH_POLL_PAUSE_MAX)).await;
                }
                _ => {
                    let error_id = error_id(&page, NO_LAUNCH_STATUS);
                    return Ok(Some(Launch::Failed { error_id, status: page.status }));
                }
            }
        }
        Ok(Some(Launch::Failed { error_id: STILL_NOT_READY.to_owned(), status: 200 }))
    }

    /// A POST below the store's path.
    async fn store_post(&mut self, link: &str, fields: &[(&str, &str)]) -> Result<Page, Trouble> {
        let path = self.store_path(link).ok_or_else(|| Trouble::Unsendable(format!("link {link}")))?;
        self.web_api(&path, fields).await
    }

    async fn web_api(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Page, Trouble> {
        let call = Call::post(path, fields.iter().copied()).header("X-Citrix-IsUsingHTTPS", "Yes");
        let call = match self.csrf_token() {
            Some(token) => call.header("Csrf-Token", &token),
            None => call,
        };
        self.call(call).await
    }

    /// The path of a link of the store: below the place the gateway led to.
    fn store_path(&self, link: &str) -> Option<String> {
        url::resolve(&self.origin(), self.store_base(), link)
    }

    fn store_base(&self) -> &str {
        self.store.as_deref().unwrap_or(&self.config.store)
    }

    /// What the store's script would read from its cookie.
    fn csrf_token(&self) -> Option<String> {
        self.jar.readable("CsrfToken", self.store_base(), self.now()).map(str::to_owned)
    }

    fn store_refusal(&self, page: &Page) -> Apps {
        let mut refusal = self.refusal(page);
        refusal.reason = refusal.reason.or_else(|| stated_error(page));
        Apps::Refused(refusal)
    }
}

fn gateway_login(methods: &Page) -> Option<String> {
    let root = xml::read(&methods.body, &xml::Rules::default()).ok().filter(|_| methods.status == 200)?;
    let mut methods = root.children_named("method");
    let gateway = methods.find(|method| method.attribute("name") == Some(GATEWAY_METHOD))?;
    gateway.attribute("url").map(str::to_owned)
}

fn is_logged_on(answer: &Page) -> bool {
    let root = xml::read(&answer.body, &xml::Rules::default());
    let result = root.as_ref().ok().and_then(|root| root.find("Result").ok().flatten());
    answer.status == 200 && result.is_some_and(|result| result.token() == "success")
}

fn error_id(page: &Page, otherwise: &str) -> String {
    page.reason().or_else(|| stated_error(page)).unwrap_or_else(|| otherwise.to_owned())
}

/// The error a store's answer names: `errorId` in JSON, `LogMessage` in XML.
fn stated_error(page: &Page) -> Option<String> {
    if let Ok(status) = serde_json::from_slice::<Status>(&page.body) {
        return status.error_id;
    }
    let root = xml::read(&page.body, &xml::Rules::default()).ok()?;
    root.find("LogMessage").ok().flatten().map(|message| message.token().to_owned())
}
