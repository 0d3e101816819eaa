//! Enumerations whose unknown values are kept.

use std::fmt;

use serde::Deserializer;

/// The most bytes that a value of an enumeration has.
const MAX_WORD_BYTES: usize = 63;

/// A value of an enumeration that only a newer release knows; `Copy`, as enumerations are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnknownWord {
    bytes: [u8; MAX_WORD_BYTES],
    length: u8,
}

impl UnknownWord {
    /// Keeps a value as it is; nothing when it is longer than any value of an enumeration.
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; MAX_WORD_BYTES];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Self { bytes, length })
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        bytes.map_or("", |bytes| std::str::from_utf8(bytes).unwrap_or(""))
    }
}

impl fmt::Debug for UnknownWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UnknownWord({} bytes)", self.length)
    }
}

/// An enumeration that is stored. A value of a newer release is kept as it is, and shown
/// as the known one that is named here.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident, unknown as $shown:ident {
            $($(#[$doc:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $($(#[$doc])* $variant,)*
            #[doc = concat!("A value of a newer release, shown as [`Self::", stringify!($shown), "`].")]
            Unknown($crate::versions::UnknownWord),
        }

        impl $name {
            /// The known values, as they are written.
            $visibility const WORDS: &'static [&'static str] = &[$($word),*];

            /// The same, an unknown value replaced by the one as which it is shown.
            #[must_use]
            $visibility const fn known(self) -> Self {
                match self {
                    Self::Unknown(_) => Self::$shown,
                    known => known,
                }
            }

            /// As it is stored: an unknown value as it is.
            $visibility fn word(&self) -> &str {
                match self {
                    Self::Unknown(word) => word.as_str(),
                    known => known.as_str(),
                }
            }

            /// The word for it in the API.
            $visibility const fn as_str(self) -> &'static str {
                match self.known() {
                    $(Self::$variant => $word,)*
                    Self::Unknown(_) => "",
                }
            }
        }

        #[cfg(feature = "openapi")]
        $crate::openapi::inline_schema!($name, {"type": "string", "enum": Self::WORDS});

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
                output.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let read = |word: &str| match word {
                    $($word => Some(Self::$variant),)*
                    other => $crate::versions::UnknownWord::new(other).map(Self::Unknown),
                };
                $crate::versions::read_word(input, Self::WORDS, read)
            }
        }

        impl $crate::versions::StripUnknown for $name {
            fn strip(&mut self, found: &mut Vec<$crate::versions::Unknown>) {
                if let Self::Unknown(word) = self {
                    found.push($crate::versions::Unknown::Value {
                        value: word.as_str().to_owned(),
                        known: Self::WORDS,
                    });
                    *self = self.known();
                }
            }
        }
    };
}
pub(crate) use open_enum;

/// Reads a value of an enumeration from its word.
pub(crate) fn read_word<'de, D: Deserializer<'de>, T>(
    input: D,
    known: &'static [&'static str],
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Word<F>(F, &'static [&'static str]);

    impl<T, F: Fn(&str) -> Option<T>> serde::de::Visitor<'_> for Word<F> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "one of `{}`", self.1.join("`, `"))
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<T, E> {
            (self.0)(word).ok_or_else(|| E::unknown_variant(word, self.1))
        }
    }

    input.deserialize_str(Word(read, known))
}
