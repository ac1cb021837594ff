//! Text: as XML or JSON.

use super::{Arg, Function, Gives, TEXT, row, unevaluated};
use crate::{
    expr::{
        call::{Call, Fault},
        xpath::{Found, Tree},
    },
    value::{Type, Value},
};

const A_PATH: &[Arg] = &[Arg::Path];

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "XPATH", A_PATH, Type::Text, |call| found(call, Tree::xml(&call.text()?.bytes)))
        .gives(Gives::Path)
        .note("of nodes: the text of the first; a document that is cut off is undefined"),
    row(TEXT, "XPATH_WITH_MARKUP", A_PATH, Type::Text, |call| {
        let tree = Tree::xml(&call.text()?.bytes)?;
        Ok(Value::text(call.path(0)?.run(&tree)?.markup(&tree)))
    })
    .note("the nodes with their tags"),
    row(TEXT, "XPATH_JSON", A_PATH, Type::Text, |call| found(call, Tree::json(&call.text()?.bytes)))
        .gives(Gives::Path)
        .note("members are elements, an array is its name once for each item"),
    unevaluated(TEXT, "XPATH_JSON_WITH_MARKUP", A_PATH, Type::Text),
    unevaluated(TEXT, "XPATH_HTML", A_PATH, Type::Text),
    unevaluated(TEXT, "XPATH_HTML_WITH_MARKUP", A_PATH, Type::Text),
];

fn found(call: &Call<'_>, tree: Result<Tree<'_>, String>) -> Result<Value, Fault> {
    let tree = tree?;
    Ok(match call.path(0)?.run(&tree)? {
        Found::Bool(value) => Value::Bool(value),
        Found::Number(number) => Value::Double(number),
        other => Value::text(other.text(&tree)),
    })
}
