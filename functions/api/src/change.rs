//! `PATCH` of an interview: what its owner calls it, keeps with it and for how long,
//! and where its events go.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, Private,
    interview::ChannelUse,
    interview_store::{self, Decision},
    steps::StepState,
    versions::closed,
    webhook::MAX_URL_BYTES,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{
    Api,
    error::{ApiError, no_interview},
    extract::{JsonBody, OwnKey},
    interviews::MAX_BODY,
    labels::{self, LabelChange, MAX_SPEAKERS},
    openapi::{
        errors::{BODY, STORE, USER, WRITE, errors},
        examples,
    },
    patch::Patch,
    validation::{
        LINE, MAX_METADATA, MAX_NAME, MAX_RETENTION_DAYS, MAX_SPEAKERS_EXPECTED, SPEAKER_ID,
        WEB_URL, check_metadata, check_name, check_retention, check_speakers_expected, recorded_at,
        whole,
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
    #[serde(default, deserialize_with = "closed_patch")]
    channels: Patch<ChannelUse>,
    /// Where its events go, signed as Standard Webhooks are: `https` or `http`, on the public
    /// internet. `null` if no webhooks are sent. What is pending is sent to the new URL.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    webhook_url: Patch<String>,
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
                "recorded_at": "2025-12-18T14:00:00+01:00",
            })
        )),
        ("quiet" = (summary = "No more webhooks are sent", value = json!({"webhook_url": null}))),
    )),
    responses((status = 200, description = "The interview as it is now.", body = ref("#/components/schemas/Interview"), example = examples::interview)),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &BODY, &WRITE, &[ErrorCode::InterviewNotFound, ErrorCode::InvalidField,
        ErrorCode::TranscriptionBegun]])))),
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
    if let Patch::Set(count) = change.speakers_expected {
        check_speakers_expected(Some(count))?;
    }
    if let Patch::Set(url) = &change.webhook_url {
        api.check_webhook(url)?;
    }
    if let Patch::Set(days) = change.retention_days {
        check_retention(Some(days))?;
    }
    let recorded_at = change
        .recorded_at
        .try_map(|text| recorded_at(text, api.clock.now()))?;
    let apply = |interview: Option<&mut Interview>| {
        let Some(interview) = interview.filter(|found| found.deleted_at.is_none()) else {
            return Decision::Leave(Err(no_interview()));
        };
        let speakers = labels::changed(interview.speakers.clone(), &labels);
        let expected = change.speakers_expected.apply(interview.speakers_expected);
        let channels = change.channels.apply(Some(interview.channels));
        let channels = channels.unwrap_or_default();
        let late = [
            ("speakers_expected", expected != interview.speakers_expected),
            ("channels", channels != interview.channels),
        ];
        let late = late.into_iter().find(|(_, is_changed)| *is_changed);
        let speakers = match (speakers, late) {
            (Ok(_), Some((field, _))) if is_transcribed(interview) => {
                return Decision::Leave(Err(too_late(field)));
            }
            (Ok(speakers), _) => speakers,
            (Err(problem), _) => return Decision::Leave(Err(problem)),
        };
        interview.speakers = speakers;
        interview.speakers_expected = expected;
        interview.channels = channels;
        if let Some(title) = &change.title {
            interview.title = title.clone();
        }
        if let Some(metadata) = &change.metadata {
            interview.metadata.clone_from(metadata);
        }
        interview.keep_for(change.retention_days.apply(interview.retention_days));
        interview.recorded_at = recorded_at.apply(interview.recorded_at);
        let url = change.webhook_url.apply(interview.webhook_url.clone());
        // A new receiver has not said that it is gone.
        interview.webhook_gone &= interview.webhook_url == url;
        interview.webhook_url = url;
        Decision::Write(Ok(interview.clone()), Vec::new())
    };
    let now = api.clock.now();
    let changed = interview_store::transact(&*api.records, &key, now, apply).await;
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

/// Only a field that is there is deserialized at all.
fn closed_patch<'de, D: Deserializer<'de>>(input: D) -> Result<Patch<ChannelUse>, D::Error> {
    let value: Option<ChannelUse> = closed(input)?;
    Ok(value.map_or(Patch::Clear, Patch::Set))
}

fn too_late(field: &str) -> Problem {
    let detail = format!("`{field}` can be changed before transcription begins");
    Problem::new(ErrorCode::TranscriptionBegun, detail)
}
