//! `PATCH` of an interview: what its owner calls it, keeps with it and for how long,
//! and where its events go.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, Private,
    analysis::Rubric,
    interview::{ChannelUse, Kind},
    interview_store::Decision,
    steps::StepState,
    tags::{self, MAX_TAG, MAX_TAGS},
    versions::closed,
    webhook::MAX_URL_BYTES,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::{JsonBody, OwnKey},
    labels::{self, LabelChange, MAX_SPEAKERS},
    new_interview::MAX_BODY,
    openapi::{errors, examples},
    patch::Patch,
    validation::{
        LANGUAGE, LINE, MAX_KEY_TERM, MAX_KEY_TERMS, MAX_METADATA, MAX_NAME, MAX_RETENTION_DAYS,
        MAX_SPEAKERS_EXPECTED, SPEAKER_ID, WEB_URL, check_key_terms, check_language,
        check_metadata, check_name, check_retention, check_rubric, check_speakers_expected,
        check_tags, recorded_at, whole,
    },
    view::InterviewBody,
};

/// What changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeInterview {
    /// The title.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    title: Option<Private>,
    #[serde(default)]
    #[schemars(description = format!(
        "Your own data, returned as it came: at most {} KiB of JSON.",
        MAX_METADATA / 1024,
    ))]
    metadata: Option<Map<String, Value>>,
    /// Names and roles of the speakers, by their ids in the transcript: a name alone, or an
    /// object. A speaker who is left out stays; `null` removes what was said.
    #[serde(default)]
    #[schemars(extend(
        "maxProperties" = MAX_SPEAKERS,
        "propertyNames" = {"pattern": SPEAKER_ID.as_str()},
    ))]
    speakers: Option<BTreeMap<String, Option<LabelChange>>>,
    /// How many people speak, where that is known: a hint for telling them apart on one
    /// channel. It can be changed before transcription begins.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_SPEAKERS_EXPECTED))]
    speakers_expected: Patch<u32>,
    /// What the channels of the recording carry: one speaker each (`speakers`), all the same
    /// conversation (`mixed`), or what the recording shows (`auto`, `null`). It can be changed
    /// before transcription begins.
    #[serde(default, deserialize_with = "closed")]
    channels: Patch<ChannelUse>,
    /// Names and terms that are likely to be said, as they are spelt: for what is transcribed and
    /// analysed from now on.
    #[serde(default)]
    #[schemars(length(max = MAX_KEY_TERMS), inner(length(min = 1, max = MAX_KEY_TERM), regex(pattern = LINE)))]
    key_terms: Option<Vec<Private>>,
    /// Its tags, all of them: white space around them is removed, and of those that differ in
    /// case alone the first is kept.
    #[serde(default)]
    #[schemars(length(max = MAX_TAGS), inner(length(min = 1, max = MAX_TAG), regex(pattern = LINE)))]
    tags: Option<Vec<Private>>,
    /// The collection that it is in, by its id: nothing else of the interview changes with it.
    /// `null`: it is in none.
    #[serde(default)]
    collection_id: Patch<String>,
    /// Where its events go, signed as Standard Webhooks are: `https` or `http`, on the public
    /// internet. `null` if no webhooks are sent. What is pending is sent to the new URL.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    webhook_url: Patch<String>,
    /// The kind of conversation. The analysis is `stale` until it is run again.
    #[serde(default, deserialize_with = "closed")]
    kind: Option<Kind>,
    /// The language that is spoken, as a BCP 47 tag, for the next transcription.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE))]
    language: Option<String>,
    /// What to assess. The analysis is `stale` until it is run again. `null`: by the kind's own
    /// rubric.
    #[serde(default, deserialize_with = "closed")]
    rubric: Patch<Rubric>,
    /// A rubric of yours, by its id, in place of `rubric`: the interview gets a copy of its
    /// newest version.
    #[serde(default)]
    rubric_id: Option<String>,
    /// For how many days from its creation it is kept, if that is shorter than for all others;
    /// after 24 more hours it is deleted like by `DELETE`. `null`: like all others.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_RETENTION_DAYS))]
    retention_days: Patch<u32>,
    /// When the recording was made: RFC 3339 with the offset of its time zone. `null`: as the
    /// recording's own metadata says.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    recorded_at: Patch<String>,
}

/// Change an interview
#[utoipa::path(
    patch, path = "/v1/interviews/{id}", operation_id = "change_interview", tag = "Interviews",
    params(OwnKey),
    request_body(content = ref("#/components/schemas/ChangeInterview"), examples(
        ("title" = (summary = "Another title", value = json!({"title": "Ada, second round"}))),
        ("all" = (
            summary = "Everything that can be changed",
            value = json!({
                "title": "Ada", "metadata": {"job": 8}, "webhook_url": "https://example.com/hooks",
                "speakers": {"0": "Bob", "1": {"name": "Ada", "role": "interviewee"}, "2": null},
                "speakers_expected": 2, "channels": "speakers", "retention_days": 30,
                "key_terms": ["Kubernetes"], "tags": ["second round"], "collection_id": null, "kind": "job_interview", "language": "en",
                "rubric": examples::rubric(),
                "recorded_at": "2025-12-18T14:00:00+01:00",
            })
        )),
        ("quiet" = (summary = "No more webhooks are sent", value = json!({"webhook_url": null}))),
    )),
    responses((status = 200, description = "The interview as it is now.", body = ref("#/components/schemas/Interview"), example = examples::interview)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TranscriptionBegun])))),
)]
pub(crate) async fn change(
    State(api): State<Arc<Api>>,
    OwnKey(key): OwnKey,
    JsonBody(mut change): JsonBody<ChangeInterview, MAX_BODY>,
) -> Result<Json<InterviewBody>, ApiError> {
    if let Some(title) = &change.title {
        check_name("title", title)?;
    }
    if let Some(metadata) = &change.metadata {
        check_metadata(metadata)?;
    }
    let labels = labels::check(change.speakers.take().unwrap_or_default())?;
    check_speakers_expected(change.speakers_expected.apply(None))?;
    check_key_terms(change.key_terms.as_deref().unwrap_or_default())?;
    check_tags(change.tags.as_deref().unwrap_or_default())?;
    let collection = change.collection_id.apply(None);
    api.given_collection(&key.user_id, collection.as_deref())
        .await?;
    change.webhook_url.try_map(|url| api.check_webhook(url))?;
    check_retention(change.retention_days.apply(None))?;
    let language = change.language.as_deref();
    language.map_or(Ok(()), check_language)?;
    change.rubric.try_map(check_rubric)?;
    let own = change.rubric.apply(None);
    let assigned = api.assigned_rubric(&key.user_id, own, change.rubric_id.as_deref());
    let (rubric, source) = assigned.await?;
    let recorded_at = change
        .recorded_at
        .try_map(|text| recorded_at(text, api.clock.now()))?;
    let apply = |interview: &mut Interview| {
        let speakers = labels::changed(interview.speakers.clone(), &labels)?;
        let expected = change.speakers_expected.apply(interview.speakers_expected);
        let channels = change.channels.apply(Some(interview.channels));
        let channels = channels.unwrap_or_default();
        let late = [
            ("speakers_expected", expected != interview.speakers_expected),
            ("channels", channels != interview.channels),
        ];
        let late = late.into_iter().find(|(_, is_changed)| *is_changed);
        if let Some((field, _)) = late.filter(|_| is_transcribed(interview)) {
            return Err(too_late(field));
        }
        interview.label_speakers(speakers, api.clock.now());
        interview.speakers_expected = expected;
        interview.channels = channels;
        let keeps_rubric = matches!(change.rubric, Patch::Keep) && rubric.is_none();
        let (rubric, source) = if keeps_rubric {
            (interview.rubric.clone(), interview.rubric_source.clone())
        } else {
            (rubric.clone(), source.clone())
        };
        let kind = change.kind.unwrap_or(interview.kind);
        interview.assess_by(kind, rubric, source, api.clock.now());
        if let Some(language) = &change.language {
            interview.language = Some(language.clone());
        }
        if let Some(title) = &change.title {
            interview.title = title.clone();
        }
        if let Some(metadata) = &change.metadata {
            interview.metadata.clone_from(metadata);
        }
        if let Some(terms) = &change.key_terms {
            interview.key_terms.clone_from(terms);
        }
        if let Some(given) = &change.tags {
            interview.tag_with(tags::distinct(given));
        }
        interview.collection_id = change.collection_id.apply(interview.collection_id.clone());
        interview.keep_for(change.retention_days.apply(interview.retention_days));
        interview.recorded_at = recorded_at.apply(interview.recorded_at);
        let url = change.webhook_url.apply(interview.webhook_url.clone());
        // A new receiver has not said that it is gone.
        interview.webhook_gone &= interview.webhook_url == url;
        interview.webhook_url = url;
        Ok(Decision::Write(interview.clone(), Vec::new()))
    };
    let now = api.clock.now();
    let changed = change_interview(&*api.records, &key, now, apply).await;
    let interview = changed??;
    if !matches!(change.webhook_url, Patch::Keep) {
        api.redirect_webhooks(&interview).await;
    }
    Ok(Json(api.view(&interview)))
}

/// Whether an engine has begun to listen: what it is told can no longer change.
fn is_transcribed(interview: &Interview) -> bool {
    let state = interview.steps.transcription.state;
    matches!(state, StepState::Running | StepState::Done)
}

fn too_late(field: &str) -> Problem {
    let detail = format!("`{field}` can be changed before transcription begins");
    Problem::new(ErrorCode::TranscriptionBegun, detail)
}
