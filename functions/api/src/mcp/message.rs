//! JSON-RPC 2.0 as the Model Context Protocol has it: one message to a request, ids that are
//! texts or whole numbers, and no batches.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::error::OwnBody;

pub(super) const PARSE_ERROR: i32 = -32_700;
pub(super) const INVALID_REQUEST: i32 = -32_600;
pub(super) const METHOD_NOT_FOUND: i32 = -32_601;
pub(super) const INVALID_PARAMS: i32 = -32_602;
pub(super) const HEADER_MISMATCH: i32 = -32_020;
pub(super) const UNSUPPORTED_VERSION: i32 = -32_022;

/// What a client sends.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// It is to be answered.
    Call(Call),
    /// It is not. No notification changes anything here.
    Notification,
}

/// A request.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    /// A text or a whole number.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

impl Call {
    pub(super) fn refused(&self, error: RpcError) -> Refused {
        Refused {
            id: Some(self.id.clone()),
            error,
        }
    }
}

/// Why a request has no result.
#[derive(Debug, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: i32,
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl RpcError {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }
}

/// An error and the id of its request, where that could be read.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) id: Option<Value>,
    pub(super) error: RpcError,
}

impl Refused {
    pub(super) fn respond(self, status: StatusCode) -> Response {
        let RpcError {
            code,
            message,
            data,
        } = self.error;
        let mut body = json!({"jsonrpc": "2.0", "error": {"code": code, "message": message}});
        if let Some(id) = self.id {
            body["id"] = id;
        }
        if let Some(data) = data {
            body["error"]["data"] = data;
        }
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(OwnBody);
        response
    }
}

/// The response to a request with this id.
pub(super) fn respond(id: &Value, result: &Map<String, Value>) -> Response {
    Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}

impl Message {
    /// Reads a message. Responses are not among them: this service asks clients nothing.
    pub(super) fn parse(value: Value) -> Result<Self, Refused> {
        let mut id = None;
        Self::read(value, &mut id).map_err(|why| Refused {
            id,
            error: RpcError::new(INVALID_REQUEST, why),
        })
    }

    fn read(value: Value, found_id: &mut Option<Value>) -> Result<Self, &'static str> {
        let mut fields = match value {
            Value::Object(fields) => fields,
            Value::Array(_) => return Err("batches are not supported: send one message at a time"),
            _ => return Err("a message is a JSON object"),
        };
        let id = fields.remove("id");
        if let Some(id) = &id {
            if !(id.is_string() || id.is_i64() || id.is_u64()) {
                return Err("`id` takes a text or a whole number");
            }
            *found_id = Some(id.clone());
        }
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err("`jsonrpc` takes \"2.0\"");
        }
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err("`method` takes a text");
        };
        let params = match fields.remove("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err("`params` takes an object"),
        };
        Ok(id.map_or(Self::Notification, |id| {
            Self::Call(Call { id, method, params })
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(value: Value) -> (Option<Value>, i32) {
        let refused = Message::parse(value).unwrap_err();
        (refused.id, refused.error.code)
    }

    #[test]
    fn calls_have_an_id_and_notifications_none() {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "ping"});
        let expected = Call {
            id: json!(7),
            method: "ping".into(),
            params: Map::new(),
        };
        assert_eq!(Message::parse(call), Ok(Message::Call(expected)));
        let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}});
        assert_eq!(Message::parse(noted), Ok(Message::Notification));
    }

    #[test]
    fn malformed_message_is_refused_with_its_id_where_it_has_one() {
        for value in [
            json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]),
            json!("ping"),
            json!({"jsonrpc": "2.0", "id": null, "method": "ping"}),
            json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}),
            json!({"jsonrpc": "2.0", "id": [1], "method": "ping"}),
        ] {
            assert_eq!(refused(value.clone()), (None, INVALID_REQUEST), "{value}");
        }
        for value in [
            json!({"id": "a", "method": "ping"}),
            json!({"jsonrpc": "1.0", "id": "a", "method": "ping"}),
            json!({"jsonrpc": "2.0", "id": "a"}),
            json!({"jsonrpc": "2.0", "id": "a", "result": {}}),
            json!({"jsonrpc": "2.0", "id": "a", "method": 1}),
            json!({"jsonrpc": "2.0", "id": "a", "method": "ping", "params": [1]}),
        ] {
            let expected = (Some(json!("a")), INVALID_REQUEST);
            assert_eq!(refused(value.clone()), expected, "{value}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "2\\.0|ping|tools/call|\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            let key = "jsonrpc|id|method|params|result|error|_meta|\\PC{0,4}";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_a_message_or_refused(value in any_json()) {
            let id = value.get("id").cloned();
            match Message::parse(value) {
                Ok(Message::Call(call)) => prop_assert_eq!(Some(call.id), id),
                Ok(Message::Notification) => prop_assert_eq!(id, None),
                Err(refused) => {
                    prop_assert_eq!(refused.error.code, INVALID_REQUEST);
                    if refused.id.is_some() {
                        prop_assert_eq!(refused.id, id);
                    }
                }
            }
        }
    }
}
