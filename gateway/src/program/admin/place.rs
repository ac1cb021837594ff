//! Where the administration listens: a loopback address, or a Unix socket that only one account may open.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use gateway_rt::{Listener, Rt, Stream};

/// What a path is written behind.
const UNIX: &str = "unix:";

/// A place to listen at and to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::program) enum Place {
    /// TCP; whether the address is a loopback one is for the check of the configuration.
    Tcp(SocketAddr),
    /// A Unix socket, by its absolute path.
    Unix(PathBuf),
}

impl Place {
    /// Where it is when nothing else is said.
    pub(in crate::program) fn usual() -> Self {
        Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 9443)))
    }

    /// Whether nobody on another machine can connect.
    pub(in crate::program) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(at) => at.ip().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Listens; gives the place as it came to be, with the port that was free.
    pub(in crate::program) async fn listen(&self, rt: &Rt) -> io::Result<(Box<dyn Listener>, Self)> {
        match self {
            Self::Tcp(at) => {
                let listener = rt.net.listen(*at).await?;
                let place = Self::Tcp(listener.local_addr());
                Ok((listener, place))
            }
            Self::Unix(path) => Ok((gateway_rt::tokio::listen_unix(path).await?, self.clone())),
        }
    }

    /// Leaves nothing behind, once nobody listens any more.
    pub(in crate::program) fn clear(&self) {
        if let Self::Unix(path) = self {
            // What can't be taken away is replaced at the next start.
            drop(std::fs::remove_file(path));
        }
    }

    /// Connects, within this time.
    pub(in crate::program) async fn connect(&self, rt: &Rt, within: Duration) -> Result<Stream, String> {
        match self {
            Self::Tcp(at) => {
                let connected = rt.connect(&at.ip().to_string(), at.port(), within).await;
                connected.map(|(stream, _)| stream).map_err(|error| error.to_string())
            }
            Self::Unix(path) => {
                gateway_rt::tokio::connect_unix(path).await.map_err(|error| error.to_string())
            }
        }
    }

    /// What a request calls it.
    pub(in crate::program) fn host(&self) -> String {
        match self {
            Self::Tcp(at) => at.to_string(),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(UNIX) {
            Some(path) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(_) => Err("write a whole path, such as \"unix:/run/gateway/admin.sock\""),
            None => text.parse().map(Self::Tcp).map_err(
                |_| "write an address and a port, such as \"127.0.0.1:9443\", or \"unix:\" and a path",
            ),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(at) => at.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}
