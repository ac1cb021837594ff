//! `gateway serve`: from a configuration to a process that serves, reloads and stops as an operator expects.
//!
//! SIGTERM and SIGINT stop (SR-152): nobody new is let in, requests are answered, tunnels have their time; the
//! second one ends at once. SIGHUP takes the configuration as it is now, or says why not and goes on with the old.
//! SIGUSR1 opens the log file again, SIGUSR2 writes into it what goes on.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, RwLock};

use gateway::audit::{Event, Severity, Sink};
use gateway::{BuildError, Control, Gateway, StoreError};
use gateway_rt::{Listener, Rt, Tell as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::Sources;
use super::admin::{Admin, Order, Place, Tally, VERSION};
use super::configuration::{self, Configuration, Finding};
use super::failure::{Exit, Failure};
use super::log::Log;
use super::supervisor::{self, Watchdog};

/// Orders of administrators that wait. Ours: they are given by hand.
const ORDERS_MAX: usize = 8;

/// Sessions that are written to the log when it is asked what goes on. Ours: more nobody reads there.
const DUMPED_SESSIONS_MAX: usize = 100;

/// Serves until told to stop.
pub(super) async fn serve(sources: &Sources) -> Result<(), Failure> {
    let rt = gateway_rt::tokio::real();
    let configuration = configuration::load(sources, rt.clock.now());
    let configuration = configuration.map_err(|all| configuration::failure(&configuration::errors(all)))?;
    let mut signals = Signals::new().map_err(|error| Failure::broken(format!("signals: {error}")))?;
    let log = start_log(&rt, &configuration).await?;
    let served = Server::start(&rt, sources, configuration, log.clone(), &mut signals).await;
    log.flush().await;
    served
}

async fn start_log(rt: &Rt, configuration: &Configuration) -> Result<Log, Failure> {
    let file = configuration.log_file.clone();
    let shown = file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let host = configuration.gateway.fqdn.clone();
    let log = Log::start(rt, configuration.log_format, file, host).await;
    log.map_err(|error| Failure::new(Exit::Forbidden, format!("log.file: {shown}: {error}")))
}

/// The signals this program knows, caught from the beginning.
struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    terminate: Signal,
    reopen: Signal,
    dump: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            reopen: signal(SignalKind::user_defined1())?,
            dump: signal(SignalKind::user_defined2())?,
        })
    }
}

/// What a running program consists of, besides the gateway.
struct Server<'a> {
    rt: Rt,
    sources: &'a Sources,
    log: Log,
    control: Control,
    admin: Arc<Admin>,
    /// What a reload can't change.
    bound: Bound,
    /// What it does, for people who ask the supervisor.
    status: String,
}

/// Settings that hold from start to end.
#[derive(Clone, PartialEq, Eq)]
struct Bound {
    listen: SocketAddr,
    admin: Place,
    log: (configuration::LogFormat, Option<std::path::PathBuf>),
    store: Option<std::path::PathBuf>,
    syslog: Option<gateway::config::Syslog>,
}

impl Bound {
    fn of(configuration: &Configuration) -> Self {
        Self {
            listen: configuration.gateway.listen,
            admin: configuration.admin.clone(),
            log: (configuration.log_format, configuration.log_file.clone()),
            store: configuration.gateway.store.clone(),
            syslog: configuration.gateway.syslog.clone(),
        }
    }

    /// The settings that a restart would change.
    fn changed(&self, next: &Self) -> Vec<&'static str> {
        let all = [
            ("listen", self.listen != next.listen),
            ("admin.listen", self.admin != next.admin),
            ("log", self.log != next.log),
            ("store.path", self.store != next.store),
            ("syslog", self.syslog != next.syslog),
        ];
        all.into_iter().filter(|(_, changed)| *changed).map(|(setting, _)| setting).collect()
    }
}

impl<'a> Server<'a> {
    async fn start(
        rt: &Rt,
        sources: &'a Sources,
        configuration: Configuration,
        log: Log,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let bound = Bound::of(&configuration);
        let users = rt.net.listen(bound.listen).await;
        let users = users.map_err(|error| refused("listen", &bound.listen, &error))?;
        let administrators = bound.admin.listen(rt).await;
        let (administrators, admin_at) =
            administrators.map_err(|error| refused("admin.listen", &bound.admin, &error))?;
        let tally = Arc::new(Tally::default());
        let config = configuration.gateway;
        let gateway = Gateway::new(config.clone(), rt.clone(), sink(rt, &log, &tally));
        let gateway = gateway.map_err(|error| Failure::new(exit(&error), error.to_string()))?;
        let control = gateway.control();

        for warning in &configuration.warnings {
            log.note("program.warning", Severity::Warning, warning.to_string());
        }
        let status = format!("users at {}, administration at {admin_at}", users.local_addr());
        log.note("program.started", Severity::Notice, format!("gateway {VERSION}: {status}"));
        let (orders, incoming) = mpsc::channel(ORDERS_MAX);
        let admin = Arc::new(Admin {
            rt: rt.clone(),
            control: control.clone(),
            tally,
            log: log.clone(),
            orders,
            config: RwLock::new(Arc::new(config)),
            begun: rt.clock.now(),
        });
        rt.spawn("administration", admin.clone().serve(administrators));
        let server = Server { rt: rt.clone(), sources, log, control, admin, bound, status };
        let served = server.run(gateway, users, incoming, signals).await;
        server.bound.admin.clear();
        served
    }

    async fn run(
        &self,
        gateway: Gateway,
        users: Box<dyn Listener>,
        mut orders: mpsc::Receiver<Order>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let mut serving = pin!(gateway.run_on(users));
        let mut watchdog = Watchdog::new();
        supervisor::ready(&self.status);
        loop {
            tokio::select! { biased;
                over = serving.as_mut() => return over.map_err(|error| Failure::broken(format!("serving: {error}"))),
                _ = signals.terminate.recv() => self.stop()?,
                _ = signals.interrupt.recv() => self.stop()?,
                _ = signals.hang_up.recv() => drop(self.reload().await),
                _ = signals.reopen.recv() => self.log.reopen().await,
                _ = signals.dump.recv() => self.dump(),
                Some(order) = orders.recv() => match order {
                    Order::Drain => self.stop()?,
                    // Who asked may have gone.
                    Order::Reload(done) => drop(done.send(self.reload().await)),
                },
                () = watchdog.feed() => {}
            }
        }
    }

    /// The first time stops gently, the second time at once.
    fn stop(&self) -> Result<(), Failure> {
        if self.control.is_stopping() {
            return Err(Failure::broken("told to stop twice; what was in flight is lost"));
        }
        supervisor::stopping("answers what was asked, then stops");
        self.control.stop();
        Ok(())
    }

    /// Takes the configuration as it is now. The warnings, or why the old one stays.
    async fn reload(&self) -> Result<Vec<String>, String> {
        supervisor::reloading();
        self.log.reopen().await;
        let outcome = self.load_again();
        match &outcome {
            Ok(warnings) => warnings
                .iter()
                .for_each(|warning| self.log.note("program.warning", Severity::Warning, warning)),
            Err(errors) => {
                let text = format!("the old configuration stays: {errors}");
                self.log.note("program.reload-refused", Severity::Error, text.replace('\n', "; "));
            }
        }
        supervisor::ready(&self.status);
        outcome
    }

    /// Writes to the log what goes on.
    fn dump(&self) {
        let note = |text: String| self.log.note("program.state", Severity::Informational, text);
        let (sessions, connections) = (self.control.sessions(), self.control.connections());
        let up = self.rt.clock.now().duration_since(self.admin.begun).unwrap_or_default().as_secs();
        let stopping = if self.control.is_stopping() { ", stopping" } else { "" };
        let count = sessions.len();
        note(format!("{}; up {up} s, {connections} connections, {count} sessions{stopping}", self.status));
        for session in sessions.iter().take(DUMPED_SESSIONS_MAX) {
            let (mark, user) = (session.mark, &session.user);
            let (age, idle) = (session.age.as_secs(), session.idle.as_secs());
            note(format!("session {mark} of {user}: {age} s old, idle for {idle} s"));
        }
        if count > DUMPED_SESSIONS_MAX {
            note(format!("and {} more sessions", count - DUMPED_SESSIONS_MAX));
        }
    }

    fn load_again(&self) -> Result<Vec<String>, String> {
        let lines = |findings: &[Finding]| findings.iter().map(Finding::to_string).collect::<Vec<_>>();
        let next = configuration::load(self.sources, self.rt.clock.now());
        let next = next.map_err(|all| lines(&configuration::errors(all)).join("\n"))?;
        let mut warnings = lines(&next.warnings);
        let changed = self.bound.changed(&Bound::of(&next)).into_iter();
        warnings.extend(changed.map(|setting| format!("{setting} is changed, but that needs a restart")));
        self.control.reload(next.gateway.clone()).map_err(|error| format!("tls: {error}"))?;
        self.admin.reloaded(next.gateway);
        Ok(warnings)
    }
}

fn exit(error: &BuildError) -> Exit {
    match error {
        BuildError::Store(StoreError::Open { .. }) => Exit::Forbidden,
        BuildError::Store(_) | BuildError::Tls(_) => Exit::Configuration,
    }
}

/// Why nobody can be listened to there.
fn refused(setting: &str, at: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "the system does not allow it; ports below 1024 need CAP_NET_BIND_SERVICE".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(Exit::Forbidden, format!("{setting}: {at}: {why}"))
}

fn sink(rt: &Rt, log: &Log, tally: &Arc<Tally>) -> Sink {
    let (rt, log, tally) = (rt.clone(), log.clone(), tally.clone());
    Arc::new(move |event: &Event| {
        tally.count(&rt, event);
        log.tell(event.tell());
    })
}
