//! What an interrupted attempt has recognised, so that the next one continues there.
//!
//! Windows are cut the same way each time, so that their number says where to continue.
//! What another version, another model, or other settings left is ignored.

use std::{mem::take, sync::Arc};

use domain::{
    ports::{Checkpoint, TranscriptionRequest},
    transcript::Word,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};

use crate::probe::AudioProbe;

/// How much work may be lost at most.
const INTERVAL: Duration = Duration::from_secs(10);

/// Grows when recordings are cut into windows in another way.
const WINDOWS: u32 = 2;

/// Some windows, as they are stored.
#[derive(Serialize, Deserialize)]
struct Part {
    /// What the windows depend on.
    settings: String,
    /// The number of the first window.
    first: u64,
    /// How many windows.
    count: u64,
    language: Option<String>,
    words: Vec<Word>,
}

/// The words of one recording, of which some may come from an earlier attempt.
pub(super) struct ResumableTranscript {
    checkpoint: Option<Arc<dyn Checkpoint>>,
    settings: String,
    words: Vec<Word>,
    language: Option<String>,
    /// Windows that an earlier attempt recognised and that are still to be skipped.
    skip: u64,
    /// Windows that are stored.
    stored: u64,
    /// Windows and words since.
    pending: u64,
    pending_words: Vec<Word>,
    stored_at: Instant,
}

impl ResumableTranscript {
    /// Reads what an earlier attempt has left, where the caller keeps it.
    pub(super) async fn load(
        request: &TranscriptionRequest,
        model: &str,
        probe: AudioProbe,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let mut resumable = Self {
            checkpoint: request.checkpoint.clone(),
            settings: format!(
                "{version} {WINDOWS} {model} {:?} {:?} {}",
                request.language, request.key_terms, probe.separate
            ),
            words: Vec::new(),
            language: None,
            skip: 0,
            stored: 0,
            pending: 0,
            pending_words: Vec::new(),
            stored_at: Instant::now(),
        };
        let Some(checkpoint) = &request.checkpoint else {
            return resumable;
        };
        for bytes in checkpoint.load().await.unwrap_or_default() {
            match serde_json::from_slice::<Part>(&bytes) {
                Ok(part) if resumable.continues(&part) => {
                    resumable.stored += part.count;
                    resumable.words.extend(part.words);
                    resumable.language = part.language;
                }
                // Another model's, or the same windows by another attempt.
                _ => {}
            }
        }
        resumable.skip = resumable.stored;
        if resumable.skip > 0 {
            tracing::info!(
                event = "whisper.resumed",
                windows = resumable.skip,
                "continuing after an interrupted attempt"
            );
        }
        resumable
    }

    fn continues(&self, part: &Part) -> bool {
        part.settings == self.settings && part.first == self.stored
    }

    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Whether the next window was recognised before.
    pub(super) const fn skips_window(&mut self) -> bool {
        let skips = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        skips
    }

    /// Whether a later attempt would recognise none of the windows so far again, or there is no
    /// place to store them.
    pub(super) const fn is_stored(&self) -> bool {
        self.skip == 0 && (self.pending == 0 || self.checkpoint.is_none())
    }

    /// Appends the words of the next window and stores the pending ones. A window that
    /// could not be stored is recognised again after a crash.
    pub(super) async fn add(&mut self, words: Vec<Word>, language: Option<&str>) {
        self.pending += 1;
        let Some(checkpoint) = &self.checkpoint else {
            self.words.extend(words);
            return;
        };
        self.pending_words.extend(words.iter().cloned());
        self.words.extend(words);
        if self.stored_at.elapsed() < INTERVAL {
            return;
        }
        let part = Part {
            settings: self.settings.clone(),
            first: self.stored,
            count: take(&mut self.pending),
            language: language.map(str::to_owned),
            words: take(&mut self.pending_words),
        };
        self.stored += part.count;
        self.stored_at = Instant::now();
        let stored = match serde_json::to_vec(&part) {
            Ok(bytes) => checkpoint.append(bytes).await.is_ok(),
            Err(_) => false,
        };
        if stored {
            tracing::debug!(event = "whisper.checkpoint", windows = self.stored);
        } else {
            // Later parts would leave a gap.
            tracing::warn!(event = "whisper.checkpoint_failed", windows = self.stored);
            self.checkpoint = None;
        }
    }

    pub(super) fn into_words(self) -> Vec<Word> {
        self.words
    }
}

#[cfg(test)]
mod tests {
    use testing::{InMemoryCheckpoint, request, wav};
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn windows_count_as_stored_when_the_next_attempt_skips_them() {
        let mut request = request(wav(16_000, &[&vec![0; 16_000]]));
        let probe = crate::probe::probe(&request).await.expect("a recording");
        let load = async |request: &_| ResumableTranscript::load(request, "base", probe).await;
        let mut without_place = load(&request).await;
        without_place.add(Vec::new(), None).await;
        assert!(without_place.is_stored());

        request.checkpoint = Some(Arc::new(InMemoryCheckpoint::default()));
        let mut first = load(&request).await;
        assert!(first.is_stored(), "there is nothing yet");
        let mut stored = Vec::new();
        for _ in 0..5 {
            advance(INTERVAL * 2 / 5).await;
            first.add(Vec::new(), Some("en")).await;
            stored.push(first.is_stored());
        }
        assert_eq!(stored, [false, false, true, false, false]);

        let mut second = load(&request).await;
        let mut skipped = Vec::new();
        for _ in 0..4 {
            skipped.push((second.skips_window(), second.is_stored()));
        }
        let expected = [(true, false), (true, false), (true, true), (false, true)];
        assert_eq!(skipped, expected);
    }
}
