//! Schemas of the types that JSON does not show as what they are.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    InterviewId, Private, RecordedAt, RunId, Timestamp, UserId,
    corrections::WordId,
    steps::StepName,
    versions::{Extended, UnknownFields},
};

/// Describes a type wherever it is used, without a name of its own.
macro_rules! inline_schema {
    ($type:ty, $schema:tt) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(crate) use inline_schema;

inline_schema!(InterviewId, {"type": "string"});
inline_schema!(Private, {"type": "string"});
inline_schema!(RecordedAt, {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?)?$",
});
inline_schema!(RunId, {"type": "string", "pattern": "^[0-9a-f]{24}$"});
inline_schema!(StepName, {"type": "string", "enum": Self::ALL});
inline_schema!(Timestamp, {"type": "string", "format": "date-time"});
inline_schema!(UserId, {"type": "string"});
inline_schema!(WordId, {"type": "string", "minLength": 1});
// Clients see none of them.
inline_schema!(UnknownFields, {});

/// As what is known of it.
impl<T: JsonSchema> JsonSchema for Extended<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
