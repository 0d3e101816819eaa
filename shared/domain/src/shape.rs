//! What is wrong with a piece of JSON, in words that repeat none of it.
//!
//! `serde` quotes what it did not expect, and what arrives here may be what
//! people said; these words end in logs.

/// Why JSON could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(String);

impl From<serde_json::Error> for ShapeError {
    fn from(error: serde_json::Error) -> Self {
        Self(without_quotes(&error.to_string()))
    }
}

/// The beginnings after which `serde` quotes what it found, up to `, expected`.
const QUOTING: [&str; 4] = [
    "invalid type",
    "invalid value",
    "unknown variant",
    "unknown field",
];

fn without_quotes(message: &str) -> String {
    let quoting = QUOTING.iter().find(|start| message.starts_with(**start));
    match (quoting, message.rfind(", expected")) {
        (Some(start), Some(expected)) => format!("{start}{}", &message[expected..]),
        (Some(start), None) => (*start).to_owned(),
        (None, _) => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Sample {
        number: u8,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        One,
    }

    #[test]
    fn error_does_not_repeat_spoken_words() {
        for (json, expected) in [
            (
                r#"{"number": "secret, expected"}"#,
                "invalid type, expected u8",
            ),
            (r#"{"number": 1, "secret": 2}"#, "unknown field, expected"),
            (
                r#"{"number": 1, "kind": "secret"}"#,
                "unknown variant, expected",
            ),
            (r#"{"number": 1, "kind": 123456}"#, "expected"),
            (r"{}", "missing field `number`"),
            (r#"{"number": "#, "EOF"),
        ] {
            let error = serde_json::from_str::<Sample>(json).unwrap_err();
            let words = ShapeError::from(error).to_string();
            assert!(words.contains(expected), "{json}: {words}");
            assert!(!words.contains("secret"), "{json}: {words}");
        }
    }
}
