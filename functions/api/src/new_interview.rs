//! What a new interview is made of: the request, checked, and the collection that it is in.

use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, Private, RecordedAt, UserId,
    analysis::Rubric,
    audio::Audio,
    collections::Collection,
    interview::{ChannelUse, Kind},
    rubrics::RubricSource,
    tags::{self, MAX_TAG, MAX_TAGS},
    trace::TraceContext,
    versions::closed,
    webhook::MAX_URL_BYTES,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    Api,
    patch::Patch,
    validation::{
        LANGUAGE, LINE, MAX_KEY_TERM, MAX_KEY_TERMS, MAX_MEDIA_TYPE, MAX_METADATA, MAX_NAME,
        MAX_RETENTION_DAYS, MAX_SPEAKERS_EXPECTED, MEDIA_TYPE, WEB_URL, check_key_terms,
        check_language, check_media_type, check_metadata, check_name, check_retention,
        check_rubric, check_speakers_expected, check_tags, invalid, recorded_at, whole,
    },
};

/// The most that the JSON of an interview may have, in bytes: room for all that is accepted of
/// each field, in any script and with every character escaped.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A new interview.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInterview {
    /// The title.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    title: Private,
    /// The language that is spoken, as a BCP 47 tag; recognised where it is left out. `multi` for
    /// several in one conversation, where the engine has that.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE))]
    language: Option<String>,
    /// The kind of conversation, which selects the rubric and the wording.
    #[serde(default, deserialize_with = "closed")]
    kind: Option<Kind>,
    /// Where its events go, signed as Standard Webhooks are: `https` or `http`, on the public
    /// internet. `null` if no webhooks are sent.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    webhook_url: Patch<String>,
    #[serde(default)]
    #[schemars(description = format!(
        "Your own data, returned as it came: at most {} KiB of JSON.",
        MAX_METADATA / 1024,
    ))]
    metadata: Map<String, Value>,
    /// What to assess, in place of the kind's own rubric.
    #[serde(default, deserialize_with = "closed")]
    rubric: Option<Rubric>,
    /// A rubric of yours, by its id, in place of `rubric`: the interview gets a copy of its
    /// newest version.
    #[serde(default)]
    rubric_id: Patch<String>,
    /// For how many days from its creation it is kept, if that is shorter than for all others;
    /// after 24 more hours it is deleted like by `DELETE`.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_RETENTION_DAYS))]
    retention_days: Patch<u32>,
    /// How many people speak, where that is known: a hint for telling them apart on one
    /// channel. It can be changed before transcription begins.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_SPEAKERS_EXPECTED))]
    speakers_expected: Option<u32>,
    /// When the recording was made: RFC 3339 with the offset of its time zone. It is shown in
    /// place of what the recording's own metadata says.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    recorded_at: Option<String>,
    /// What the channels of the recording carry: one speaker each (`speakers`), all the same
    /// conversation (`mixed`), or what the recording shows (`auto`). It can be changed before
    /// transcription begins.
    #[serde(default, deserialize_with = "closed")]
    channels: ChannelUse,
    /// Names and terms that are likely to be said, as they are spelt. Speech and language engines
    /// are given them, in this order and as many as they take.
    #[serde(default)]
    #[schemars(length(max = MAX_KEY_TERMS), inner(length(min = 1, max = MAX_KEY_TERM), regex(pattern = LINE)))]
    key_terms: Option<Vec<Private>>,
    /// The collection that it is in, by its id: the kind, rubric, key terms, retention and webhook
    /// URL that are left out here are those of the collection.
    #[serde(default)]
    collection_id: Option<String>,
    /// Tags: white space around them is removed, and of those that differ in case alone the
    /// first is kept.
    #[serde(default)]
    #[schemars(length(max = MAX_TAGS), inner(length(min = 1, max = MAX_TAG), regex(pattern = LINE)))]
    tags: Vec<Private>,
    /// The recording that you are about to upload.
    #[serde(default)]
    pub(crate) audio: Option<NewAudio>,
}

/// The recording that is going to be uploaded.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudio {
    /// The file's name; shown, never used as a path.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    pub(crate) filename: Private,
    /// Its media type, such as `audio/mpeg`.
    #[schemars(length(max = MAX_MEDIA_TYPE), regex(pattern = MEDIA_TYPE))]
    pub(crate) content_type: String,
    /// Its size in bytes, which the upload must have.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 1))]
    pub(crate) size_bytes: u64,
}

impl NewInterview {
    /// Takes over what the request leaves out; but for the rubric, which has to be read.
    fn take_defaults(&mut self, collection: Collection) {
        fn given<T>(own: Patch<T>, default: Option<T>) -> Patch<T> {
            match (own, default) {
                (Patch::Keep, Some(default)) => Patch::Set(default),
                (own, _) => own,
            }
        }
        self.kind = self.kind.or(collection.kind.map(Kind::known));
        self.key_terms.get_or_insert(collection.key_terms);
        let own = std::mem::take(&mut self.retention_days);
        self.retention_days = given(own, collection.retention_days);
        let own = std::mem::take(&mut self.webhook_url);
        self.webhook_url = given(own, collection.webhook_url);
    }
}

/// Why the rubric of a collection cannot be assigned.
fn without_rubric(problem: Problem, rubric: &str) -> Problem {
    if problem.code != ErrorCode::InvalidField {
        return problem;
    }
    let why = format!(
        "the rubric `{rubric}` of the collection is deleted: change the collection's `rubric_id`, \
         or give the interview a `rubric` or `rubric_id` (`null` for that of its kind)"
    );
    invalid("collection_id", &why)
}

impl Api {
    /// Gives the interview what the request leaves out and its collection has, checks all of it,
    /// and resolves its rubric.
    pub(crate) async fn assign(
        &self,
        user: &UserId,
        requested: &mut NewInterview,
    ) -> Result<Option<RubricSource>, Problem> {
        self.check(requested)?;
        let collection = requested.collection_id.as_deref();
        let collection = self.given_collection(user, collection).await?;
        let has_own = requested.rubric.is_some() || !matches!(requested.rubric_id, Patch::Keep);
        if let Some(collection) = collection {
            let of_collection = collection.rubric_id.clone().filter(|_| !has_own);
            requested.take_defaults(collection);
            if let Some(id) = of_collection {
                let assigned = self.assigned_rubric(user, None, Some(&id)).await;
                let (rubric, source) = assigned.map_err(|problem| without_rubric(problem, &id))?;
                requested.rubric = rubric;
                return Ok(source);
            }
        }
        let rubric = requested.rubric.take();
        let id = requested.rubric_id.apply(None);
        let (rubric, source) = self.assigned_rubric(user, rubric, id.as_deref()).await?;
        requested.rubric = rubric;
        Ok(source)
    }

    fn check(&self, requested: &NewInterview) -> Result<(), Problem> {
        check_name("title", &requested.title)?;
        let language = requested.language.as_deref();
        language.map_or(Ok(()), check_language)?;
        requested
            .webhook_url
            .try_map(|url| self.check_webhook(url))?;
        check_metadata(&requested.metadata)?;
        requested.rubric.as_ref().map_or(Ok(()), check_rubric)?;
        check_retention(requested.retention_days.apply(None))?;
        check_speakers_expected(requested.speakers_expected)?;
        check_key_terms(requested.key_terms.as_deref().unwrap_or_default())?;
        check_tags(&requested.tags)?;
        self.given_recorded_at(requested.recorded_at.as_deref())?;
        requested
            .audio
            .as_ref()
            .map_or(Ok(()), |audio| self.check_audio(audio))
    }

    pub(crate) fn check_webhook(&self, url: &str) -> Result<(), Problem> {
        let private = self.limits.allow_private_webhooks;
        (self.check_webhook_url)(url, private).map_err(|why| invalid("webhook_url", &why))
    }

    fn check_audio(&self, audio: &NewAudio) -> Result<(), Problem> {
        check_name("audio.filename", &audio.filename)?;
        check_media_type(&audio.content_type)?;
        let most = self.limits.max_upload_bytes;
        match audio.size_bytes {
            0 => Err(invalid(
                "audio.size_bytes",
                "the recording must not be empty",
            )),
            size if size > most => {
                let detail =
                    format!("the recording has more than the {most} bytes that are accepted");
                Err(Problem::new(ErrorCode::RecordingTooLarge, detail))
            }
            _ => Ok(()),
        }
    }

    /// When the recording was made, checked.
    pub(crate) fn given_recorded_at(
        &self,
        text: Option<&str>,
    ) -> Result<Option<RecordedAt>, Problem> {
        let now = self.clock.now();
        text.map(|text| recorded_at(text, now)).transpose()
    }

    pub(crate) fn make(
        &self,
        user_id: UserId,
        requested: NewInterview,
        trace: TraceContext,
    ) -> Result<Interview, Problem> {
        let key = InterviewKey {
            user_id,
            interview_id: InterviewId::generate(),
        };
        let mut interview = Interview::new(&key, requested.title, self.clock.now());
        interview.kind = requested.kind.unwrap_or_default();
        interview.language = requested.language;
        interview.recorded_at = self.given_recorded_at(requested.recorded_at.as_deref())?;
        interview.webhook_url = requested.webhook_url.apply(None);
        interview.metadata = requested.metadata;
        interview.rubric = requested.rubric;
        interview.speakers_expected = requested.speakers_expected;
        interview.channels = requested.channels;
        interview.key_terms = requested.key_terms.unwrap_or_default();
        interview.collection_id = requested.collection_id;
        interview.tag_with(tags::distinct(&requested.tags));
        interview.keep_for(requested.retention_days.apply(None));
        interview.trace = Some(trace);
        interview.audio = requested.audio.map(|audio| {
            let object = key.new_audio_object();
            Audio::new(audio.filename, audio.content_type, audio.size_bytes, object)
        });
        interview.date = Some(interview.derive_date());
        Ok(interview)
    }
}
