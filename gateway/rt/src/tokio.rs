//! The real world: tokio's sockets, the system's files, clock and randomness, aws-lc-rs for TLS.
//!
//! The only file of gateway and mocks that may open a socket or a state file, start a task or read a clock.
#![expect(clippy::disallowed_methods, reason = "this file is the door that the lint guards")]

use std::fs::{Permissions, TryLockError};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream};

use crate::disk::{Disk, File};
use crate::net::{Accepted, BoxFuture, Datagram, Listener, Net, Stream};
use crate::{Entropy, Purpose, Rt, WallClock};

/// The real world.
pub fn real() -> Rt {
    Rt {
        net: Arc::new(TokioNet),
        clock: Arc::new(SystemClock),
        disk: Arc::new(SystemDisk),
        entropy: Arc::new(SystemEntropy),
        crypto: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
    }
}

struct TokioNet;

impl Net for TokioNet {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(at).await?;
            let local = listener.local_addr()?;
            Ok(Box::new(TokioListener { listener, local }) as Box<dyn Listener>)
        })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            // Keystrokes are small and must not wait for more of them.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Stream)
        })
    }

    fn bind_udp(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Arc<dyn Datagram>>> {
        Box::pin(async move {
            let socket = UdpSocket::bind(at).await?;
            let local = socket.local_addr()?;
            Ok(Arc::new(TokioDatagram { socket, local }) as Arc<dyn Datagram>)
        })
    }

    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|at| at.ip()).collect()) })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }

    fn task_panicked(&self, task: &'static str, message: String) {
        eprintln!("internal error: task {task} ended by a panic: {message}");
    }
}

struct TokioListener {
    listener: TcpListener,
    local: SocketAddr,
}

impl Listener for TokioListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            let (stream, peer) = self.listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok(Accepted { stream: Box::new(stream), peer })
        })
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

/// Listens at a Unix socket, for programs of this machine whose user may write to the file. The file outlives the
/// listener; one at which nobody listens any more is replaced.
///
/// # Errors
/// Somebody listens there, or the file can't be made.
pub async fn listen_unix(path: &Path) -> io::Result<Box<dyn Listener>> {
    match UnixStream::connect(path).await {
        Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
        // Nothing is there, or nothing that may be taken away: binding says which.
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(UNIX_SOCKET_MODE))?;
    Ok(Box::new(UnixSocket(listener)))
}

/// Connects to such a socket.
///
/// # Errors
/// Nobody listens there, or this user may not ask.
pub async fn connect_unix(path: &Path) -> io::Result<Stream> {
    Ok(Box::new(UnixStream::connect(path).await?))
}

/// Its user's alone.
const UNIX_SOCKET_MODE: u32 = 0o600;

/// Programs on Unix sockets have no address; they are on this machine.
const UNIX_PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct UnixSocket(UnixListener);

impl Listener for UnixSocket {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            let (stream, _) = self.0.accept().await?;
            Ok(Accepted { stream: Box::new(stream), peer: UNIX_PEER })
        })
    }

    fn local_addr(&self) -> SocketAddr {
        UNIX_PEER
    }
}

struct TokioDatagram {
    socket: UdpSocket,
    local: SocketAddr,
}

impl Datagram for TokioDatagram {
    fn send_to<'a>(&'a self, bytes: &'a [u8], to: SocketAddr) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { self.socket.send_to(bytes, to).await.map(drop) })
    }

    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(self.socket.recv_from(buf))
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, _purpose: Purpose, out: &mut [u8]) {
        // aws-lc-rs draws from its own DRBG, which the system seeds; it fails only when the system has no
        // entropy source at all, where going on would be worse than stopping.
        rustls::crypto::aws_lc_rs::default_provider()
            .secure_random
            .fill(out)
            .expect("the operating system provides randomness");
    }
}

/// SR-150.
const FILE_MODE: u32 = 0o600;

struct SystemDisk;

impl Disk for SystemDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut how = std::fs::OpenOptions::new();
        let file = how.read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
        if file.metadata()?.len() == 0 {
            // Somebody may have made it for us. What has content may not be ours to change.
            file.set_permissions(Permissions::from_mode(FILE_MODE))?;
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        sync_folder(path)?;
        Ok(Arc::new(SystemFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        sync_folder(to)
    }

    fn work(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'_, ()> {
        // A panic of the work is reported by the runtime; whoever waits learns from the work's own answer.
        let done = tokio::task::spawn_blocking(work);
        Box::pin(async move { drop(done.await) })
    }
}

/// A file's name is there after a power loss only when its folder was synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[derive(Debug)]
struct SystemFile(std::fs::File);

impl File for SystemFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
