//! JSON in which an object is written as one: where a derived structure is expected,
//! serde also takes a list of its fields' values, in an order that no client knows.
//!
//! [`Strict`] wraps what serde and `serde_json` hand to each other, and asks for a map where
//! a structure is expected. The text is read once and no value is kept beside the result, so
//! that memory is bounded by the size of the text, whatever is in it. What is inside of an
//! enum's variant is not looked at.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, Visitor},
};

/// Reads JSON, strictly.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict::new(&mut json))?;
    json.end()?;
    Ok(value)
}

/// A deserializer, visitor, seed or access of serde's.
struct Strict<T> {
    inner: T,
    /// Whether it visits a structure.
    is_structure: bool,
}

impl<T> Strict<T> {
    const fn new(inner: T) -> Self {
        Self {
            inner,
            is_structure: false,
        }
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $kind,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* Strict::new(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Strict {
            inner: visitor,
            is_structure: true,
        })
    }

    forward! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_i8()
        deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
        deserialize_u128() deserialize_f32() deserialize_f64() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_ignored_any() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

macro_rules! visit {
    ($($method:ident($($value:ident: $kind:ty)?))*) => {$(
        fn $method<E: Error>(self, $($value: $kind)?) -> Result<V::Value, E> {
            self.inner.$method($($value)?)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_structure {
            formatter.write_str("an object")
        } else {
            self.inner.expecting(formatter)
        }
    }

    visit! {
        visit_bool(value: bool) visit_i64(value: i64) visit_i128(value: i128)
        visit_u64(value: u64) visit_u128(value: u128) visit_f64(value: f64)
        visit_str(value: &str) visit_borrowed_str(value: &'de str)
        visit_bytes(value: &[u8]) visit_borrowed_bytes(value: &'de [u8])
        visit_none() visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict::new(value))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Strict::new(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Strict::new(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Strict::new(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(variant)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(Strict::new(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Strict::new(seed))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict::new(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, Value, json};

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
    fn valid_bodies_are_read() {
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
            let expected = "invalid type: sequence, expected an object at line 1 column ";
            assert!(error.starts_with(expected), "{wrong}: {error}");
        }
    }

    #[test]
    fn duplicate_and_unknown_fields_are_named() {
        let read = |text: &str| {
            from_slice::<Outer>(text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        assert!(read(r#"{"name": "a", "name": "b"}"#).contains("duplicate field `name`"));
        assert!(read(r#"{"name": "a", "nome": "b"}"#).contains("unknown field `nome`"));
        assert!(read(r#"{"name": "a""#).contains("EOF"));
        assert!(read(r#"{"name": "a"} {}"#).contains("trailing characters"));
    }
}
