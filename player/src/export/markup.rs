//! Foreign text within SVG and HTML: what would end it or command something is written as a reference or left out.

/// `&`, `<`, `>` and quotes as references (XML 1.0 2.4); control characters are in no XML document.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        let foreign = "<script>\"a\" & 'b'</script>\u{0}\u{1b}[1m\n\u{ffff}\u{fc}";
        let expected = "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;  [1m \u{fc}";
        assert_eq!(escaped(foreign), expected);
    }
}
