//! JSON to Firestore's values and back, losing nothing that fits.
//!
//! The client's own serializer drops nulls in lists and wraps large numbers, so
//! it is not used. What does not fit is refused before, by
//! [`domain::documents::check`].

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::documents::TIME_TO_LIVE;
use firestore::gcloud_sdk::{
    google::firestore::v1::{ArrayValue, MapValue, Value, value::ValueType},
    prost_types,
};
use serde_json::{Map, Number, Value as Json, json};

/// A document's fields.
pub(crate) type FieldValues = HashMap<String, Value>;

/// The fields of a JSON object; none of anything else. A document's time to live is
/// a timestamp, as Firestore takes no other.
pub(crate) fn fields(json: &Json) -> FieldValues {
    let mut fields = json.as_object().map(map_from_json).unwrap_or_default();
    let ttl = fields.get_mut(TIME_TO_LIVE);
    if let Some((value, time)) = ttl.zip(time_of(&json[TIME_TO_LIVE])) {
        value.value_type = Some(ValueType::TimestampValue(time));
    }
    fields
}

fn time_of(json: &Json) -> Option<prost_types::Timestamp> {
    let millis = domain::Timestamp::parse(json.as_str()?).ok()?.as_millis();
    Some(prost_types::Timestamp {
        seconds: millis.div_euclid(1_000),
        nanos: i32::try_from(millis.rem_euclid(1_000)).ok()? * 1_000_000,
    })
}

/// The fields as a JSON object.
pub(crate) fn to_json(fields: &FieldValues) -> Json {
    let fields = fields.iter();
    Json::Object(
        fields
            .map(|(name, value)| (name.clone(), json_of(value)))
            .collect(),
    )
}

/// One value.
pub(crate) fn value(json: &Json) -> Value {
    let value_type = match json {
        Json::Null => ValueType::NullValue(0),
        Json::Bool(truth) => ValueType::BooleanValue(*truth),
        Json::Number(number) => number.as_i64().map_or_else(
            || ValueType::DoubleValue(number.as_f64().unwrap_or(f64::NAN)),
            ValueType::IntegerValue,
        ),
        Json::String(text) => ValueType::StringValue(text.clone()),
        Json::Array(items) => ValueType::ArrayValue(ArrayValue {
            values: items.iter().map(value).collect(),
        }),
        Json::Object(object) => ValueType::MapValue(MapValue {
            fields: map_from_json(object),
        }),
    };
    Value {
        value_type: Some(value_type),
    }
}

/// The name of a document as a value.
pub(crate) const fn reference(name: String) -> Value {
    Value {
        value_type: Some(ValueType::ReferenceValue(name)),
    }
}

fn map_from_json(object: &Map<String, Json>) -> FieldValues {
    object
        .iter()
        .map(|(name, json)| (name.clone(), value(json)))
        .collect()
}

fn json_of(value: &Value) -> Json {
    match &value.value_type {
        Some(ValueType::BooleanValue(truth)) => json!(truth),
        Some(ValueType::IntegerValue(number)) => json!(number),
        Some(ValueType::DoubleValue(number)) => {
            Number::from_f64(*number).map_or(Json::Null, Json::Number)
        }
        Some(ValueType::StringValue(text) | ValueType::ReferenceValue(text)) => json!(text),
        Some(ValueType::ArrayValue(array)) => array.values.iter().map(json_of).collect(),
        Some(ValueType::MapValue(map)) => to_json(&map.fields),
        Some(ValueType::TimestampValue(time)) => {
            let millis = time.seconds.saturating_mul(1_000) + i64::from(time.nanos / 1_000_000);
            json!(domain::Timestamp::from_millis(millis))
        }
        // What we never write, but an operator may.
        Some(ValueType::BytesValue(bytes)) => json!(BASE64.encode(bytes)),
        Some(ValueType::GeoPointValue(point)) => {
            json!({"latitude": point.latitude, "longitude": point.longitude})
        }
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_round_trips() {
        let written = json!({
            "none": null, "list": [null, 1, -0.5, {"a": []}], "large": i64::MAX, "whole": 2.0,
        });
        assert_eq!(to_json(&fields(&written)), written);
    }

    #[test]
    fn a_time_to_live_is_a_timestamp() {
        for (time, seconds, nanos) in [
            ("2026-03-02T09:30:00.250Z", 1_772_443_800, 250_000_000),
            ("1969-12-31T23:59:59.900Z", -1, 900_000_000),
        ] {
            let written = json!({TIME_TO_LIVE: time, "created_at": time});
            let stored = fields(&written);
            let stamp = prost_types::Timestamp { seconds, nanos };
            assert_eq!(
                stored[TIME_TO_LIVE].value_type,
                Some(ValueType::TimestampValue(stamp))
            );
            assert_eq!(
                stored["created_at"].value_type,
                Some(ValueType::StringValue(time.into()))
            );
            assert_eq!(to_json(&stored), written);
        }
        let no_time = json!({TIME_TO_LIVE: "soon"});
        assert_eq!(to_json(&fields(&no_time)), no_time);
    }
}
