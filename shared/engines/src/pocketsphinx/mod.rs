//! Offline speech recognition with `PocketSphinx` from the distribution: English,
//! no account, no key, no network.
//!
//! The recording is decoded twice: once to see how long it is and whether its
//! channels carry different people, and once to cut each channel into pieces at
//! silences, which are recognised side by side, one process each.

mod command;
mod live;
mod recognize;

use std::{sync::Arc, thread::available_parallelism};

use async_trait::async_trait;
use domain::{
    engine_check::Finding,
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    text::is_english,
    transcript::{Recognition, Word},
};
use media::speech::Segmenter;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use tracing::Instrument as _;

pub use command::NotInstalled;
use command::{Command, CommandWord};
use recognize::{Utterance, Utterances};

use crate::{
    cut::Cutting,
    probe::{self, AudioProbe},
};

/// The model that comes with it.
const MODEL: &str = "en-us";

/// `PocketSphinx` as it is installed on this machine.
#[derive(Clone)]
pub struct PocketSphinx {
    command: Arc<Command>,
    /// One process for each core, however many recordings are under way.
    cores: Arc<Semaphore>,
}

impl PocketSphinx {
    /// Finds the program in the folders of `path`, which is written as `PATH` is.
    pub fn find(path: &str) -> Result<Self, NotInstalled> {
        Ok(Self {
            command: Arc::new(Command::find(path)?),
            cores: Arc::new(Semaphore::new(cores())),
        })
    }

    /// Takes utterances as they come and recognises as many at once as there
    /// are cores.
    async fn recognise(
        &self,
        mut utterances: mpsc::Receiver<Utterance>,
        probe: &AudioProbe,
        progress: &dyn Progress,
    ) -> Result<Vec<Word>, StepError> {
        let (mut words, mut running) = (Vec::new(), JoinSet::new());
        let mut reached_ms = 0;
        loop {
            tokio::select! {
                Some(done) = running.join_next() => {
                    let (recognized, utterance): (_, Utterance) = done.map_err(|_| broke())?;
                    words.extend(words_of(recognized?, &utterance));
                    reached_ms = utterance.end_ms().max(reached_ms);
                    progress.report(probe.percent(reached_ms));
                }
                permit = Arc::clone(&self.cores).acquire_owned(), if !utterances.is_closed() || !utterances.is_empty() => {
                    let permit = permit.map_err(|_| broke())?;
                    let Some(utterance) = utterances.recv().await else {
                        continue;
                    };
                    let command = Arc::clone(&self.command);
                    let hearing = async move {
                        let words = command.recognize(&utterance.samples).await;
                        drop(permit);
                        (words, utterance)
                    };
                    running.spawn(hearing.in_current_span());
                }
                else => return Ok(words),
            }
        }
    }
}

#[async_trait]
impl Transcriber for PocketSphinx {
    fn name(&self) -> &'static str {
        "pocketsphinx"
    }

    fn model(&self) -> Option<&str> {
        Some(MODEL)
    }

    /// It was found when it was set up.
    async fn check(&self) -> Vec<Finding> {
        let message = "pocketsphinx is installed: it knows English alone, mishears much, and \
            writes no punctuation; `whisper` is better";
        vec![Finding::warning("last_resort", message).about(&["TRANSCRIBER"])]
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        check_language(request.language.as_deref())?;
        let probe = probe::probe(request).await?;
        let (utterances, cutting) =
            Cutting::start(&request.recording, probe, Segmenter::default, Utterances);
        let words = self.recognise(utterances, &probe, progress).await?;
        let speech_ms = cutting.speech_ms(broke).await?;
        Ok(probe.recognition(MODEL, words, Some("en".to_owned()), speech_ms))
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn check_language(language: Option<&str>) -> Result<(), StepError> {
    match language.filter(|tag| !is_english(Some(tag))) {
        None => Ok(()),
        Some(language) => Err(StepError::permanent(
            Code::LanguageNotSupported,
            format!("the offline engine knows English only, not `{language}`"),
        )),
    }
}

fn broke() -> StepError {
    StepError::transient(Code::EngineFailed, "the speech engine broke down")
}

/// The words of an utterance at their times in the recording.
fn words_of(words: Vec<CommandWord>, utterance: &Utterance) -> impl Iterator<Item = Word> {
    let (offset, speaker) = (utterance.start_ms(), utterance.speaker);
    words.into_iter().map(move |word| Word {
        text: word.text.into(),
        start_ms: offset + word.start_ms,
        end_ms: offset + word.end_ms,
        speaker,
        confidence: word.confidence,
        overlap: false,
    })
}
