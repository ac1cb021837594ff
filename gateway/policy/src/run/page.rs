//! HTML pages of `respondwithhtmlpage`: bytes with expressions in `${…}` (their notation is inferred, reference
//! section 9).

/// A page, cut at its expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(Vec<u8>),
    Expression(String),
}

impl Page {
    /// What opens and never closes stands for itself.
    pub(super) fn read(text: &[u8]) -> Self {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, expression, after)) = next_expression(rest) {
            if !before.is_empty() {
                parts.push(Part::Literal(before.to_vec()));
            }
            parts.push(Part::Expression(expression.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_vec()));
        }
        Self { parts }
    }

    pub(super) fn expressions(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(text) => Some(text.as_str()),
            Part::Literal(_) => None,
        })
    }
}

fn next_expression(text: &[u8]) -> Option<(&[u8], &str, &[u8])> {
    let open = text.windows(2).position(|pair| pair == b"${")?;
    let inner = text.get(open + 2..)?;
    let close = closing(inner)?;
    let expression = std::str::from_utf8(inner.get(..close)?).ok()?;
    Some((text.get(..open)?, expression, inner.get(close + 1..)?))
}

/// The brace that ends an expression: not one within a text of it.
fn closing(inner: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    inner.iter().position(|byte| {
        let ends = *byte == b'}' && !quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_expressions() {
        let page = Page::read(br#"<p>${AAA.USER.NAME}, ${"a}\"}" + CLIENT.IP.SRC}</p> $5 {x}"#);
        let texts: Vec<_> = page.expressions().collect();
        assert_eq!(texts, ["AAA.USER.NAME", r#""a}\"}" + CLIENT.IP.SRC"#]);
        assert_eq!(page.parts.first(), Some(&Part::Literal(b"<p>".to_vec())));
        assert_eq!(page.parts.last(), Some(&Part::Literal(b"</p> $5 {x}".to_vec())));
        for whole in [&b"${never closed"[..], b"${\"}", b"$", b""] {
            assert!(Page::read(whole).expressions().next().is_none());
        }
    }
}
