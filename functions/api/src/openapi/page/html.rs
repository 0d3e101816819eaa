//! Texts as HTML.

use serde_json::Value;

/// A text, with what HTML would take for its own written so that it is shown.
pub(super) fn escape(text: &Value) -> String {
    escape_text(text.as_str().unwrap_or(""))
}

pub(crate) fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            plain => out.push(plain),
        }
    }
    out
}

/// Paragraphs; what stands between backticks is code.
pub(super) fn prose(text: &Value) -> String {
    let text = text.as_str().unwrap_or("");
    let paragraphs = text.split("\n\n").filter(|part| !part.is_empty());
    let paragraphs = paragraphs.map(|part| format!("<p>{}</p>", inline(part)));
    paragraphs.collect()
}

/// A line; what stands between backticks is code.
pub(super) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let part = escape_text(part);
        if index % 2 == 1 {
            format!("<code>{part}</code>")
        } else {
            part
        }
    });
    parts.collect()
}

/// JSON over several lines.
pub(super) fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("<pre>{}</pre>", escape_text(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_and_not_obeyed() {
        assert_eq!(
            inline("<a> & `\"b\"`"),
            "&lt;a&gt; &amp; <code>&quot;b&quot;</code>"
        );
        assert_eq!(prose(&Value::from("a\n\nb")), "<p>a</p><p>b</p>");
    }
}
