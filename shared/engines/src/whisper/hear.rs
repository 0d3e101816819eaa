//! One recording, or one conversation, heard window by window.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::available_parallelism,
};

use domain::{steps::StepError, transcript::Word};
use tokio::task::spawn_blocking;
use whisper_rs::{FullParams, SamplingStrategy, WhisperError, WhisperSegment, WhisperState};

use super::{
    Whisper, broke,
    language::Language,
    model::Marks,
    window::Window,
    words::{self, Spelling, Stretch, Token},
};

/// The longest hint of names and terms, in bytes: the model takes at most some two
/// hundred tokens, and a long hint makes it repeat the hint.
const LONGEST_HINT: usize = 400;

/// Tokens from here on are no text but the model's own marks: `<|endoftext|>` of
/// the English vocabulary, one before that of the others.
const FIRST_MARK: i32 = 50_256;

/// What is heard of one recording. Dropping it ends the work at hand.
pub(super) struct Hearing {
    engine: Whisper,
    language: Language,
    parameters: FullParams<'static, 'static>,
    unwanted: Unwanted,
}

/// Set as soon as nobody waits for the words any more.
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Hearing {
    /// `language` is a BCP 47 tag, and `key_terms` what is likely to be said.
    pub(super) fn new(
        engine: &Whisper,
        language: Option<&str>,
        key_terms: &[String],
    ) -> Result<Self, StepError> {
        let language = Language::wanted(language, engine.multilingual)?;
        let unwanted = Arc::new(AtomicBool::new(false));
        let mut parameters = parameters(&unwanted, key_terms);
        parameters.set_language(language.expected());
        Ok(Self {
            engine: engine.clone(),
            language,
            parameters,
            unwanted: Unwanted(unwanted),
        })
    }

    /// The language that was given or recognised so far.
    pub(super) const fn language(&self) -> Option<&'static str> {
        self.language.known()
    }

    /// What is said in a window, once it is this one's turn.
    pub(super) async fn hear(&mut self, window: Window) -> Result<Vec<Word>, StepError> {
        let mut state = Arc::clone(&self.engine.state).lock_owned().await;
        let parameters = self.parameters.clone();
        let marks = self.engine.marks;
        let unwanted = Arc::clone(&self.unwanted.0);
        let listening = spawn_blocking(move || {
            // The turn may come when nobody waits any more.
            if unwanted.load(Ordering::Relaxed) {
                return None;
            }
            let heard = listen(&mut state, parameters, &window.samples, marks);
            if let Err(error) = &heard
                && !unwanted.load(Ordering::Relaxed)
            {
                tracing::warn!(%error, "whisper.cpp gave up on a window");
            }
            let stretches = heard.ok()?;
            Some((stretches, state.full_lang_id_from_state(), window))
        });
        let heard = listening.await.map_err(|_| broke())?;
        let (stretches, language, window) = heard.ok_or_else(broke)?;
        if self.language.expected().is_none() {
            self.language.recognised(language, window.length_ms());
            self.parameters.set_language(self.language.expected());
        }
        let spelling = Spelling::of(self.language());
        let words = words::of_stretches(&stretches, spelling, window.length_ms());
        Ok(words
            .into_iter()
            .map(|word| placed(word, &window))
            .collect())
    }
}

/// How the model is to listen. The defaults of whisper.cpp are kept where they are
/// `OpenAI`'s: a stretch that is too repetitive or too unlikely is decoded again at
/// temperatures up to 1, and one without speech is left out.
fn parameters(unwanted: &Arc<AtomicBool>, key_terms: &[String]) -> FullParams<'static, 'static> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
    parameters.set_n_threads(i32::try_from(cores()).unwrap_or(1));
    parameters.set_token_timestamps(true);
    // whisper.cpp 1.8 takes the probability that nobody speaks from wherever the
    // last decoding left it, unless the prompt is a single token; it is asked below.
    parameters.set_no_speech_thold(1.0);
    // No "[music]", no "(laughs)".
    parameters.set_suppress_nst(true);
    parameters.set_print_progress(false);
    parameters.set_print_timestamps(false);
    if let Some(hint) = hint(key_terms) {
        parameters.set_initial_prompt(&hint);
    }
    let unwanted = Arc::clone(unwanted);
    // A box within the binding's own box: it calls what it boxed by its type before
    // boxing, which only a box has the layout of. It also never frees it, which is
    // why there is one for each recording and not for each window.
    let stop: Box<dyn FnMut() -> bool> = Box::new(move || unwanted.load(Ordering::Relaxed));
    parameters.set_abort_callback_safe(stop);
    parameters
}

/// Names and terms as the model might have heard them just before.
fn hint(key_terms: &[String]) -> Option<String> {
    let mut hint = String::new();
    for term in key_terms {
        let plain: String = term
            .chars()
            .filter(|character| !character.is_control())
            .collect();
        if hint.len() + plain.len() + 2 > LONGEST_HINT {
            break;
        }
        if !hint.is_empty() {
            hint.push_str(", ");
        }
        hint.push_str(plain.trim());
    }
    (!hint.is_empty()).then(|| format!("{hint}."))
}

/// Recognises samples of at most 30 seconds.
fn listen(
    state: &mut WhisperState,
    parameters: FullParams,
    samples: &[i16],
    marks: Marks,
) -> Result<Vec<Stretch>, WhisperError> {
    let samples: Vec<f32> = samples
        .iter()
        .map(|sample| f32::from(*sample) / 32_768.0)
        .collect();
    state.full(parameters, &samples)?;
    let mut stretches: Vec<Stretch> = state.as_iter().map(|segment| stretch(&segment)).collect();
    if stretches.iter().any(Stretch::is_guessed) {
        let no_speech = no_speech(state, marks)?;
        for stretch in &mut stretches {
            stretch.no_speech = no_speech;
        }
    }
    Ok(stretches)
}

/// How likely nobody speaks in what was recognised last: the probability of the
/// mark for it right at the start, as in `DecodingTask` of `OpenAI`'s
/// `whisper/decoding.py`.
fn no_speech(state: &mut WhisperState, marks: Marks) -> Result<f32, WhisperError> {
    state.encode(0, cores())?;
    state.decode(&[marks.start_of_transcript], 0, cores())?;
    let logits = state.get_logits()?;
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    let mark = usize::try_from(marks.no_speech)
        .ok()
        .and_then(|index| logits.get(index));
    Ok(mark.map_or(0.0, |logit| (logit - highest).exp() / all))
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn stretch(segment: &WhisperSegment) -> Stretch {
    let start_ms = milliseconds(segment.start_timestamp());
    let end_ms = milliseconds(segment.end_timestamp()).max(start_ms);
    let tokens = (0..segment.n_tokens()).filter_map(|index| segment.get_token(index));
    let text = tokens.filter(|token| token.token_id() < FIRST_MARK);
    let tokens = text.map(|token| {
        let data = token.token_data();
        Token {
            bytes: token.to_bytes().unwrap_or_default().to_vec(),
            start_ms: milliseconds(data.t0).clamp(start_ms, end_ms),
            end_ms: milliseconds(data.t1).clamp(start_ms, end_ms),
            probability: data.p,
        }
    });
    Stretch {
        tokens: tokens.collect(),
        no_speech: 0.0,
    }
}

/// From whisper.cpp's hundredths of a second; it counts unknown times as -1.
fn milliseconds(hundredths: i64) -> u64 {
    u64::try_from(hundredths).unwrap_or(0) * 10
}

fn placed(word: words::Heard, window: &Window) -> Word {
    let (start_ms, end_ms) = window.in_recording(word.start_ms, word.end_ms);
    Word {
        text: word.text.into(),
        start_ms,
        end_ms,
        speaker: window.speaker,
        confidence: word.confidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_short_and_holds_nothing_but_text() {
        let terms = ["Kubernetes", "Łukasz\0 Żak\n"].map(str::to_owned);
        assert_eq!(hint(&terms).unwrap(), "Kubernetes, Łukasz Żak.");
        assert_eq!(hint(&[]), None);
        let many = vec!["terminology".to_owned(); 1_000];
        assert!(hint(&many).unwrap().len() <= LONGEST_HINT);
    }
}
