//! Parameters of paths, queries and headers, as the extractors take them.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};
use utoipa::{
    IntoParams,
    openapi::{
        RefOr, Required,
        path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
        schema::Schema,
    },
};

use super::examples::{
    COLLECTION_ID, DELIVERY, HIGHLIGHT_ID, ID, NOTE_ID, RUBRIC_ID, RUN_ID, SHARE_ID, TOKEN_ID,
    WEBHOOK_ID,
};
use crate::{
    extract::{IdempotencyKey, OwnInterview, OwnKey, QueryParameters},
    validation::{IDEMPOTENCY_KEY, MAX_IDEMPOTENCY_KEY},
};

/// Documents types as the parameters of operations.
macro_rules! parameters {
    ($($type:ident: $($parameter:expr),+;)+) => {$(
        impl IntoParams for $type {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$($parameter),+]
            }
        }
    )+};
}

/// The id of an interview that the console shows.
pub(crate) struct ShownId;
/// The id of a collection that the console shows.
pub(crate) struct ShownCollection;
/// The name of a file of the console.
pub(crate) struct ConsoleFile;
/// The name of a recording.
pub(crate) struct Filename;
/// The id of a collection.
pub(crate) struct CollectionId;
/// The id of a note.
pub(crate) struct NoteId;
/// The id of a highlight.
pub(crate) struct HighlightId;
/// The id of a rubric.
pub(crate) struct RubricId;
/// The id of a webhook for all interviews.
pub(crate) struct WebhookId;
/// The id of a share.
pub(crate) struct ShareId;
/// The link of a share.
pub(crate) struct ShareToken;
/// The id of an access token.
pub(crate) struct TokenId;
/// The id of a run.
pub(crate) struct RunPath;
/// The id of a webhook delivery.
pub(crate) struct DeliveryId;
/// The token of a callback.
pub(crate) struct CallbackPath;
/// `Last-Event-ID`.
pub(crate) struct LastEventId;
/// `Range` and `If-Range`.
pub(crate) struct RangeHeaders;

parameters! {
    OwnKey: path("id", "The interview's id.", ID);
    OwnInterview: path("id", "The interview's id.", ID);
    CollectionId: path("collection_id", "The collection's id.", COLLECTION_ID);
    NoteId: path("note_id", "The note's id.", NOTE_ID);
    HighlightId: path("highlight_id", "The highlight's id.", HIGHLIGHT_ID);
    RubricId: path("rubric_id", "The rubric's id.", RUBRIC_ID);
    WebhookId: path("webhook_id", "The webhook's id.", WEBHOOK_ID);
    ShareId: path("share_id", "The share's id.", SHARE_ID);
    ShareToken: path("link", "As it stands in the share's `url`.", "a-signed-link");
    TokenId: path("token_id", "The token's id.", TOKEN_ID);
    RunPath: path("run_id", "The run's id.", RUN_ID);
    DeliveryId: path("delivery_id", "The delivery's id, which is its `webhook-id`.", DELIVERY);
    Filename: path("filename", "As it stands in `audio.url`: the interview's id, which an ending \
        such as `.wav` may follow.", ID);
    ShownId: path("id", "The interview's id; the page itself finds out whether there is such an \
        interview.", ID);
    ShownCollection: path("id", "The collection's id; the page itself finds out whether there is \
        such a collection.", COLLECTION_ID);
    ConsoleFile: path("file", "As it stands in the page.", "index.js");
    CallbackPath: path("token", "The token that was generated for one job.", "a-token-of-one-job");
    IdempotencyKey: header("Idempotency-Key", "1 to 255 visible characters: the same key makes \
        one thing, however often it is sent and whatever else the request then says; of \
        interviews and transcripts for a day.", json!({"type": "string", "minLength": 1,
        "maxLength": MAX_IDEMPOTENCY_KEY, "pattern": IDEMPOTENCY_KEY.as_str()}));
    LastEventId: header("Last-Event-ID", "The `id` of the last event that was received: what \
        changed since is sent, and no snapshot.", text());
    RangeHeaders:
        header("Range", "The requested bytes, such as `bytes=0-65535`.", text()),
        header("If-Range", "The `ETag` that the range is of.", text());
}

/// The parameters of a query, which are the fields of its type.
impl<T: JsonSchema> IntoParams for QueryParameters<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
        let mut schema = generator.into_root_schema_for::<T>().to_value();
        let fields = schema["properties"].as_object_mut().map(std::mem::take);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let fields = fields.into_iter().flatten();
        let parameters = fields.map(|(name, field)| {
            let mut parameter = query(&name, field);
            if required.contains(&json!(name)) {
                parameter.required = Required::True;
            }
            parameter
        });
        parameters.collect()
    }
}

fn query(name: &str, mut schema: Value) -> Parameter {
    let mut take = |key: &str| schema.as_object_mut().and_then(|fields| fields.remove(key));
    let about = take("description").unwrap_or_default();
    let example = take("example");
    take("format");
    if let Some(default) = take("default").filter(|default| !default.is_null()) {
        schema["default"] = default;
    }
    // What is left out is no `null`.
    if let Some(kind) = schema["type"].get(0).cloned() {
        schema["type"] = kind;
    }
    let is_list = schema["type"] == "array";
    let about = about.as_str().unwrap_or_default();
    let parameter = parameter(ParameterIn::Query, name, about, schema).example(example);
    if is_list {
        let separated = parameter.style(Some(ParameterStyle::Form));
        return separated.explode(Some(false)).build();
    }
    parameter.build()
}

fn text() -> Value {
    json!({"type": "string"})
}

fn parameter(place: ParameterIn, name: &str, about: &str, schema: Value) -> ParameterBuilder {
    ParameterBuilder::new()
        .parameter_in(place)
        .name(name)
        .description(Some(about))
        .required(Required::False)
        .schema(serde_json::from_value::<RefOr<Schema>>(schema).ok())
}

fn path(name: &str, about: &str, example: &str) -> Parameter {
    let schema = json!({"type": "string", "minLength": 1});
    parameter(ParameterIn::Path, name, about, schema)
        .example(Some(example.into()))
        .build()
}

fn header(name: &str, about: &str, schema: Value) -> Parameter {
    parameter(ParameterIn::Header, name, about, schema).build()
}
