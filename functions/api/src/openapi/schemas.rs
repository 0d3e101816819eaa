//! The schemas of what is sent and received, derived from the types that serde reads and
//! writes.

use domain::{
    analysis::Analysis, assessment::Assessment, note::Note, ports::Segment, rubrics::StoredRubric,
    waveform::JsonData, webhook::WebhookBody,
};
use runtime::http::ProblemBody;
use schemars::{
    Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
    transform::RecursiveTransform,
};
use serde_json::{Value, json};

use super::operation::join_lines;
use crate::{
    analyze_sync::AnalyzeRequest,
    assessment::NewAssessment,
    change::ChangeInterview,
    collections::{ChangeCollection, CollectionBody, NewCollection},
    comparison::ComparisonBody,
    corrections::{CorrectTranscript, RevisionBody, RevisionId, UndoCorrection},
    deliveries::DeliveryBody,
    engines::Engines,
    events::{StatusEvent, StepEvent},
    health::Health,
    highlights::{ChangeHighlight, HighlightBody, NewHighlight, across::CollectionHighlightBody},
    interviews::CreatedInterview,
    new_interview::NewInterview,
    notes::{ChangeNote, NewNote},
    page::Page,
    results::AnalysisBody,
    retry::RetryRequest,
    rubrics::{ChangeRubric, NewRubric, RubricTemplates},
    runs::{NewRun, RunBody, StartedRun},
    search::SearchHit,
    shares::{NewShare, ShareBody},
    stream::ProgressEvent,
    themes::ThemesBody,
    tokens::{CreatedTokenBody, NewToken, TokenBody},
    transcript_body::TranscriptBody,
    uploads::{RenewUpload, UploadBody},
    usage::UsageBody,
    validation::MAX_NAME,
    view::{InterviewBody, ReportBody, WholeInterview},
    webhook_secret::{NewSecretBody, SecretBody},
    webhooks::{NewWebhook, UserWebhookBody, WebhookTest},
};

/// The schemas of these types and of all that they are made of.
macro_rules! schemas_of {
    ($contract:ident: $($type:ty),* $(,)?) => {{
        let mut generator = generator(Contract::$contract);
        $(generator.subschema_for::<$type>();)*
        generator.take_definitions(true)
    }};
}

/// All schemas by their names.
pub(super) fn all() -> Value {
    let mut received = schemas_of!(Deserialize:
        AnalyzeRequest,
        ChangeCollection,
        ChangeHighlight,
        ChangeInterview,
        ChangeNote,
        ChangeRubric,
        CorrectTranscript,
        NewCollection,
        NewHighlight,
        NewInterview,
        NewNote,
        NewRubric,
        RenewUpload,
        NewAssessment,
        NewRun,
        NewShare,
        NewToken,
        NewWebhook,
        RetryRequest,
        UndoCorrection,
    );
    let new = received["NewInterview"].clone();
    received.insert("NewInterviewWithAudio".into(), with_audio(new.clone()));
    received.insert("NewInterviewForm".into(), form(new));
    let mut all = schemas_of!(Serialize:
        Analysis,
        AnalysisBody,
        CollectionBody,
        ComparisonBody,
        CreatedInterview,
        CreatedTokenBody,
        Engines,
        Health,
        InterviewBody,
        JsonData,
        NewSecretBody,
        Note,
        Page<Assessment>,
        Page<CollectionBody>,
        Page<CollectionHighlightBody>,
        Page<DeliveryBody>,
        Page<HighlightBody>,
        Page<InterviewBody>,
        Page<Note>,
        Page<RevisionBody>,
        Page<RunBody>,
        Page<SearchHit>,
        Page<StoredRubric>,
        Page<ShareBody>,
        Page<TokenBody>,
        Page<UserWebhookBody>,
        ProblemBody<'static>,
        ProgressEvent,
        ReportBody,
        RevisionId,
        RubricTemplates,
        SecretBody,
        Segment,
        StartedRun,
        StatusEvent,
        StepEvent,
        ThemesBody,
        TranscriptBody<'static>,
        UploadBody,
        UsageBody,
        WebhookBody,
        WebhookTest,
        WholeInterview,
    );
    // What is sent and received is described as it may be sent.
    all.extend(received);
    all.insert("RecordingForm".into(), recording_form());
    Value::Object(all)
}

fn generator(contract: Contract) -> SchemaGenerator {
    let is_sent_by_us = contract == Contract::Serialize;
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.contract = contract;
    let settings = settings.with_transform(RecursiveTransform(move |schema: &mut Schema| {
        if is_sent_by_us || schema.get("default") == Some(&Value::Null) {
            schema.remove("default");
        }
        if let Some(fields) = schema.as_object_mut() {
            join_lines(fields);
        }
        name_keys(schema);
    }));
    settings.into_generator()
}

/// Describes a map by the pattern of its keys and the schema of its values.
fn name_keys(schema: &mut Schema) {
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else {
        return;
    };
    for (pattern, value) in patterns {
        schema.insert("propertyNames".into(), json!({"pattern": pattern}));
        schema.insert("additionalProperties".into(), value);
    }
}

/// A new interview whose recording is announced.
fn with_audio(mut schema: Value) -> Value {
    schema["description"] = json!("A new interview whose recording is announced.");
    schema["required"] = json!(["title", "audio"]);
    without_null(&mut schema["properties"]["audio"]);
    schema
}

/// A new interview as a form, whose fields are texts.
fn form(mut schema: Value) -> Value {
    schema["description"] = json!("A new interview and its recording.");
    schema["required"] = json!(["file"]);
    if let Some(fields) = schema["properties"].as_object_mut() {
        fields.values_mut().for_each(without_null);
        fields.remove("audio");
        fields.insert(
            "file".into(),
            json!({"type": "string", "format": "binary", "minLength": 1,
                "description": "The recording, with its file name and content type."}),
        );
        fields["title"] = json!({"type": "string", "description": format!(
            "The title, of which one line of {MAX_NAME} characters is kept; the file's name where \
             it is left out or empty."
        )});
        fields["rubric"]["description"] = json!("What to assess, as JSON.");
        fields["webhook_url"]["description"] = json!("Where its events go.");
    }
    schema
}

/// The same, which cannot be `null`.
fn without_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        let kind = kinds.pop();
        schema["type"] = json!(kind);
    }
    let is_null = |schema: &Value| schema["type"] == "null";
    if let Some(Value::Array(any)) = schema.as_object_mut().and_then(|own| own.remove("anyOf")) {
        for mut one in any.into_iter().filter(|one| !is_null(one)) {
            one["description"] = schema["description"].take();
            *schema = one;
        }
    }
}

fn recording_form() -> Value {
    let file = json!({"type": "string", "format": "binary", "description": "The recording."});
    json!({
        "type": "object",
        "description": "A recording.",
        "required": ["file"],
        "properties": {"file": file},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
        visit(value);
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
            _ => {}
        }
    }

    #[test]
    fn descriptions_are_for_users_of_the_api() {
        let all = all();
        for (name, schema) in all.as_object().unwrap() {
            assert!(schema["description"].is_string(), "{name}");
            let properties = schema["properties"].as_object();
            for (field, schema) in properties.into_iter().flatten() {
                assert!(schema["description"].is_string(), "{name}.{field}");
            }
        }
        walk(&all, &mut |schema| {
            let about = schema["description"].as_str().unwrap_or("");
            // No links to types, and no lines of the source.
            assert!(!about.contains("[`") && !about.contains("::"), "{about}");
            assert!(!about.replace("\n\n", "").contains('\n'), "{about}");
        });
    }

    #[test]
    fn no_two_types_have_the_same_name() {
        let all = all();
        let numbered = |name: &String| name.ends_with(|last: char| last.is_ascii_digit());
        let names = all.as_object().unwrap().keys();
        assert_eq!(names.filter(|name| numbered(name)).count(), 0);
    }

    #[test]
    fn request_schemas_forbid_other_fields() {
        for name in [
            "NewInterview",
            "NewInterviewForm",
            "Rubric",
            "Anchors",
            "ChangeNote",
        ] {
            assert_eq!(all()[name]["additionalProperties"], false, "{name}");
        }
        assert_eq!(all()["Criterion"]["required"], json!(["name"]));
    }

    #[test]
    fn response_schemas_require_all_fields() {
        let all = all();
        let required = |name: &str| {
            let required = all[name]["required"].as_array().unwrap();
            required.len()
        };
        for (name, optional) in [("Interview", 0), ("Evidence", 0), ("Step", 5), ("Note", 1)] {
            let properties = all[name]["properties"].as_object().unwrap().len();
            assert_eq!(required(name), properties - optional, "{name}");
        }
    }
}
