//! People's words, which never reach a log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text that belongs to a person: a title, a spoken word, a quote.
///
/// It has no `Display`, and its `Debug` says only how long it is, so that it
/// cannot get into a log line or an error message. [`Private::reveal`] is the
/// only way to the text, easy to search for.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// Text of a person.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for code that shows it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Private({} bytes)", self.0.len())
    }
}

impl<T: Into<String>> From<T> for Private {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_show_the_words() {
        let shown = format!("{:?}", Some(Private::from("secret")));
        assert_eq!(shown, "Some(Private(6 bytes))");
    }
}
