//! The audit log: events leave the request at once and are written by one task, in order.
//!
//! The queue between them is bounded (SR-143): when the writer does not keep up, lines are dropped, counted, and
//! the loss is itself a line.
//!
//! What it is not: a syslog client (that is the gateway's own, [`gateway::config::Syslog`]), a rotating file. SIGHUP opens the file again.

mod line;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use gateway::audit::Severity;
use gateway_rt::{Line, Rt, Told};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};

use super::configuration::LogFormat;
use line::{Entry, Form};

/// Lines waiting to be written. Ours: some seconds of a busy gateway, a few megabytes.
const QUEUE_LINES_MAX: usize = 8_192;
/// Lines written with one system call. Ours.
const BATCH_LINES_MAX: usize = 256;
/// At the end, the writer has this time for the rest.
const FLUSH_DEADLINE: Duration = Duration::from_secs(2);
/// SR-144.
const FILE_MODE: u32 = 0o640;

/// The log's near end. Cheap to clone.
#[derive(Clone)]
pub(super) struct Log {
    rt: Rt,
    orders: mpsc::Sender<Order>,
    lost: Arc<AtomicU64>,
}

enum Order {
    Write(SystemTime, Told),
    Reopen,
    Flush(oneshot::Sender<()>),
}

impl Log {
    /// Opens `file`, or standard error, and starts the writer. `host` is how syslog messages name this machine.
    pub(super) async fn start(
        rt: &Rt,
        format: LogFormat,
        file: Option<PathBuf>,
        host: String,
    ) -> io::Result<Self> {
        let sink = open(file.as_deref()).await?;
        let form = match format {
            LogFormat::Auto if file.is_none() && io::stderr().is_terminal() => Form::Text,
            LogFormat::Auto | LogFormat::Json => Form::Json,
            LogFormat::Text => Form::Text,
            LogFormat::Rfc5424 => Form::Rfc5424,
        };
        let (orders, incoming) = mpsc::channel(QUEUE_LINES_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let writer =
            Writer { rt: rt.clone(), form, host, file, sink, sequence: 0, lost: lost.clone(), told_lost: 0 };
        rt.spawn("log", writer.run(incoming));
        Ok(Self { rt: rt.clone(), orders, lost })
    }

    /// Writes an event. Never waits.
    pub(super) fn tell(&self, told: Told) {
        if self.orders.try_send(Order::Write(self.rt.clock.now(), told)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes something that concerns the program and no connection.
    pub(super) fn note(&self, kind: &'static str, severity: Severity, text: impl AsRef<str>) {
        self.tell(note(kind, severity, text));
    }

    /// Lines that could not be written since the beginning.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Opens the file again, for who moved it away.
    pub(super) async fn reopen(&self) {
        drop(self.orders.send(Order::Reopen).await);
    }

    /// Waits until everything told so far is written, for a while.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            if self.orders.send(Order::Flush(done)).await.is_ok() {
                drop(written.await);
            }
        };
        drop(tokio::time::timeout(FLUSH_DEADLINE, flushed).await);
    }
}

fn note(kind: &'static str, severity: Severity, text: impl AsRef<str>) -> Told {
    Told::here(kind, Line::new(text)).with("severity", severity.as_str())
}

type Sink = Box<dyn AsyncWrite + Send + Unpin>;

async fn open(file: Option<&Path>) -> io::Result<Sink> {
    match file {
        None => Ok(Box::new(tokio::io::stderr())),
        Some(path) => {
            let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path).await?;
            Ok(Box::new(file))
        }
    }
}

/// The log's far end.
struct Writer {
    rt: Rt,
    form: Form,
    host: String,
    file: Option<PathBuf>,
    sink: Sink,
    sequence: u64,
    lost: Arc<AtomicU64>,
    told_lost: u64,
}

impl Writer {
    async fn run(mut self, mut incoming: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(BATCH_LINES_MAX);
        while incoming.recv_many(&mut batch, BATCH_LINES_MAX).await > 0 {
            let mut text = String::new();
            for order in batch.drain(..) {
                match order {
                    Order::Write(at, told) => self.append(&mut text, at, told),
                    Order::Reopen => {
                        self.write(&mut text).await;
                        self.reopen(&mut text).await;
                    }
                    Order::Flush(done) => {
                        self.write(&mut text).await;
                        // Who asked may have given up.
                        done.send(()).unwrap_or_default();
                    }
                }
            }
            self.write(&mut text).await;
        }
    }

    fn append(&mut self, text: &mut String, at: SystemTime, told: Told) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > self.told_lost {
            let line = format!("{} log lines are lost", lost - self.told_lost);
            self.told_lost = lost;
            self.append(text, at, note("program.log-lost", Severity::Error, line));
        }
        self.sequence += 1;
        let entry = Entry { at, sequence: self.sequence, told };
        text.push_str(&entry.line(self.form, &self.host));
        text.push('\n');
    }

    async fn write(&mut self, text: &mut String) {
        let written = async {
            self.sink.write_all(text.as_bytes()).await?;
            self.sink.flush().await
        };
        if written.await.is_err() {
            self.lost.fetch_add(text.lines().count() as u64, Ordering::Relaxed);
        }
        text.clear();
    }

    async fn reopen(&mut self, text: &mut String) {
        match open(self.file.as_deref()).await {
            Ok(sink) => self.sink = sink,
            // The old file still takes lines; it learns why.
            Err(error) => {
                let line = format!("the log file can't be opened again: {error}");
                self.append(text, self.rt.clock.now(), note("program.log-reopen", Severity::Error, line));
            }
        }
    }
}
