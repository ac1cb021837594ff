//! The server side: one connection, one handler.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use super::FullBody;
use super::version::Highest;
use crate::Stream;
use crate::limits::{HTTP_FIELDS_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_DEADLINE};

/// Serves HTTP/1.1 on `stream` until the peer closes, a request breaks the limits, or the head of the next
/// request is not complete within its deadline. Errors of the peer are returned for the log; they need no
/// other action.
pub async fn serve<H, F>(stream: Stream, handler: H) -> Result<(), hyper::Error>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<FullBody>>,
{
    serve_until(stream, handler, pending()).await
}

/// Like [`serve`]; when `leave` completes, the request in flight is answered and the connection closed.
pub async fn serve_until<H, F>(
    stream: Stream,
    handler: H,
    leave: impl Future<Output = ()>,
) -> Result<(), hyper::Error>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<FullBody>>,
{
    let service = service_fn(|request| {
        let answer = handler(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HTTP_HEAD_DEADLINE)
        .max_headers(HTTP_FIELDS_MAX)
        .max_buf_size(HTTP_HEAD_BYTES_MAX)
        // hyper's own `Date` reads the system clock; whoever wants the field sets it from the WallClock.
        .auto_date_header(false)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(Highest::new(stream)), service);
    let mut connection = pin!(connection);
    tokio::select! { biased;
        end = connection.as_mut() => return end,
        () = leave => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}
