//! Runs policies on requests.
//!
//! [`Policies`] is what is configured, [`State`] what outlives a request, [`Evaluation`] one request's way through;
//! its end is an [`Outcome`] with a [`Verdict`] and an [`Explanation`]. Call-outs are sent by whoever runs the
//! evaluation: their [`Request`] is an output, their answer an input.
//!
//! Responder, authorization and traffic policies run. Those of other features are read and checked, and nothing of
//! them happens.

mod action;
mod answer;
mod callout;
mod evaluation;
mod head;
mod message;
mod outcome;
mod page;
mod policies;
mod probe;
mod rate;
mod response;
mod scene;
mod state;
mod texts;
mod variables;
mod walk;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Unusable};
pub use callout::Request;
pub use evaluation::{Evaluation, Progress};
pub use head::message;
pub use message::Message;
pub use outcome::{
    Deed, EndSession, Explained, Explanation, Moved, Outcome, Ruling, Tried, Undefinedness, Verdict,
};
pub use policies::{BindError, Occasion, Policies};
pub use probe::probe;
pub use response::{Response, Warning};
pub use state::{Counters, State};
pub use variables::{Note, Variables};
