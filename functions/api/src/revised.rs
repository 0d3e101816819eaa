//! What a revision of a transcript changes beside it: whether the transcript can be relied on,
//! and what is found by its words.

use domain::{
    Interview,
    corrections::{self, CorrectedTranscript, CorrectionError, Revision},
    highlights::{Highlight, Resolved, WordPlaces},
    interview_store,
    ports::{RecordsError, Write},
    search::{
        Indexed, index,
        transcript::{Passages, cuts},
    },
    transcript::{TranscriptHead, Word},
    usable::Usable,
};
use runtime::http::Problem;
use tokio::task::spawn_blocking;

use crate::{
    Api,
    stored_transcript::{WHOLE, judged},
};

/// What a revision changes.
pub(crate) struct Revised {
    /// Whether the transcript can be relied on after it.
    pub(crate) usable: Option<Usable>,
    /// The passages that are others after it.
    pub(crate) passages: Vec<Write>,
}

impl Api {
    /// Applies the last revision of `log`, beside the runtime: a long transcript is a moment's
    /// work. Few are in memory at once.
    pub(crate) async fn revised(
        &self,
        interview: &Interview,
        head: TranscriptHead,
        log: Vec<Revision>,
    ) -> Result<Result<Revised, CorrectionError>, Problem> {
        let turn = WHOLE.acquire().await;
        let key = interview.key();
        let mut highlights = self.counted_highlights(interview).await?;
        highlights.retain(|own| own.run == head.revision);
        let words = interview_store::recognized_words(&*self.records, &key, &head).await?;
        let revising = Revising {
            of: Indexed::from(interview),
            head,
            words,
            highlights,
            least_speakers: interview.least_speakers(),
        };
        // The turn ends with the work, also where the client has gone.
        let revised = spawn_blocking(move || {
            let _turn = turn;
            revising.revise(&log)
        });
        let revised = revised.await.map_err(|_| Problem::internal())?;
        match revised {
            Ok(revised) => Ok(Ok(revised?)),
            Err(refused) => Ok(Err(refused)),
        }
    }
}

/// A recognition that is corrected.
struct Revising {
    of: Indexed,
    head: TranscriptHead,
    words: Vec<Word>,
    /// The highlights of its words.
    highlights: Vec<Highlight>,
    least_speakers: u32,
}

impl Revising {
    fn revise(self, log: &[Revision]) -> Result<Result<Revised, RecordsError>, CorrectionError> {
        let token = self.head.revision;
        let newest = log.last().map_or(0, |last| last.revision);
        let cuts = cuts(&self.words);
        let before = self.before(log, newest, &cuts);
        let holding = corrections::holding(log, newest);
        let Self {
            of,
            head,
            words,
            highlights,
            least_speakers,
        } = self;
        let after = corrections::correct(head, words, &holding, newest, least_speakers)?;
        let after = judged(after, least_speakers);
        let passages = Passages::corrected(of.clone(), token, &cuts, &after);
        let changed = match &before {
            Some(before) => passages.changed(&before.passages),
            None => passages.writes(),
        };
        let said = before.as_ref().map_or(&[][..], |before| &before.highlights);
        let marked = highlight_passages(&of, &highlights, said, &after);
        let changed = changed.and_then(|passages| Ok([passages, marked?].concat()));
        Ok(changed.map(|passages| Revised {
            usable: after.transcript.head.usable,
            passages,
        }))
    }

    /// What there was before, unless the corrections so far do not fit the transcript.
    fn before(&self, log: &[Revision], newest: u64, cuts: &[usize]) -> Option<Before> {
        let (of, token) = (self.of.clone(), self.head.revision);
        let before = newest.saturating_sub(1);
        let holding = corrections::holding(log, before);
        if holding.is_empty() && self.highlights.is_empty() {
            return Some(Before {
                passages: Passages::recognized(of, token, &self.words),
                highlights: Vec::new(),
            });
        }
        let (head, words) = (self.head.clone(), self.words.clone());
        let corrected = corrections::correct(head, words, &holding, before, self.least_speakers);
        let corrected = corrected.ok()?;
        let places = WordPlaces::new(&corrected);
        let highlights = self.highlights.iter().map(|own| own.resolve(&places));
        Some(Before {
            highlights: highlights.collect(),
            passages: Passages::corrected(of, token, cuts, &corrected),
        })
    }
}

/// What a transcript was before a revision.
struct Before {
    passages: Passages,
    /// What its highlights said.
    highlights: Vec<Resolved>,
}

/// The passages of highlights that say something else than before.
fn highlight_passages(
    of: &Indexed,
    highlights: &[Highlight],
    before: &[Resolved],
    after: &CorrectedTranscript,
) -> Result<Vec<Write>, RecordsError> {
    if highlights.is_empty() {
        return Ok(Vec::new());
    }
    let places = WordPlaces::new(after);
    let now = highlights.iter().map(|own| (own, own.resolve(&places)));
    let changed = now
        .enumerate()
        .filter(|(number, (_, now))| before.get(*number) != Some(now));
    changed
        .map(|(_, (own, now))| index::highlight(of, own, &now))
        .collect()
}
