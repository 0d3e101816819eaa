//! A JSON object kept as a text, because not every JSON can be a document.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Map, Value};

pub(super) fn serialize<S: Serializer>(
    map: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(map).map_err(S::Error::custom)?;
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Map<String, Value>, D::Error> {
    let text = String::deserialize(input)?;
    serde_json::from_str(&text).map_err(D::Error::custom)
}
