//! NetScaler configuration and advanced policy expressions, off the appliance.
//!
//! Reads files of `add responder policy …` lines, checks every expression, and runs the policies bound to a
//! virtual server on one request at a time. It does no input or output: time, session, request and the answers
//! of call-outs come in, verdicts and call-out requests go out. It knows no other package of this workspace.

pub mod check;
pub mod civil;
pub mod conf;
pub mod environment;
pub mod expr;
pub mod facts;
pub mod limits;
pub mod run;
pub mod span;
pub mod switches;
pub mod value;
