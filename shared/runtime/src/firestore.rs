//! Firestore's documents as they travel in events.
//!
//! `google.events.cloud.firestore.v1.DocumentEventData` and the parts of
//! `google.firestore.v1.Document` below it, written out by hand: eight messages
//! need no code generator and no client. Field numbers are those of
//! `data.proto` in googleapis/google-cloudevents (Apache-2.0).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use prost::{Message, Oneof};
use serde_json::{Map, Number, Value as Json};

/// What an event about a document carries.
#[derive(Clone, PartialEq, Message)]
pub struct DocumentEventData {
    /// The document after the write; absent when it was deleted.
    #[prost(message, optional, tag = "1")]
    pub value: Option<FirestoreDocument>,
    /// The document before the write; absent when it was created.
    #[prost(message, optional, tag = "2")]
    pub old_value: Option<FirestoreDocument>,
    /// The fields that an update changed.
    #[prost(message, optional, tag = "3")]
    pub update_mask: Option<DocumentMask>,
}

/// A set of field paths.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DocumentMask {
    /// The paths.
    #[prost(string, repeated, tag = "1")]
    pub field_paths: Vec<String>,
}

/// A document.
#[derive(Clone, PartialEq, Message)]
pub struct FirestoreDocument {
    /// `projects/P/databases/D/documents/PATH`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its fields.
    #[prost(btree_map = "string, message", tag = "2")]
    pub fields: BTreeMap<String, Value>,
    /// When it was created.
    #[prost(message, optional, tag = "3")]
    pub create_time: Option<Time>,
    /// When it last changed.
    #[prost(message, optional, tag = "4")]
    pub update_time: Option<Time>,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Time {
    /// Seconds since the Unix epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds within the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// A value of one of Firestore's types.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// The value; a type this does not know of is absent.
    #[prost(oneof = "ValueType", tags = "11, 1, 2, 3, 10, 17, 18, 5, 8, 9, 6")]
    pub value_type: Option<ValueType>,
}

/// Firestore's types.
#[derive(Clone, PartialEq, Oneof)]
pub enum ValueType {
    /// `google.protobuf.NullValue`, whose only value is 0.
    #[prost(int32, tag = "11")]
    Null(i32),
    /// A truth value.
    #[prost(bool, tag = "1")]
    Boolean(bool),
    /// A whole number.
    #[prost(int64, tag = "2")]
    Integer(i64),
    /// A number.
    #[prost(double, tag = "3")]
    Double(f64),
    /// A point in time.
    #[prost(message, tag = "10")]
    Timestamp(Time),
    /// A text.
    #[prost(string, tag = "17")]
    String(String),
    /// Bytes.
    #[prost(bytes = "vec", tag = "18")]
    Bytes(Vec<u8>),
    /// The name of another document.
    #[prost(string, tag = "5")]
    Reference(String),
    /// A place.
    #[prost(message, tag = "8")]
    GeoPoint(LatLng),
    /// A list.
    #[prost(message, tag = "9")]
    Array(ArrayValue),
    /// A map.
    #[prost(message, tag = "6")]
    Map(MapValue),
}

/// `google.type.LatLng`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct LatLng {
    /// Degrees north.
    #[prost(double, tag = "1")]
    pub latitude: f64,
    /// Degrees east.
    #[prost(double, tag = "2")]
    pub longitude: f64,
}

/// A list of values.
#[derive(Clone, PartialEq, Message)]
pub struct ArrayValue {
    /// The values.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

/// A map of values.
#[derive(Clone, PartialEq, Message)]
pub struct MapValue {
    /// The fields.
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, Value>,
}

impl FirestoreDocument {
    /// Its path below `projects/P/databases/D/documents/`; nothing when it is
    /// not called so.
    pub fn path(&self) -> Option<&str> {
        let rest = self.name.strip_prefix("projects/")?;
        let (_, rest) = rest.split_once("/databases/")?;
        let (_, path) = rest.split_once("/documents/")?;
        (!path.is_empty()).then_some(path)
    }

    /// The fields as a JSON object.
    pub fn to_json(&self) -> Json {
        Json::Object(map_to_json(&self.fields))
    }
}

fn map_to_json(fields: &BTreeMap<String, Value>) -> Map<String, Json> {
    fields
        .iter()
        .map(|(name, value)| (name.clone(), value.to_json()))
        .collect()
}

impl Value {
    fn to_json(&self) -> Json {
        match &self.value_type {
            None | Some(ValueType::Null(_)) => Json::Null,
            Some(ValueType::Boolean(truth)) => Json::Bool(*truth),
            Some(ValueType::Integer(number)) => Json::from(*number),
            Some(ValueType::Double(number)) => {
                Number::from_f64(*number).map_or(Json::Null, Json::Number)
            }
            Some(ValueType::Timestamp(time)) => Json::String(time.to_rfc3339()),
            Some(ValueType::String(text) | ValueType::Reference(text)) => {
                Json::String(text.clone())
            }
            Some(ValueType::Bytes(bytes)) => Json::String(BASE64.encode(bytes)),
            Some(ValueType::GeoPoint(point)) => {
                serde_json::json!({"latitude": point.latitude, "longitude": point.longitude})
            }
            Some(ValueType::Array(array)) => {
                Json::Array(array.values.iter().map(Self::to_json).collect())
            }
            Some(ValueType::Map(map)) => Json::Object(map_to_json(&map.fields)),
        }
    }
}

impl Time {
    fn to_rfc3339(self) -> String {
        let millis = self.seconds.saturating_mul(1_000);
        let millis = millis.saturating_add(i64::from(self.nanos / 1_000_000));
        domain::Timestamp::from_millis(millis).to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes: Vec<u8>) {
            if let Ok(data) = DocumentEventData::decode(&*bytes) {
                let _ = data.value.map(|document| document.to_json());
            }
        }
    }
}
