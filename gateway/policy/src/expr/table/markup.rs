//! Text: as XML or JSON.

use super::{Arg, Function, Gives, TEXT, unevaluated};
use crate::value::Type;

pub(super) const ROWS: &[Function] = &[
    unevaluated(TEXT, "XPATH", &[Arg::Path], Type::Text).gives(Gives::Path),
    unevaluated(TEXT, "XPATH_WITH_MARKUP", &[Arg::Path], Type::Text),
    unevaluated(TEXT, "XPATH_JSON", &[Arg::Path], Type::Text).gives(Gives::Path),
];
