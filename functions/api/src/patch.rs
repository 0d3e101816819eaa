//! A field of a `PATCH`.

use std::borrow::Cow;

use domain::versions::{StripUnknown, Unknown};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// Left out, `null`, or a value.
#[derive(Default, Clone)]
pub(crate) enum Patch<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// What becomes of `before`.
    pub(crate) fn apply(&self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }

    /// The same change with its value checked or converted by `convert`.
    pub(crate) fn try_map<U, E>(
        &self,
        convert: impl FnOnce(&T) -> Result<U, E>,
    ) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(convert(value)?),
        })
    }
}

/// Only a field that is there is deserialized at all: the rest is `Keep`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(input)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T: StripUnknown> StripUnknown for Patch<T> {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        if let Self::Set(value) = self {
            value.strip(found);
        }
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}
