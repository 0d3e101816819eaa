//! Documents of other releases: what a release does not know, it keeps.
//!
//! During a deployment, and after a rollback, an older release reads and writes
//! documents of a newer one. So a stored structure keeps the fields that it does not
//! know ([`UnknownFields`], [`Extended`]), and a stored enumeration the values
//! (`open_enum!`): what is read, changed and written again has lost nothing.
//!
//! Clients see neither: [`StripUnknown`] takes both away from an answer, and [`closed`]
//! refuses both in a request.

mod open_enum;

use std::{collections::BTreeMap, fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

pub use open_enum::UnknownWord;
pub(crate) use open_enum::{open_enum, read_word};

/// The fields of a stored structure that this release does not know, as they were read.
///
/// A field of this type is `#[serde(flatten)]` and comes last. They can hold people's
/// words: `Debug` says only how many there are.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnknownFields(Map<String, Value>);

impl UnknownFields {
    /// Whether every field is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UnknownFields({})", self.0.len())
    }
}

/// A small structure as it is stored inside another one, with the fields of it that this
/// release does not know; without those it stays `Copy` for everything that computes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extended<T> {
    /// The known part.
    #[serde(flatten)]
    pub known: T,
    /// The unknown rest.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl<T> From<T> for Extended<T> {
    fn from(known: T) -> Self {
        let unknown = UnknownFields::default();
        Self { known, unknown }
    }
}

impl<T> Deref for Extended<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.known
    }
}

/// Something that was stored, or sent, and that this release does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// A field of this name.
    Field(String),
    /// A value of an enumeration that has `known` values.
    Value {
        /// The value.
        value: String,
        /// The values that are known.
        known: &'static [&'static str],
    },
}

/// What can hold fields and values that this release does not know.
pub trait StripUnknown: Sized {
    /// Takes unknown fields away and replaces unknown values by the known one as which
    /// they are shown; notes each in `found`.
    fn strip(&mut self, found: &mut Vec<Unknown>);

    /// The same as clients may see it.
    #[must_use]
    fn known_only(mut self) -> Self {
        self.strip(&mut Vec::new());
        self
    }
}

impl StripUnknown for UnknownFields {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        let fields = std::mem::take(&mut self.0);
        found.extend(fields.into_iter().map(|(name, _)| Unknown::Field(name)));
    }
}

impl<T> StripUnknown for Extended<T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        self.unknown.strip(found);
    }
}

impl<T: StripUnknown> StripUnknown for Option<T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        if let Some(value) = self {
            value.strip(found);
        }
    }
}

impl<T: StripUnknown> StripUnknown for Box<T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        (**self).strip(found);
    }
}

impl<T: StripUnknown> StripUnknown for Vec<T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        for value in self {
            value.strip(found);
        }
    }
}

impl<K, T: StripUnknown> StripUnknown for BTreeMap<K, T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        for value in self.values_mut() {
            value.strip(found);
        }
    }
}

/// [`StripUnknown`] of a structure with a field `unknown`, and with these fields that can
/// hold something unknown themselves.
macro_rules! strip_unknown {
    ($type:ty $(, $field:ident)* $(,)?) => {
        impl $crate::versions::StripUnknown for $type {
            fn strip(&mut self, found: &mut Vec<$crate::versions::Unknown>) {
                $crate::versions::StripUnknown::strip(&mut self.unknown, found);
                $($crate::versions::StripUnknown::strip(&mut self.$field, found);)*
            }
        }
    };
}
pub(crate) use strip_unknown;

/// Reads what a client sends: unlike a stored document it has nothing unknown in it.
/// For `#[serde(deserialize_with = "closed")]`.
pub fn closed<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + StripUnknown,
{
    let mut value = T::deserialize(input)?;
    let mut found = Vec::new();
    value.strip(&mut found);
    match found.first() {
        None => Ok(value),
        Some(Unknown::Field(name)) => Err(D::Error::custom(format_args!("unknown field `{name}`"))),
        Some(Unknown::Value { value, known }) => Err(D::Error::unknown_variant(value, known)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    open_enum! {
        /// For the tests.
        #[derive(Default)]
        pub(crate) enum Colour, unknown as Grey {
            /// Neither.
            #[default]
            Grey = "grey",
            /// As blood.
            Red = "dark_red",
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Part {
        colour: Colour,
        #[serde(flatten)]
        unknown: UnknownFields,
    }
    strip_unknown!(Part, colour);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Request {
        #[serde(default, deserialize_with = "closed")]
        part: Option<Part>,
    }

    #[test]
    fn unknown_fields_and_values_are_kept_and_not_shown() {
        let newer = json!({"colour": "ultraviolet", "weight": {"kg": 3}});
        let part: Part = from_value(newer.clone()).unwrap();
        assert_eq!(to_value(&part).unwrap(), newer);
        assert_eq!(part.colour.as_str(), "grey");
        assert_eq!(
            to_value(part.known_only()).unwrap(),
            json!({"colour": "grey"})
        );
    }

    #[test]
    fn debug_output_shows_no_unknown_contents() {
        let newer = json!({"colour": "secret", "secret": "secret"});
        let part: Part = from_value(newer).unwrap();
        assert!(!format!("{part:?}").contains("secret"), "{part:?}");
    }

    #[test]
    fn a_request_with_something_unknown_is_refused_by_its_name() {
        let read = |part| from_value::<Request>(json!({ "part": part })).map(|read| read.part);
        assert!(read(json!({"colour": "dark_red"})).unwrap().is_some());
        assert!(read(Value::Null).unwrap().is_none());
        let refusal = |part| read(part).unwrap_err().to_string();
        assert_eq!(
            refusal(json!({"colour": "grey", "weight": 1})),
            "unknown field `weight`"
        );
        assert_eq!(
            refusal(json!({"colour": "pink"})),
            "unknown variant `pink`, expected `grey` or `dark_red`"
        );
        assert!(refusal(json!({"colour": 3})).starts_with("invalid type: integer `3`"));
    }

    #[test]
    fn a_value_longer_than_any_is_refused() {
        assert!(from_value::<Colour>(json!("x".repeat(63))).is_ok());
        assert!(from_value::<Colour>(json!("x".repeat(64))).is_err());
    }

    #[test]
    fn a_copied_structure_keeps_its_unknown_fields_beside_it() {
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        struct Size {
            width: u32,
            ratio: f32,
        }
        let newer = json!({"width": 3, "ratio": 0.5, "depth": [1]});
        let size: Extended<Size> = from_value(newer.clone()).unwrap();
        assert_eq!((size.width, size.ratio), (3, 0.5));
        assert_eq!(to_value(&size).unwrap(), newer);
    }
}
