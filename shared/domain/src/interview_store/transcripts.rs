//! Reading transcripts: a head, and chunks of words below it.

use super::recognized_words;
use crate::{
    InterviewKey,
    chunks::{self, Chunk, DamagedChunk},
    ports::{Records, RecordsError},
    transcript::{Transcript, TranscriptHead, Word},
};

/// Why a transcript could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// An error of the store.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// What it gave is not whole.
    #[error(transparent)]
    Damaged(#[from] DamagedChunk),
    /// The corrections are not whole, or do not fit the transcript.
    #[error("the corrections of the transcript are damaged")]
    DamagedLog,
}

/// The head of the transcript, if there is one.
pub async fn transcript_head(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<TranscriptHead>, RecordsError> {
    match records.read(&key.data("transcript")).await? {
        Some(document) => document.decode().map(Some),
        None => Ok(None),
    }
}

/// The words of one chunk of a transcript, numbered from 0.
pub async fn chunk_words(
    records: &dyn Records,
    key: &InterviewKey,
    revision: u64,
    number: u32,
) -> Result<Vec<Word>, TranscriptError> {
    let found = records.read(&key.chunk(revision, number)).await?;
    let chunk: Chunk = found.ok_or(DamagedChunk { number })?.decode()?;
    Ok(chunks::unpack(&[chunk])?)
}

/// The whole transcript, if there is one: about 10 MB for a recording of eight hours.
pub async fn transcript(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<Transcript>, TranscriptError> {
    let Some(head) = transcript_head(records, key).await? else {
        return Ok(None);
    };
    let words = recognized_words(records, key, &head).await?;
    Ok(Some(Transcript::new(head, words)))
}
