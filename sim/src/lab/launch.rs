//! The built-in Receiver: does what a user with a Citrix client does, for people who have none.

use std::sync::Arc;

use gateway_mocks::journal::Journal;
use gateway_mocks::receiver::{
    Agent, Apps, Config, Connect, Echo, IcaSession, Launch, Login, Portal, Receiver,
};
use gateway_proto::secret::Secret;
use gateway_rt::Rt;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::limits::{ECHO_DEADLINE, LAUNCH_DEADLINE};
use super::site::{Person, RECEIVER, Second};
use crate::run::Phones;
use crate::run::stage::Software;
use crate::trace::{Recorder, StepNote};

/// What it types.
const TYPED: &str = "hello";

/// A launch that is asked for, and where to say how it went.
pub(super) struct Wish {
    pub(super) person: Person,
    pub(super) app: String,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// Asks the Receiver for launches; clones ask the same one.
pub(super) type Wishes = mpsc::Sender<Wish>;

/// The machine that fulfils wishes, one after the other.
pub(super) fn machine(config: Config, recorder: Recorder, phones: Phones) -> (Wishes, Software) {
    // One is fulfilled, one may wait; who clicks more often waits in the browser.
    let (wishes, asked) = mpsc::channel::<Wish>(1);
    let asked = Arc::new(Mutex::new(asked));
    let software: Software = Box::new(move |rt| {
        let (asked, config) = (asked.clone(), config.clone());
        let (recorder, phones) = (recorder.clone(), phones.clone());
        Box::pin(async move {
            let mut asked = asked.lock().await;
            while let Some(Wish { person, app, done }) = asked.recv().await {
                let launch = launch(&config, &rt, &recorder, &phones, &person, &app);
                let late = |_| Err("it took too long".to_owned());
                let end = tokio::time::timeout(LAUNCH_DEADLINE, launch).await.unwrap_or_else(late);
                // Who asked may have gone.
                drop(done.send(end));
            }
            Ok(())
        })
    });
    (wishes, software)
}

/// Says in the story what it does next.
fn step(recorder: &Recorder, text: impl Into<String>) {
    recorder.record(RECEIVER, StepNote { line: 0, text: text.into(), mark: None });
}

async fn launch(
    config: &Config,
    rt: &Rt,
    recorder: &Recorder,
    phones: &Phones,
    person: &Person,
    app: &str,
) -> Result<(), String> {
    let journal = Journal::tapped(recorder.tap(RECEIVER));
    let mut receiver =
        Receiver::new(config.clone(), rt.clone(), journal).map_err(|error| error.to_string())?;
    receiver.set_agent(Agent::Receiver);
    step(recorder, format!("logs in as {}", person.name));
    log_in(&mut receiver, phones, person).await?;
    step(recorder, "asks for the apps");
    let apps = match receiver.apps().await.map_err(|error| error.to_string())? {
        Apps::Listed(apps) => apps,
        Apps::Refused(refusal) => return Err(format!("the list of apps was refused: {}", refusal.text)),
    };
    if !apps.iter().any(|listed| listed.name == app) {
        return Err(format!("{} may not use {app}", person.name));
    }
    step(recorder, format!("launches {app}"));
    let file = match receiver.launch(app).await.map_err(|error| error.to_string())? {
        Launch::File(file) => file,
        Launch::Failed { error_id, .. } => return Err(format!("the launch failed with {error_id}")),
        Launch::NoSuchApp => return Err(format!("the store does not list {app}")),
        Launch::Refused(refusal) => return Err(format!("the launch was refused: {}", refusal.text)),
    };
    step(recorder, "connects with the ICA file");
    let session = match receiver.connect(&file).await.map_err(|error| error.to_string())? {
        Connect::Open(session) => session,
        Connect::Refused { reply } => {
            return Err(format!("the gateway refused the connection ({reply:#04x})"));
        }
        Connect::Declined { code } => return Err(format!("CGP was refused: {code}")),
        Connect::Closed | Connect::Silent | Connect::Foreign => return Err("no ICA host answered".to_owned()),
    };
    step(recorder, format!("types {TYPED:?}"));
    let typed = type_and_look(session).await;
    step(recorder, "logs out");
    receiver.logout().await.map_err(|error| error.to_string())?;
    typed
}

async fn log_in(receiver: &mut Receiver, phones: &Phones, person: &Person) -> Result<(), String> {
    match receiver.open_portal().await.map_err(|error| error.to_string())? {
        Portal::LoginPage | Portal::Session { .. } => {}
        Portal::Refused(refusal) => return Err(format!("the portal was refused: {}", refusal.text)),
    }
    let password = Secret::new(person.password.as_str());
    let mut outcome = receiver.login(&person.name, &password).await;
    let mut asked = 0;
    loop {
        match outcome.map_err(|error| error.to_string())? {
            Login::Session { .. } => return Ok(()),
            Login::Challenge { prompt } => {
                let code = match &person.second {
                    Second::Codes(codes) => codes.get(asked).map(|code| Secret::new(code.as_str())),
                    Second::Mail => phones.passcode(&person.name).filter(|_| asked == 0),
                    Second::None => None,
                };
                asked += 1;
                outcome = receiver.answer(&code.ok_or_else(|| format!("no answer to {prompt:?}"))?).await;
            }
            Login::TransferOffered { text } => return Err(text),
            Login::Refused(refusal) => return Err(format!("the log-in was refused: {}", refusal.text)),
        }
    }
}

async fn type_and_look(mut session: IcaSession) -> Result<(), String> {
    session.type_text(TYPED).await.map_err(|error| error.to_string())?;
    let echo = session.read_echo(TYPED, ECHO_DEADLINE).await;
    session.close().await;
    match echo {
        Echo::Matched => Ok(()),
        Echo::Differs { .. } | Echo::Late { .. } | Echo::Closed { .. } => {
            Err("the echo did not come".to_owned())
        }
    }
}
