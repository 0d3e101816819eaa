//! JSON of providers that is read into values of any type, because they agree on none.

use serde::de::Error as _;
use serde_json::{Error, Value};

/// How many values a text may hold: many times what models write. A value may take 200
/// times the memory of its text.
const MAX_VALUES: usize = 200_000;

/// Reads a text of at most [`MAX_VALUES`] values.
pub(crate) fn value(text: &str) -> Result<Value, Error> {
    check(text)?;
    serde_json::from_str(text)
}

/// Refuses a text that may hold more than [`MAX_VALUES`] values. Before each value but the
/// first stands one of four characters; those in strings count as well.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    let begins = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
    if text.bytes().filter(begins).count() > MAX_VALUES {
        return Err(Error::custom(format_args!("more than {MAX_VALUES} values")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_values_is_limited() {
        let list = |length: usize| format!("[{}0]", "0,".repeat(length - 1));
        assert!(value(&list(MAX_VALUES)).is_ok());
        let error = value(&list(MAX_VALUES + 1)).unwrap_err();
        assert!(error.to_string().contains("200000 values"), "{error}");
    }
}
