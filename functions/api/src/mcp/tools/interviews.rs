//! Lists of interviews, and one of them.

use axum::{Extension, Json, extract::State};
use domain::{
    InterviewId, Private, RecordedAt, Timestamp,
    interview::{Kind, Status},
    interview_store,
    speaker::Role,
    transcript::{Speaker, Transcript},
    usable::Usable,
    webhook::PublicSteps,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Caller, OneInterview, WithNotice};
use crate::{
    error::ApiError,
    extract::QueryParameters,
    list::{self, ListQuery},
    page::Page,
    view::InterviewBody,
};

pub(super) const ABOUT_LIST: &str = "\
Lists the user's interviews, newest first, with id, title, status, language, length, tags and a \
link into the console. The filters can be combined. A page has at most `limit` interviews; pass \
`next_page_token` as `page_token` for the next page, until it is null. Texts of transcripts are \
found by `search`, not here.";

pub(super) const ABOUT_ONE: &str = "\
Reads what is known of one interview: status and steps, whether its transcript can be relied on \
(`usable`), length, language and the speakers with their names and roles. It has no text of the \
conversation: see `get_transcript`, `get_analysis` and `get_quotes`.";

/// An interview in short.
#[derive(Serialize, JsonSchema)]
pub(super) struct Facts {
    /// Its id, which the other tools take as `interview_id`.
    id: InterviewId,
    /// The title.
    title: Private,
    /// The status: `completed` when every step is done, `partial` when the transcript is there
    /// and another step failed, `failed` when there is no transcript.
    status: Status,
    /// Whether its transcript can be relied on; `null` until there is one.
    usable: Option<Usable>,
    /// The kind of conversation.
    kind: Kind,
    /// The language as a BCP 47 tag; `multi` for several.
    language: Option<String>,
    /// When it was recorded, where that is known.
    recorded_at: Option<RecordedAt>,
    /// When it was created.
    created_at: Timestamp,
    /// The length of the recording in milliseconds; `null` until it is decoded.
    duration_ms: Option<u64>,
    /// The collection that it is in.
    collection_id: Option<String>,
    /// Its tags.
    tags: Vec<Private>,
    /// Where a person reads and hears it.
    url: String,
}

impl Facts {
    fn new(caller: &Caller, interview: InterviewBody) -> Self {
        let url = caller.link(&interview.id, None);
        Self {
            id: interview.id,
            title: interview.title,
            status: interview.status,
            usable: interview.usable,
            kind: interview.kind,
            language: interview.language,
            recorded_at: interview.recorded_at,
            created_at: interview.created_at,
            duration_ms: interview.audio.and_then(|audio| audio.duration_ms),
            collection_id: interview.collection_id,
            tags: interview.tags,
            url,
        }
    }
}

/// A page of interviews.
#[derive(Serialize, JsonSchema)]
pub(super) struct List {
    /// The interviews of this page.
    items: Vec<Facts>,
    /// What requests the next page; `null` on the last one.
    next_page_token: Option<String>,
}

pub(super) async fn list(caller: &Caller, query: ListQuery) -> Result<WithNotice<List>, ApiError> {
    let (api, user) = (caller.api.clone(), caller.user.clone());
    let page = list::list(State(api), Extension(user), QueryParameters(query)).await?;
    let Json(Page {
        items,
        next_page_token,
    }) = page;
    let items = items.into_iter();
    Ok(List {
        items: items.map(|item| Facts::new(caller, item)).collect(),
        next_page_token,
    }
    .into())
}

/// Someone who speaks.
#[derive(Serialize, JsonSchema)]
pub(super) struct SpeakerInfo {
    /// The number by which the other tools name the speaker.
    speaker: u32,
    /// What the speaker is called.
    name: Private,
    /// The part in the conversation; `null` where it is not clear.
    role: Option<Role>,
}

impl From<&Speaker> for SpeakerInfo {
    fn from(speaker: &Speaker) -> Self {
        Self {
            speaker: speaker.id,
            name: speaker.name.clone(),
            role: speaker.role,
        }
    }
}

/// One interview.
#[derive(Serialize, JsonSchema)]
pub(super) struct Details {
    #[serde(flatten)]
    facts: Facts,
    /// Where each of its steps stands.
    steps: PublicSteps,
    /// Everyone who speaks; empty until there is a transcript.
    speakers: Vec<SpeakerInfo>,
    /// The number of words of the transcript; `null` until there is one.
    words: Option<u64>,
}

pub(super) async fn one(
    caller: &Caller,
    wanted: OneInterview,
) -> Result<WithNotice<Details>, ApiError> {
    let mut interview = caller.interview(&wanted.interview_id).await?;
    caller.api.judge(&mut interview).await?;
    let head = interview_store::transcript_head(&*caller.api.records, &interview.key()).await?;
    let transcript =
        head.map(|head| Transcript::new(head, Vec::new()).with_speaker_names(&interview.speakers));
    let body = caller.api.view(&interview);
    let head = transcript.map(|transcript| transcript.head);
    Ok(Details {
        steps: body.steps.clone(),
        facts: Facts::new(caller, body),
        words: head.as_ref().map(|head| head.quality.words),
        speakers: head
            .iter()
            .flat_map(|head| &head.speakers)
            .map(SpeakerInfo::from)
            .collect(),
    }
    .into())
}
