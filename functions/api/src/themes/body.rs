//! Themes as they are sent.

mod reported;

use std::collections::{HashMap, HashSet};

use domain::{
    Interview, InterviewId, InterviewKey, Private, Timestamp, UserId,
    analysis::{Usage, Warning},
    interview_store,
    paths::DocPath,
    ports::RecordsError,
    steps::{StepError, StepState},
    themes::{CollectionKey, LEAST_INTERVIEWS, ThemeSource, ThemeVoice, Themes, ThemesRun, store},
    transcript::Transcript,
    versions::StripUnknown as _,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use super::is_analyzed;
use crate::{Api, comparison::ComparedQuote};

/// How many interviews are read at once.
const CONCURRENT_READS: usize = 16;

/// The themes across a collection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CollectionThemes")]
pub(crate) struct ThemesBody {
    /// The newest run; `null` where there never was one.
    run: Option<ThemesRunBody>,
    /// What the last run that succeeded has found; `null` where there is none.
    result: Option<ThemesResult>,
}

/// A run.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ThemesRunBody {
    /// How many runs there were, with this one.
    number: u64,
    /// Where it stands.
    state: StepState,
    /// How often it was begun.
    attempt: u32,
    /// The engine that does it, by its name in the settings.
    engine: Option<String>,
    /// When it was requested.
    requested_at: Timestamp,
    /// When the newest attempt began.
    started_at: Option<Timestamp>,
    /// When it was settled.
    finished_at: Option<Timestamp>,
    /// Until when it waits for its next attempt.
    waits_until: Option<Timestamp>,
    /// Why it failed, or the newest attempt did.
    error: Option<StepError>,
}

impl From<ThemesRun> for ThemesRunBody {
    fn from(run: ThemesRun) -> Self {
        let ThemesRun {
            number,
            step,
            requested_at,
            ..
        } = run.known_only();
        Self {
            number,
            state: step.state,
            attempt: step.attempt,
            engine: step.engine,
            requested_at,
            started_at: step.started_at,
            finished_at: step.finished_at,
            waits_until: step.waiting.and_then(|waiting| waiting.until),
            error: step.error,
        }
    }
}

/// What a run has found.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ThemesResult {
    /// The themes, those of most interviews first.
    themes: Vec<ThemeBody>,
    /// The interviews that they were derived from, as they were.
    derived_from: Vec<ThemeSourceBody>,
    /// Interviews of the collection that had no analysis.
    left_out: Vec<NamedInterview>,
    /// What has changed since; `null` where nothing has.
    stale: Option<ThemesStale>,
    /// The engine, by its name in the settings.
    engine: String,
    /// The engine's model.
    model: String,
    /// The version of the prompt, or of the method.
    prompt_version: String,
    /// Tokens counted by the provider.
    usage: Usage,
    /// The cost in US dollars; `null` where no price is known.
    cost_usd: Option<f64>,
    /// What the reader should know.
    warnings: Vec<Warning>,
    /// When it was made.
    created_at: Timestamp,
}

/// A theme.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Theme")]
struct ThemeBody {
    /// A few words.
    title: Private,
    /// A few sentences; `null` where an interview that had a part in it was deleted.
    summary: Option<Private>,
    /// The interviews that it rests on, at least two.
    supports: Vec<ThemeVoiceBody>,
    /// Interviews that say the contrary.
    contradicts: Vec<ThemeVoiceBody>,
}

/// What one interview says about a theme.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThemeVoice")]
struct ThemeVoiceBody {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// Quotes that were in its transcript when the themes were made, at least one.
    quotes: Vec<ComparedQuote>,
}

/// An interview as themes were derived from it.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ThemeSourceBody {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// The recognition of its transcript.
    run_id: String,
    /// How many corrections the transcript had.
    revision: u64,
    /// When its analysis was made.
    analyzed_at: Timestamp,
}

/// An interview.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct NamedInterview {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
}

/// What has changed since themes were made.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
struct ThemesStale {
    /// What has changed: `interviews_added`, `interviews_removed`, `transcripts_changed`,
    /// `analyses_changed`. Later releases may add some.
    reasons: Vec<&'static str>,
    /// How many interviews with an analysis are in the collection now and were not.
    added: usize,
    /// How many were in the collection and are not now, or are deleted.
    removed: usize,
    /// How many have another transcript or analysis.
    changed: usize,
}

/// An interview as it is now.
struct Current {
    interview: Interview,
    /// The transcript without its words, for the names of its speakers.
    transcript: Option<Transcript>,
}

/// The interviews of a result, but for those that are deleted.
type Interviews = HashMap<InterviewId, Current>;

impl Api {
    /// Where the step of a collection stands, and its result.
    pub(super) async fn themes_body(
        &self,
        user: &UserId,
        collection: &DocPath,
        run: Option<ThemesRun>,
    ) -> Result<ThemesBody, Problem> {
        let result = match store::result(&*self.records, collection).await? {
            Some(themes) => Some(self.themes_result(user, collection, themes).await?),
            None => None,
        };
        Ok(ThemesBody {
            run: run.map(ThemesRunBody::from),
            result,
        })
    }

    async fn themes_result(
        &self,
        user: &UserId,
        collection: &DocPath,
        themes: Themes,
    ) -> Result<ThemesResult, Problem> {
        let mut themes = themes.known_only();
        let interviews = self.interviews_of(user, &themes.interviews).await?;
        // Of one that is being deleted nothing is shown.
        for id in themes.interviews.clone() {
            if !interviews.contains_key(&id) {
                themes.forget(&id);
            }
        }
        let key = CollectionKey {
            user_id: user.clone(),
            collection_id: collection.split().1.to_owned(),
        };
        let members = self.themes_members(&key).await?;
        let stale = stale(&themes, &interviews, &members);
        let title = |id: &InterviewId| interviews.get(id).map(|own| own.interview.title.clone());
        let voices = |voices: Vec<ThemeVoice>| {
            voices
                .into_iter()
                .filter_map(|own| voice(own, &interviews))
                .collect()
        };
        let shown = themes.themes.into_iter().map(|own| ThemeBody {
            title: own.title,
            summary: own.summary,
            supports: voices(own.supports),
            contradicts: voices(own.contradicts),
        });
        let sources = themes.derived_from.into_iter().filter_map(|own| {
            let current = interviews.get(&own.interview)?;
            Some(ThemeSourceBody {
                title: current.interview.title.clone(),
                run_id: current.interview.run_id(own.transcript).to_string(),
                revision: own.revision,
                analyzed_at: own.analyzed_at,
                interview_id: own.interview,
            })
        });
        let left_out = themes.left_out.into_iter().filter_map(|id| {
            Some(NamedInterview {
                title: title(&id)?,
                interview_id: id,
            })
        });
        let is_shared = |own: &ThemeBody| own.supports.len() >= LEAST_INTERVIEWS;
        Ok(ThemesResult {
            themes: shown.filter(is_shared).collect(),
            derived_from: sources.collect(),
            left_out: left_out.collect(),
            stale,
            engine: themes.engine,
            model: themes.model,
            prompt_version: themes.prompt_version,
            usage: themes.usage.known,
            cost_usd: themes.cost_usd,
            warnings: themes.warnings.into_iter().map(|own| own.known).collect(),
            created_at: themes.created_at,
        })
    }

    /// These interviews with the heads of their transcripts, but for those that are deleted.
    async fn interviews_of(
        &self,
        user: &UserId,
        ids: &[InterviewId],
    ) -> Result<Interviews, Problem> {
        let keys = ids.iter().map(|id| InterviewKey {
            user_id: user.clone(),
            interview_id: id.clone(),
        });
        let reads = keys.map(|key| async move {
            let records = &*self.records;
            let interview = match interview_store::interview(records, &key).await {
                Err(RecordsError::Malformed { .. }) => None,
                found => found?,
            };
            let Some(interview) = interview else {
                return Ok::<_, RecordsError>(None);
            };
            let head = match interview_store::transcript_head(records, &key).await {
                Err(RecordsError::Malformed { .. }) => None,
                head => head?,
            };
            let names = &interview.speakers;
            let transcript =
                head.map(|head| Transcript::new(head, Vec::new()).with_speaker_names(names));
            let current = Current {
                interview,
                transcript,
            };
            Ok(Some((key.interview_id, current)))
        });
        let reads: Vec<_> = reads.collect();
        let found: Vec<Option<_>> = stream::iter(reads)
            .buffer_unordered(CONCURRENT_READS)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn voice(own: ThemeVoice, interviews: &Interviews) -> Option<ThemeVoiceBody> {
    let current = interviews.get(&own.interview)?;
    let transcript = current.transcript.as_ref();
    let quotes = own.quotes.iter();
    let quotes: Vec<ComparedQuote> = quotes
        .filter_map(|quote| ComparedQuote::of(&own.interview, transcript, quote))
        .collect();
    (!quotes.is_empty()).then(|| ThemeVoiceBody {
        title: current.interview.title.clone(),
        interview_id: own.interview,
        quotes,
    })
}

fn stale(themes: &Themes, interviews: &Interviews, members: &[Interview]) -> Option<ThemesStale> {
    let derived: HashSet<&InterviewId> = themes
        .derived_from
        .iter()
        .map(|own| &own.interview)
        .collect();
    let now: HashSet<&InterviewId> = members.iter().map(|own| &own.id).collect();
    let added = members
        .iter()
        .filter(|own| is_analyzed(own) && !derived.contains(&own.id));
    let added = added.count();
    let gone = derived.iter().filter(|id| !now.contains(*id)).count();
    let removed = gone + themes.forgotten as usize;
    let has_other = |of: fn(&Interview, &Transcript, &ThemeSource) -> bool| {
        let mut changed: HashSet<&InterviewId> = HashSet::new();
        for source in &themes.derived_from {
            let current = interviews.get(&source.interview);
            let transcript =
                current.and_then(|own| Some((&own.interview, own.transcript.as_ref()?)));
            if transcript.is_some_and(|(interview, head)| of(interview, head, source)) {
                changed.insert(&source.interview);
            }
        }
        changed
    };
    let transcripts = has_other(|interview, transcript, source| {
        let token = transcript.head.revision;
        token != source.transcript || interview.log_state(token).revision != source.revision
    });
    let analyses = has_other(|interview, _, source| {
        let finished_at = interview.steps.analysis.finished_at;
        finished_at.is_some_and(|finished_at| finished_at != source.analyzed_at)
    });
    let reasons = [
        (added > 0, "interviews_added"),
        (removed > 0, "interviews_removed"),
        (!transcripts.is_empty(), "transcripts_changed"),
        (!analyses.is_empty(), "analyses_changed"),
    ];
    let reasons: Vec<&'static str> = reasons
        .into_iter()
        .filter_map(|(is_so, reason)| is_so.then_some(reason))
        .collect();
    (!reasons.is_empty()).then(|| ThemesStale {
        reasons,
        added,
        removed,
        changed: transcripts.union(&analyses).count(),
    })
}
