//! How one call is described.

use std::collections::{BTreeMap, BTreeSet};

use domain::ErrorCode;
use serde_json::{Map, Value, json};

use super::problems;

/// The description of a call while it is put together.
pub(super) struct Operation {
    fields: Map<String, Value>,
    parameters: Vec<Value>,
    answers: Map<String, Value>,
    codes: BTreeSet<ErrorCode>,
    bodiless: bool,
}

impl Operation {
    /// A call by its `operationId`, its group, and what it does in a line.
    pub(super) fn new(id: &str, tag: &str, summary: &str) -> Self {
        let mut fields = Map::new();
        fields.insert("operationId".into(), json!(id));
        fields.insert("tags".into(), json!([tag]));
        fields.insert("summary".into(), json!(summary));
        Self {
            fields,
            parameters: Vec::new(),
            answers: Map::new(),
            codes: BTreeSet::new(),
            bodiless: false,
        }
    }

    /// What else there is to know.
    pub(super) fn about(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// For everybody.
    pub(super) fn open(self) -> Self {
        self.with("security", json!([]))
    }

    /// Any other field of the operation.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.into(), value);
        self
    }

    /// Parameters by their names among the components.
    pub(super) fn takes(mut self, names: &[&str]) -> Self {
        let refs = names
            .iter()
            .map(|name| reference(&format!("parameters/{name}")));
        self.parameters.extend(refs);
        self
    }

    /// A body of JSON, with examples that are accepted.
    pub(super) fn json(self, schema: &str, required: bool, examples: Value) -> Self {
        let mut media = json!({"schema": named(schema)});
        media["examples"] = examples;
        let content = json!({"application/json": media});
        self.body(required, content)
    }

    /// A body of the media types in `content`.
    pub(super) fn body(self, required: bool, content: Value) -> Self {
        let mut body = json!({"required": required});
        body["content"] = content;
        self.with("requestBody", body)
    }

    /// An answer of JSON, with an example.
    pub(super) fn gives(self, status: u16, about: &str, schema: &str, example: Value) -> Self {
        let mut media = json!({"schema": named(schema)});
        media["example"] = example;
        let content = json!({"application/json": media});
        self.answers(status, about, content)
    }

    /// An answer of the media types in `content`; without any, one without a body.
    pub(super) fn answers(mut self, status: u16, about: &str, content: Value) -> Self {
        let mut answer = json!({
            "description": about,
            "headers": {"X-Request-Id": reference("headers/RequestId")},
        });
        if !content.is_null() {
            answer["content"] = content;
        }
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// A header of the answer with that status.
    pub(super) fn header(mut self, status: u16, name: &str, header: Value) -> Self {
        if let Some(answer) = self.answers.get_mut(&status.to_string()) {
            answer["headers"][name] = header;
        }
        self
    }

    /// The codes of what can go wrong.
    pub(super) fn fails(mut self, codes: &[ErrorCode]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// No answer has a body, as with `HEAD`.
    pub(super) fn bodiless(mut self) -> Self {
        self.bodiless = true;
        self
    }

    /// The operation as the document has it.
    pub(super) fn build(mut self) -> Value {
        let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
        for code in self.codes {
            by_status.entry(code.status()).or_default().push(code);
        }
        for (status, codes) in by_status {
            let answer = problems::answer(status, &codes, self.bodiless);
            self.answers.insert(status.to_string(), answer);
        }
        if !self.parameters.is_empty() {
            let parameters = Value::Array(self.parameters);
            self.fields.insert("parameters".into(), parameters);
        }
        self.fields
            .insert("responses".into(), Value::Object(self.answers));
        Value::Object(self.fields)
    }
}

/// A reference to a component.
pub(super) fn reference(path: &str) -> Value {
    json!({"$ref": format!("#/components/{path}")})
}

/// A reference to a schema.
pub(super) fn named(schema: &str) -> Value {
    reference(&format!("schemas/{schema}"))
}
