//! Single HTTP requests of a receiver, as a scenario writes them.

use gateway_mocks::receiver::Call;

use super::actor::{Actor, Came};
use crate::scenario::plan::{FormValue, Request};
use crate::scenario::source::{Span, Spanned};

impl Actor<'_> {
    /// A single request: whatever its answer is, the step went well, and `expect` looks at the page.
    pub(super) async fn call(&mut self, call: Call, span: Span) -> Came {
        match self.receiver.call(call).await {
            Ok(page) => {
                let text = format!("status {} from {}", page.status, page.target);
                let refused = page.status >= 400 || page.reason().is_some();
                Came { reason: page.reason(), refused, ..Came::well(text, span) }
            }
            Err(trouble) => Came::trouble("the request", &trouble, span),
        }
    }

    /// `None` when a field needs a passcode that was never sent.
    pub(super) fn post(&self, request: &Request) -> Option<Call> {
        let target = request.target.value.as_str();
        let call = match &request.body {
            Some(body) => Call::body(target, body.value.clone().into_bytes()),
            None => {
                let mut fields = Vec::new();
                for field in &request.fields {
                    let value = self.form_value(&field.value)?;
                    fields.push((field.name.value.as_str(), repeated(&value, field.times.as_ref())));
                }
                Call::post(target, fields.iter().map(|(name, value)| (*name, value.as_str())))
            }
        };
        Some(decorate(call, request))
    }

    fn form_value(&self, value: &FormValue) -> Option<String> {
        match value {
            FormValue::Text(text) => Some(text.value.clone()),
            FormValue::Passcode(user) => {
                let passcode = self.setting.phones.passcode(&user.value)?;
                self.setting.ledger.secret(passcode.expose());
                passcode.expose_str().map(str::to_owned)
            }
        }
    }
}

/// What every request may carry besides: header fields, cookies or none.
pub(super) fn decorate(mut call: Call, request: &Request) -> Call {
    for header in &request.headers {
        call = call.header(&header.name.value, &repeated(&header.value.value, header.times.as_ref()));
    }
    if request.cookies.as_ref().is_some_and(|cookies| !cookies.value) {
        call = call.without_cookies();
    }
    if request.stale_cookies {
        call = call.with_stale_cookies();
    }
    call
}

fn repeated(value: &str, times: Option<&Spanned<u32>>) -> String {
    value.repeat(times.map_or(1, |times| times.value as usize))
}
