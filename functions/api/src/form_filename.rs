//! The file name of a recording in a form, as clients write it into the header of its part.
//!
//! Browsers and curl send UTF-8 in `filename` (RFC 7578, section 4.2). .NET's `HttpClient`
//! sends encoded words there (RFC 2047) and `filename*` beside it (RFC 8187). The recording has
//! been sent with it, so a name is shortened or ignored, never refused.

use percent_encoding::percent_decode_str;

use crate::validation::{MAX_NAME, is_name};

/// The file name in the value of a `Content-Disposition`, if it has a usable one.
pub(crate) fn from_disposition(value: &[u8]) -> Option<String> {
    let value = decode(value);
    let parameters = parameters(&value);
    let named = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name == wanted);
        found.next().map(|(_, value)| value.as_str())
    };
    let extended = named("filename*").and_then(extended_value);
    let extended = extended.and_then(|name| shown_name(&name));
    extended.or_else(|| shown_name(&encoded_words(named("filename")?)))
}

/// A text as a title or file name: one line of at most [`MAX_NAME`] characters. None where
/// nothing visible is left of it.
pub(crate) fn shown_name(text: &str) -> Option<String> {
    let visible = |character: char| match character {
        control if control.is_control() => ' ',
        other => other,
    };
    let line: String = text.trim().chars().take(MAX_NAME).map(visible).collect();
    let line = line.trim().to_owned();
    is_name(&line.as_str().into(), MAX_NAME).then_some(line)
}

/// A header as text: UTF-8, and where it is not, ISO 8859-1.
fn decode(value: &[u8]) -> String {
    std::str::from_utf8(value).map_or_else(|_| latin_1(value), ToOwned::to_owned)
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The parameters of a header: names in lower case, values without quotation marks.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some(end) = rest.find([';', '=']) {
        let name = rest[..end].trim().to_ascii_lowercase();
        let is_alone = rest[end..].starts_with(';');
        rest = &rest[end + 1..];
        if is_alone {
            continue;
        }
        let quoted = rest.trim_start().strip_prefix('"');
        let (value, behind) = quoted.map_or_else(|| until_semicolon(rest), unquote);
        found.push((name, value));
        rest = behind;
    }
    found
}

fn until_semicolon(rest: &str) -> (String, &str) {
    let (value, behind) = rest.split_once(';').unwrap_or((rest, ""));
    (value.trim().to_owned(), behind)
}

/// The text up to the closing quotation mark, and what follows the parameter. A backslash
/// stands for itself except before a quotation mark or a backslash: names from Windows may
/// be whole paths.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let behind = quoted[at + 1..].split_once(';');
                return (value, behind.map_or("", |(_, behind)| behind));
            }
            '\\' => {
                let escaped = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                value.push(escaped.map_or('\\', |(_, escaped)| escaped));
            }
            other => value.push(other),
        }
    }
    (value, "")
}

/// A value such as `utf-8''caf%C3%A9.wav`; none in another charset or where it is damaged.
fn extended_value(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_decode_str(encoded).collect();
    match charset.trim().to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(latin_1(&bytes)),
        _ => None,
    }
}

/// The text with its encoded words decoded, such as `=?utf-8?B?w6Q=?=`.
fn encoded_words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let header = format!("filename: {text}");
    let parsed = mailparse::parse_header(header.as_bytes());
    parsed.map_or_else(|_| text.to_owned(), |(header, _)| header.get_value())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(disposition: &str) -> Option<String> {
        from_disposition(disposition.as_bytes())
    }

    #[test]
    fn file_names_of_clients_are_decoded() {
        let chinese = "面试 – Élodie.wav";
        let percent = "%E9%9D%A2%E8%AF%95%20%E2%80%93%20%C3%89lodie.wav";
        let base64 = "=?utf-8?B?6Z2i6K+VIOKAkyDDiWxvZGllLndhdg==?=";
        for (disposition, wanted) in [
            (
                r#"form-data; name="file"; filename="a.wav""#.into(),
                "a.wav",
            ),
            (
                "form-data; name=file; FileName = a.wav ; x=y".into(),
                "a.wav",
            ),
            (format!(r#"form-data; filename="{chinese}""#), chinese),
            (format!(r#"form-data; filename="{base64}""#), chinese),
            (format!("form-data; filename*=UTF-8'fr'{percent}"), chinese),
            // The extended value wins in any place.
            (
                format!(r#"form-data; filename*=utf-8''{percent}; filename="b""#),
                chinese,
            ),
            (
                format!(r#"form-data; filename="b"; filename*=utf-8''{percent}"#),
                chinese,
            ),
            (
                r"form-data; filename*=iso-8859-1''%C9lodie".into(),
                "Élodie",
            ),
            (
                r#"form-data; filename="=?utf-8?Q?=C3=89lodie_1.wav?=""#.into(),
                "Élodie 1.wav",
            ),
            (
                r#"form-data; filename="=?utf-8?B?w4k=?= =?utf-8?B?bG9kaWU=?=""#.into(),
                "Élodie",
            ),
            // What is damaged or unknown does not win.
            (
                r#"form-data; filename="b"; filename*=utf-8''%FF"#.into(),
                "b",
            ),
            (
                r#"form-data; filename="b"; filename*=utf-16''%00a"#.into(),
                "b",
            ),
            (
                r#"form-data; filename="b"; filename*=utf-8''%20"#.into(),
                "b",
            ),
            (r#"form-data; filename="=?x?=.wav""#.into(), "=?x?=.wav"),
            (
                r#"form-data; filename="a;\"b\\c\d.wav"; name="file""#.into(),
                r#"a;"b\c\d.wav"#,
            ),
            (r#"form-data; filename="open.wav"#.into(), "open.wav"),
            ("form-data; filename=\"a\u{7f}\tb.wav \"".into(), "a  b.wav"),
        ] {
            assert_eq!(name(&disposition).as_deref(), Some(wanted), "{disposition}");
        }
        let latin = from_disposition(b"form-data; filename=\"\xc9lodie\"");
        assert_eq!(latin.as_deref(), Some("Élodie"));
    }

    #[test]
    fn empty_file_name_is_none() {
        for disposition in [
            "",
            "form-data",
            "form-data; name=\"file\"",
            "form-data; filename=\"\"",
            "form-data; filename=",
            "form-data; filename=\" \t\u{a0}\"",
            "form-data; filename*=utf-8''; filename",
        ] {
            assert_eq!(name(disposition), None, "{disposition}");
        }
    }

    #[test]
    fn long_file_name_is_cut_between_characters() {
        let long = format!("form-data; filename=\"{}.wav\"", "é\u{1f600}".repeat(600));
        assert_eq!(name(&long), Some("é\u{1f600}".repeat(MAX_NAME / 2)));
    }

    proptest! {
        #[test]
        fn any_header_gives_a_valid_name_or_none(
            bytes: Vec<u8>,
            text in r#"(form-data|;| |=|"|\\|'|\?|%|name|file|filename\*?=|utf-8|=\?utf-8\?[BQ]\?|\?=|ä|=C3){0,20}"#,
        ) {
            let disposition = ["form-data; filename=".as_bytes(), &bytes].concat();
            for header in [&bytes, &disposition, &text.into_bytes()] {
                if let Some(name) = from_disposition(header) {
                    prop_assert!(is_name(&name.as_str().into(), MAX_NAME), "{:?}", name);
                }
            }
        }

        #[test]
        fn names_survive_every_encoding(name in "[^\\p{Cc}\\s]([^\\p{Cc}]{0,40}[^\\p{Cc}\\s])?") {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            let percent = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
            let quoted = name.replace('\\', r"\\").replace('"', r#"\""#);
            let words = STANDARD.encode(&name);
            for disposition in [
                format!("form-data; filename*=utf-8''{percent}"),
                format!("form-data; filename=\"=?utf-8?B?{words}?=\""),
                format!("form-data; filename=\"{}\"", quoted.replace("=?", "= ?")),
            ] {
                let read = from_disposition(disposition.as_bytes());
                let wanted = if disposition.contains("= ?") { name.replace("=?", "= ?") } else { name.clone() };
                prop_assert_eq!(read, Some(wanted), "{}", disposition);
            }
        }
    }
}
