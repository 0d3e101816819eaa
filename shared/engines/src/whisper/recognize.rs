//! Recognises the windows of one recording, or of one live conversation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{steps::StepError, transcript::Word};
use tokio::task::spawn_blocking;
use whisper::{DecodeOptions, RecognitionError, Transcription};

use super::{
    Whisper, failed,
    language::WhisperLanguage,
    window::Window,
    words::{self, Spelling},
};

/// The longest context that is given to the model, in bytes: it takes some two hundred
/// tokens, and a long list of terms makes it repeat the list.
const LONGEST_CONTEXT: usize = 400;

/// Recognition under way. Dropping it cancels the window at hand.
pub(super) struct Recognizer {
    engine: Whisper,
    language: WhisperLanguage,
    /// Names and terms that are likely.
    key_terms: String,
    cancelled: Cancelled,
}

/// Set when the recognizer is dropped.
struct Cancelled(Arc<AtomicBool>);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Recognizer {
    /// `language` is a BCP 47 tag.
    pub(super) async fn new(
        engine: &Whisper,
        language: Option<&str>,
        key_terms: &[String],
    ) -> Result<Self, StepError> {
        Ok(Self {
            engine: engine.clone(),
            language: WhisperLanguage::from_tag(language, engine.slot.is_multilingual().await?)?,
            key_terms: context(key_terms),
            cancelled: Cancelled(Arc::default()),
        })
    }

    /// The language that was given, or detected so far; of several the one that is spoken longest.
    pub(super) fn language(&self) -> Option<&'static str> {
        self.language.main()
    }

    /// Continues with a language that an earlier attempt detected.
    pub(super) fn resume_with(&mut self, language: Option<&str>) {
        self.language.resume_with(language);
    }

    /// Recognises a window when it is its turn.
    pub(super) async fn recognize(&mut self, window: Window) -> Result<Vec<Word>, StepError> {
        let mut turn = self.engine.slot.turn().await?;
        let threads = turn.threads();
        let cancelled = Arc::clone(&self.cancelled.0);
        let (language, prompt) = (self.language.expected(), self.key_terms.clone());
        let recognition = spawn_blocking(move || {
            let samples: Vec<f32> = window.samples().map(|sample| sample / 32_768.0).collect();
            let options = DecodeOptions {
                language,
                prompt: &prompt,
                threads: &threads,
                is_cancelled: &|| cancelled.load(Ordering::Relaxed),
            };
            let found = turn.model.transcribe(&samples, &options);
            drop(turn);
            found.map(|found| (found, window))
        });
        let found = recognition.await.map_err(|_| failed())?;
        let (found, window) = found.map_err(|error| {
            if error == RecognitionError::Runtime {
                tracing::warn!(event = "whisper.window_failed", %error);
            }
            failed()
        })?;
        Ok(self.words(&found, &window))
    }

    fn words(&mut self, found: &Transcription, window: &Window) -> Vec<Word> {
        self.language.detected(found.language, window.length_ms());
        let spelling = Spelling::from_language(self.language.known());
        let words = words::from_segments(&found.segments, spelling, window.length_ms());
        let placed = words.into_iter().map(|word| {
            let (start_ms, end_ms) = window.in_recording(word.start_ms, word.end_ms);
            Word {
                text: word.text.into(),
                start_ms,
                end_ms,
                speaker: window.speaker,
                confidence: word.confidence,
                overlap: false,
            }
        });
        placed.collect()
    }
}

/// Names and terms as a preceding transcript.
fn context(key_terms: &[String]) -> String {
    let mut context = String::new();
    for term in key_terms {
        let plain: String = term
            .chars()
            .filter(|character| !character.is_control())
            .collect();
        if context.len() + plain.len() + 2 > LONGEST_CONTEXT {
            break;
        }
        if !context.is_empty() {
            context.push_str(", ");
        }
        context.push_str(plain.trim());
    }
    if !context.is_empty() {
        context.push('.');
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_short_and_holds_no_control_characters() {
        let terms = ["Kubernetes", "Łukasz\0 Żak\n"].map(str::to_owned);
        assert_eq!(context(&terms), "Kubernetes, Łukasz Żak.");
        assert_eq!(context(&[]), "");
        let many = vec!["terminology".to_owned(); 1_000];
        assert!(context(&many).len() <= LONGEST_CONTEXT);
    }
}
