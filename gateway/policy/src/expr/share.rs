//! Parts of expressions that mean the same all through a request, worked out once for it.
//!
//! A hundred rules ask for `HTTP.REQ.HOSTNAME` or `HTTP.REQ.URL.PATH`. The beginning of a chain is shared if it
//! starts at the request or the client's connection, takes nothing but constants, and occurs more than once: then
//! nothing but the request decides its value. An evaluation that explains works everything out anew.

use std::collections::BTreeMap;

use super::{
    Expression,
    syntax::{Call, Kind, Node},
    table::Arg,
};
use crate::limits;

/// Gives the parts that occur more than once their numbers; how many there are.
pub(crate) fn share<'e>(expressions: impl Iterator<Item = &'e mut Expression>) -> usize {
    let mut expressions: Vec<&mut Expression> = expressions.collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for expression in &mut expressions {
        parts(&mut expression.root, &mut |key, _| *seen.entry(key).or_default() += 1);
    }
    let several = seen.into_iter().filter(|(_, times)| *times > 1).take(limits::SHARED_PARTS);
    let numbers: BTreeMap<String, usize> = several.zip(0..).map(|((key, _), number)| (key, number)).collect();
    for expression in &mut expressions {
        parts(&mut expression.root, &mut |key, call| call.shared = numbers.get(&key).copied());
    }
    numbers.len()
}

/// Every beginning of a chain that only the request decides, under a name for what it is, with its last call.
fn parts(node: &mut Node, each: &mut dyn FnMut(String, &mut Call)) {
    match &mut node.kind {
        Kind::Chain { base, calls } => {
            if let Kind::Namespace(root @ ("HTTP.REQ" | "CLIENT" | "CLIENT.IP" | "CLIENT.TCP")) = base.kind {
                let mut key = root.to_owned();
                for call in calls.iter_mut().take_while(|call| constant(call)) {
                    key =
                        format!("{key}.{}{:?}", call.name, call.args.iter().map(written).collect::<Vec<_>>());
                    each(key.clone(), call);
                }
            }
            parts(base, each);
            calls.iter_mut().flat_map(|call| &mut call.args).for_each(|arg| parts(arg, each));
        }
        Kind::Infix { first, rest } => {
            parts(first, each);
            rest.iter_mut().for_each(|(_, operand)| parts(operand, each));
        }
        Kind::Prefix { operand, .. } => parts(operand, each),
        Kind::Variable { key: Some(key), .. } | Kind::ValueExists { key, .. } => parts(key, each),
        Kind::Variable { key: None, .. }
        | Kind::Literal(_)
        | Kind::Regex(_)
        | Kind::Path(_)
        | Kind::Moment(_)
        | Kind::Namespace(_)
        | Kind::Name(_) => {}
    }
}

/// Whether a call takes nothing that is evaluated: literals, and bare words where only words are taken.
fn constant(call: &Call) -> bool {
    let words = || call.overloads.iter().flat_map(|row| row.args).all(|arg| matches!(arg, Arg::Word(_)));
    call.args.iter().all(|arg| match arg.kind {
        Kind::Literal(_) => true,
        Kind::Name(_) => words(),
        _ => false,
    })
}

fn written(arg: &Node) -> String {
    match &arg.kind {
        Kind::Literal(value) => format!("{value:?}"),
        Kind::Name(word) => word.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shared parts of some expressions, by how often each is met.
    fn shared(texts: &[&str]) -> Vec<usize> {
        let mut read: Vec<Expression> =
            texts.iter().map(|text| Expression::parse(text).expect("an expression")).collect();
        let mut met = vec![0; share(read.iter_mut())];
        for expression in &mut read {
            parts(&mut expression.root, &mut |_, call| {
                if let Some(number) = call.shared {
                    met[number] += 1;
                }
            });
        }
        met
    }

    #[test]
    fn what_only_the_request_decides_and_occurs_twice_is_shared() {
        assert_eq!(shared(&["HTTP.REQ.HOSTNAME.EQ(\"a\")", "HTTP.REQ.HOSTNAME.EQ(\"b\")"]), [2]);
        assert_eq!(
            shared(&["HTTP.REQ.URL.PATH.GET(1).EQ(\"a\")", "http.req.url . path.get(1).LENGTH"]),
            [2, 2, 2]
        );
        let insensitive = "HTTP.REQ.URL.SET_TEXT_MODE(IGNORECASE).CONTAINS(\"a\")";
        assert_eq!(shared(&[insensitive, "!HTTP.REQ.URL.SET_TEXT_MODE(IGNORECASE).CONTAINS(\"b\")"]), [2, 2]);
        assert_eq!(shared(&["HTTP.REQ.URL.CONTAINS(\"a\")"]), Vec::<usize>::new());
    }

    #[test]
    fn what_anything_else_decides_is_not() {
        for text in [
            "SYS.RANDOM.MUL(2) == 1",
            "HTTP.RES.STATUS.EQ(200)",
            "$map[\"a\"].LENGTH == 1",
            "AAA.USER.NAME.EQ(\"a\")",
        ] {
            assert_eq!(shared(&[text, text]), Vec::<usize>::new(), "{text}");
        }
        let header = "HTTP.REQ.HEADER(my_name).EXISTS";
        assert_eq!(shared(&[header, header]), Vec::<usize>::new());
        let appended = "HTTP.REQ.URL.APPEND($n).LENGTH == 1";
        assert_eq!(shared(&[appended, appended]), [2]);
    }
}
