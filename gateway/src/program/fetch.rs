//! One HTTP request of the program itself: `ctl` asks the administration, `doctor` asks a gateway.

use std::time::Duration;

use bytes::Bytes;
use gateway_rt::http::Client;
use gateway_rt::{Rt, Stream};
use http::header::{HOST, USER_AGENT};
use http::{Method, Request, Response};
use http_body_util::Full;

/// No answer these verbs wait for is longer.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Asks on a stream that is open already.
pub(super) async fn fetch(
    rt: &Rt,
    stream: Stream,
    method: Method,
    host: &str,
    path: &str,
    deadline: Duration,
) -> Result<Response<Bytes>, String> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("gateway/", env!("CARGO_PKG_VERSION")))
        .body(Full::default())
        .map_err(|error| error.to_string())?;
    let mut client = Client::over(rt, stream).await.map_err(|error| error.to_string())?;
    client.send(request, ANSWER_BYTES_MAX, deadline).await.map_err(|error| error.to_string())
}
