//! Highlights as clients see them: with their words as they are corrected.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Interview, Private, RunId, Timestamp,
    collection_report::ReportedHighlight,
    corrections::WordId,
    highlights::{Highlight, Resolved, ShownWords, WordPlaces},
    interview_store,
    runs::Kept,
    speaker::SpeakerLabel,
    transcript::{Speaker, TranscriptHead},
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Api;

/// Words of the transcript that a person has marked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Highlight")]
pub(crate) struct HighlightBody {
    /// Its id.
    id: String,
    /// The run that recognised its words.
    run_id: RunId,
    /// Whether the transcript of that run is the one that is shown.
    is_shown: bool,
    /// What corrections have made of it.
    state: HighlightState,
    /// The id of its first word: of those that are left.
    from: WordId,
    /// The id of its last word: of those that are left.
    to: WordId,
    /// What its words say now; what they said where all of them are deleted.
    pub(crate) text: Private,
    /// What its words said when they were marked.
    marked_text: Private,
    /// The id of the speaker who says the first word.
    speaker: u32,
    /// What the speaker is called.
    pub(crate) speaker_name: Private,
    /// When the first word begins.
    pub(crate) start_ms: u64,
    /// When the last word ends.
    pub(crate) end_ms: u64,
    /// Its tags, in their order.
    tags: Vec<Private>,
    /// When it was marked.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl HighlightBody {
    /// Whether none of its words is left, as far as is known.
    pub(crate) const fn is_gone(&self) -> bool {
        matches!(self.state, HighlightState::Gone)
    }

    /// The same in the report of a collection.
    pub(crate) fn reported(self, interview: &Interview) -> ReportedHighlight {
        ReportedHighlight {
            interview: interview.id.clone(),
            title: interview.title.clone(),
            text: self.text,
            is_in_transcript: self.is_shown && self.state != HighlightState::Gone,
            speaker: self.speaker_name,
            start_ms: self.start_ms,
            tags: self.tags,
        }
    }
}

/// What corrections have made of a highlight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum HighlightState {
    /// Its words say what they said when they were marked.
    AsMarked,
    /// They were corrected since.
    Corrected,
    /// All of them were deleted since, or an import replaced the transcript of their run; its
    /// text is what they said.
    Gone,
}

/// A run of which there are highlights.
struct Run {
    token: u64,
    is_shown: bool,
    /// Nothing where the run has no transcript any more.
    head: Option<TranscriptHead>,
    labels: BTreeMap<u32, SpeakerLabel>,
}

impl Run {
    fn name(&self, id: u32) -> Private {
        let label = self.labels.get(&id).and_then(|label| label.name.clone());
        let head = self.head.as_ref();
        let speakers = head
            .map(|head| head.speakers.as_slice())
            .unwrap_or_default();
        let recognized = || speakers.iter().find(|speaker| speaker.id == id);
        label
            .or_else(|| Some(recognized()?.name.clone()))
            .unwrap_or_else(|| Speaker::unnamed(id).name)
    }
}

impl Api {
    /// A highlight of an interview as clients see it.
    pub(crate) async fn shown_highlight(
        &self,
        interview: &Interview,
        highlight: Highlight,
    ) -> Result<HighlightBody, Problem> {
        let mut shown = self.shown_highlights(interview, vec![highlight]).await?;
        shown.pop().ok_or_else(Problem::internal)
    }

    /// Highlights of an interview as clients see them, in the same order. The words of a run are
    /// read where they were corrected since one of them was marked.
    pub(crate) async fn shown_highlights(
        &self,
        interview: &Interview,
        highlights: Vec<Highlight>,
    ) -> Result<Vec<HighlightBody>, Problem> {
        if highlights.is_empty() {
            return Ok(Vec::new());
        }
        let key = interview.key();
        let shown = interview_store::transcript_head(&*self.records, &key).await?;
        let tokens: BTreeSet<u64> = highlights.iter().map(|own| own.run).collect();
        let mut numbered: Vec<(usize, Highlight)> = highlights.into_iter().enumerate().collect();
        let mut bodies = Vec::with_capacity(numbered.len());
        for token in tokens {
            let run = self.run(interview, token, shown.as_ref()).await?;
            let (own, others) = numbered.into_iter().partition(|(_, own)| own.run == token);
            numbered = others;
            for (place, highlight, resolved) in self.resolved(interview, &run, own).await? {
                bodies.push((place, body(interview, &run, highlight, resolved)));
            }
        }
        bodies.sort_by_key(|(place, _)| *place);
        Ok(bodies.into_iter().filter_map(|(_, body)| body).collect())
    }

    /// What corrections have made of a highlight.
    pub(super) async fn resolve(
        &self,
        interview: &Interview,
        highlight: Highlight,
    ) -> Result<Resolved, Problem> {
        let key = interview.key();
        let shown = interview_store::transcript_head(&*self.records, &key).await?;
        let run = self.run(interview, highlight.run, shown.as_ref()).await?;
        let own = vec![(0, highlight)];
        let resolved = self.resolved(interview, &run, own).await?.pop();
        let (_, _, resolved) = resolved.ok_or_else(Problem::internal)?;
        Ok(resolved)
    }

    async fn run(
        &self,
        interview: &Interview,
        token: u64,
        shown: Option<&TranscriptHead>,
    ) -> Result<Run, Problem> {
        if let Some(head) = shown.filter(|head| head.revision == token) {
            return Ok(Run {
                token,
                is_shown: true,
                head: Some(head.clone()),
                labels: interview.speakers.clone(),
            });
        }
        let path = interview.key().kept_run("transcript", token);
        let kept = self.records.read(&path).await?;
        let kept = kept.map(|document| document.decode::<Kept>()).transpose()?;
        let labels = interview.other_speakers.get(&token);
        Ok(Run {
            token,
            is_shown: false,
            head: kept.and_then(|kept| kept.transcript()),
            labels: labels.cloned().unwrap_or_default(),
        })
    }

    /// Looks up what corrections have made of highlights of a run.
    async fn resolved(
        &self,
        interview: &Interview,
        run: &Run,
        own: Vec<(usize, Highlight)>,
    ) -> Result<Vec<(usize, Highlight, Resolved)>, Problem> {
        let Some(head) = run.head.clone() else {
            // What corrections made of its words is not known any more.
            let gone = own.into_iter();
            let gone = gone.map(|(place, own)| (place, own, Resolved::Gone));
            return Ok(gone.collect());
        };
        let state = interview.log_state(run.token);
        // One that is marked in a later revision than that of the interview, which was read
        // before, is newer than those corrections.
        let (current, older): (Vec<_>, Vec<_>) = own
            .into_iter()
            .partition(|(_, own)| own.revision >= state.revision);
        let current = current.into_iter().map(|(place, own)| {
            let resolved = own.as_marked();
            (place, own, resolved)
        });
        let mut all: Vec<_> = current.collect();
        if older.is_empty() {
            return Ok(all);
        }
        let (records, key) = (&*self.records, interview.key());
        let log = interview_store::revisions(records, &key, run.token, &state).await?;
        let resolving = self.corrected(interview, head, log, state.revision, move |corrected| {
            let places = WordPlaces::new(&corrected);
            let resolve = |(place, own): (usize, Highlight)| {
                let resolved = own.resolve(&places);
                (place, own, resolved)
            };
            older.into_iter().map(resolve).collect::<Vec<_>>()
        });
        all.extend(resolving.await?);
        Ok(all)
    }
}

/// A highlight as clients see it; nothing for one that names no words.
fn body(
    interview: &Interview,
    run: &Run,
    highlight: Highlight,
    resolved: Resolved,
) -> Option<HighlightBody> {
    let (state, words) = match resolved {
        Resolved::Words(words) if words.text == highlight.text => (HighlightState::AsMarked, words),
        Resolved::Words(words) => (HighlightState::Corrected, words),
        Resolved::Gone => {
            let (from, to) = highlight.ends()?;
            let marked = ShownWords {
                from,
                to,
                text: highlight.text.clone(),
                speaker: highlight.speaker,
                start_ms: highlight.start_ms,
                end_ms: highlight.end_ms,
            };
            (HighlightState::Gone, marked)
        }
    };
    Some(HighlightBody {
        id: highlight.id,
        run_id: interview.run_id(run.token),
        is_shown: run.is_shown,
        state,
        from: words.from,
        to: words.to,
        text: words.text,
        marked_text: highlight.text,
        speaker: words.speaker,
        speaker_name: run.name(words.speaker),
        start_ms: words.start_ms,
        end_ms: words.end_ms,
        tags: highlight.tags,
        created_at: highlight.created_at,
        updated_at: highlight.updated_at,
    })
}
