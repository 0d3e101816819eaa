//! JSON in which an object is written as one: where a derived structure is expected,
//! serde also takes a list of its fields' values, in an order that no client knows.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads JSON, strictly.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    // Says where something is wrong, and what is there twice.
    serde_json::from_slice::<T>(bytes)?;
    T::deserialize(Strict(serde_json::from_slice(bytes)?))
}

/// A value whose lists are no structures, all the way down.
struct Strict(Value);

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                let mut fields = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut fields)?;
                fields.end().map(|()| value)
            }
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"an object")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes
        byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, json};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        free: Map<String, Value>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        size: u64,
        kind: Kind,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Good,
    }

    fn read(value: &Value) -> Result<Outer, String> {
        from_slice(value.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_as_it_should_be_is_read_as_it_is() {
        let inner = json!({"size": u64::MAX, "kind": "good"});
        let free = json!({"a": [1, [2.5], null, {"b": true}]});
        let whole = json!({"name": "n", "inner": inner, "list": [inner, inner], "free": free});
        assert_eq!(json!(read(&whole).unwrap()), whole);
        let none = json!({"name": "n", "inner": null});
        assert_eq!(read(&none).unwrap().inner, None);
    }

    #[test]
    fn a_list_is_no_object_wherever_it_is() {
        for wrong in [
            json!(["n", null, [], {}]),
            json!({"name": "n", "inner": [1, "good"]}),
            json!({"name": "n", "list": [[1, "good"]]}),
        ] {
            let error = read(&wrong).unwrap_err();
            assert_eq!(
                error, "invalid type: sequence, expected an object",
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_there_twice_or_unknown_is_named() {
        let read = |text: &str| {
            from_slice::<Outer>(text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        assert!(read(r#"{"name": "a", "name": "b"}"#).contains("duplicate field `name`"));
        assert!(read(r#"{"name": "a", "nome": "b"}"#).contains("unknown field `nome`"));
        assert!(read(r#"{"name": "a""#).contains("EOF"));
    }
}
