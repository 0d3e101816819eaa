//! Transcripts that are written chunk by chunk: from the store as they were recognised, and
//! from memory where they are corrected, packed as they would be stored.

use std::{collections::HashMap, sync::Arc, vec};

use axum::response::Response;
use domain::{
    ErrorCode, Interview, InterviewKey, RunId,
    chunks::{self, Chunk},
    corrections::{self, CorrectedTranscript, Mark, Revision, WordId},
    interview_store,
    ports::Records,
    transcript::{Transcript, TranscriptHead, Turn, Word},
    turns::TurnGrouper,
    versions::StripUnknown as _,
};
use runtime::http::Problem;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    Api,
    body_writer::{self, BodyWriter, Interrupted},
    error::ApiError,
    transcript_body::{TranscriptFacts, TranscriptWord},
    transcript_forms::TranscriptForm,
};

/// How many whole transcripts are in memory at once: one of eight hours takes some 30 MB while
/// it is corrected, and 3 MB packed.
pub(crate) static WHOLE: Semaphore = Semaphore::const_new(4);

/// A transcript whose words are read while they are written.
pub(crate) struct StoredTranscript {
    /// Everything but the words, with the names of the speakers.
    head: Transcript,
    run_id: RunId,
    revision: u64,
    words: Words,
}

/// Where the words come from.
enum Words {
    /// From the store, as they were recognised.
    Recognized {
        records: Arc<dyn Records>,
        key: InterviewKey,
    },
    /// From memory, corrected.
    Corrected(Packed),
}

/// Words with what corrections know of them.
struct Packed {
    chunks: Vec<Chunk>,
    ids: Vec<WordId>,
    marks: HashMap<usize, Mark>,
}

impl Packed {
    fn new(corrected: &CorrectedTranscript) -> Self {
        let marks = corrected.marks.iter().copied().enumerate();
        Self {
            chunks: chunks::pack(corrected.revision, &corrected.transcript.words),
            ids: corrected.ids.clone(),
            marks: marks.filter(|(_, mark)| *mark != Mark::None).collect(),
        }
    }
}

impl Api {
    /// The transcript of an interview in a revision or in the newest one, if there is one: with
    /// the names of its speakers, and judged where it was stored by a release that did not.
    pub(crate) async fn stored_transcript(
        &self,
        interview: &Interview,
        revision: Option<u64>,
    ) -> Result<Option<StoredTranscript>, Problem> {
        let key = interview.key();
        let Some(mut head) = interview_store::transcript_head(&*self.records, &key).await? else {
            return Ok(None);
        };
        let token = head.revision;
        let state = interview.log_state(token);
        let revision = revision.unwrap_or(state.revision);
        if revision > state.revision {
            return Err(no_such_revision(state.revision));
        }
        let log = if revision == 0 {
            Vec::new()
        } else {
            interview_store::revisions(&*self.records, &key, token, &state).await?
        };
        let (head, words) = if corrections::holding(&log, revision).is_empty() {
            if head.usable.is_none() {
                let words = interview_store::recognized_words(&*self.records, &key, &head).await?;
                let whole = Transcript::new(head.clone(), words);
                head.usable = Some(whole.usable(interview.least_speakers()));
            }
            let records = Arc::clone(&self.records);
            (head, Words::Recognized { records, key })
        } else {
            let packed = self.corrected(interview, head, log, revision, |corrected| {
                let packed = Packed::new(&corrected);
                (corrected.transcript.head, packed)
            });
            let (head, packed) = packed.await?;
            (head, Words::Corrected(packed))
        };
        Ok(Some(StoredTranscript {
            head: Transcript::new(head, Vec::new())
                .with_speaker_names(&interview.speakers)
                .known_only(),
            run_id: interview.run_id(token),
            revision,
            words,
        }))
    }

    /// Reads a transcript whole, corrects it, and hands it to `then`, beside the runtime: a
    /// long one is a moment's work. Few are in memory at once.
    pub(crate) async fn corrected<T: Send + 'static>(
        &self,
        interview: &Interview,
        head: TranscriptHead,
        log: Vec<Revision>,
        revision: u64,
        then: impl FnOnce(CorrectedTranscript) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = WHOLE.acquire().await;
        let key = interview.key();
        let words = interview_store::recognized_words(&*self.records, &key, &head).await?;
        let least_speakers = interview.least_speakers();
        // The turn ends with the work, also where the client has gone.
        let correcting = spawn_blocking(move || {
            let _turn = turn;
            let holding = corrections::holding(&log, revision);
            let corrected = corrections::correct(head, words, &holding, revision, least_speakers);
            corrected.map(|corrected| then(judged(corrected, least_speakers)))
        });
        let corrected = correcting.await.map_err(|_| Problem::internal())?;
        corrected.map_err(|_| damaged())
    }
}

/// Says whether a transcript can be relied on, where it was stored by a release that did not.
pub(crate) fn judged(
    mut corrected: CorrectedTranscript,
    least_speakers: u32,
) -> CorrectedTranscript {
    let usable = corrected.transcript.usable(least_speakers);
    corrected.transcript.head.usable = Some(usable);
    corrected
}

impl StoredTranscript {
    /// A response in a form for people.
    pub(crate) async fn respond(
        self,
        content_type: &'static str,
        mut form: impl TranscriptForm + 'static,
    ) -> Result<Response, ApiError> {
        body_writer::respond(content_type, async move |mut body: BodyWriter| {
            body.text(&form.begin()).await?;
            let mut turns = self.turns();
            while let Some((turn, words)) = turns.next().await? {
                let speaker = self.head.speaker_name(turn.speaker);
                let text = form.turn(&turn, &words, speaker.reveal());
                body.text(&text).await?;
            }
            body.text(&form.end()).await?;
            Ok(body)
        })
        .await
    }

    /// Writes what [`crate::transcript_body::TranscriptBody`] describes. The words are read
    /// twice: once for the turns.
    pub(crate) async fn write_json(&self, body: &mut BodyWriter) -> Result<(), Interrupted> {
        let facts = TranscriptFacts::from(&self.head).of_run(self.run_id, self.revision);
        body.object(&facts).await?;
        body.field("turns").await?;
        let (mut turns, mut separator) = (self.turns(), "[");
        while let Some((turn, _)) = turns.next().await? {
            body.item(&mut separator, &turn).await?;
        }
        body.end_list(separator).await?;
        body.field("words").await?;
        let mut index = 0;
        separator = "[";
        for number in 0..self.chunks() {
            for word in self.words(number).await? {
                let id = self.id(index);
                let item = TranscriptWord { id, word: &word };
                body.item(&mut separator, &item).await?;
                index += 1;
            }
        }
        body.end_list(separator).await?;
        body.text("}").await
    }

    /// Everything but the words, with the names of the speakers.
    pub(crate) const fn head(&self) -> &Transcript {
        &self.head
    }

    /// The run that recognised it, and its revision.
    pub(crate) const fn version(&self) -> (RunId, u64) {
        (self.run_id, self.revision)
    }

    /// The turns with their words, in reading order.
    pub(crate) fn turns(&self) -> Turns<'_> {
        Turns {
            transcript: self,
            grouper: TurnGrouper::default(),
            chunk: 0,
            words: Vec::new().into_iter(),
            index: 0,
        }
    }

    fn chunks(&self) -> u32 {
        match &self.words {
            Words::Recognized { .. } => self.head.head.chunks,
            Words::Corrected(packed) => u32::try_from(packed.chunks.len()).unwrap_or(u32::MAX),
        }
    }

    async fn words(&self, number: u32) -> Result<Vec<Word>, Problem> {
        let words = match &self.words {
            Words::Recognized { records, key } => {
                let token = self.head.head.revision;
                interview_store::chunk_words(&**records, key, token, number).await
            }
            Words::Corrected(packed) => {
                let chunk = usize::try_from(number).unwrap_or(usize::MAX);
                let chunk = packed.chunks.get(chunk..=chunk).unwrap_or_default();
                chunks::unpack(chunk).map_err(Into::into)
            }
        };
        Ok(words?)
    }

    fn mark(&self, index: usize) -> Mark {
        match &self.words {
            Words::Recognized { .. } => Mark::None,
            Words::Corrected(packed) => packed.marks.get(&index).copied().unwrap_or_default(),
        }
    }

    fn id(&self, index: usize) -> WordId {
        let recognized = WordId::recognized(index);
        match &self.words {
            Words::Recognized { .. } => recognized,
            Words::Corrected(packed) => packed.ids.get(index).copied().unwrap_or(recognized),
        }
    }
}

/// The turns of a transcript, whose words are read chunk by chunk.
pub(crate) struct Turns<'a> {
    transcript: &'a StoredTranscript,
    grouper: TurnGrouper,
    /// The next chunk to be read.
    chunk: u32,
    /// What is left of the chunk before it.
    words: vec::IntoIter<Word>,
    /// The index of the next word.
    index: usize,
}

impl Turns<'_> {
    /// The next turn with its words.
    pub(crate) async fn next(&mut self) -> Result<Option<(Turn, Vec<Word>)>, Problem> {
        loop {
            for word in self.words.by_ref() {
                let ended = self.grouper.push(word, self.transcript.mark(self.index));
                self.index += 1;
                if ended.is_some() {
                    return Ok(ended);
                }
            }
            if self.chunk == self.transcript.chunks() {
                return Ok(self.grouper.finish());
            }
            self.words = self.transcript.words(self.chunk).await?.into_iter();
            self.chunk += 1;
        }
    }
}

/// Corrections were checked before they were stored.
fn damaged() -> Problem {
    interview_store::TranscriptError::DamagedLog.into()
}

fn no_such_revision(newest: u64) -> Problem {
    let detail = format!("there is no such revision: the newest one is {newest}");
    Problem::new(ErrorCode::NoSuchRevision, detail)
}
