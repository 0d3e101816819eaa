//! Recordings, and an engine that hears them.

use std::{
    io::Cursor,
    path::Path,
    sync::{Arc, Mutex},
};

use domain::{
    ports::{Progress, TranscriptionRequest},
    transcript::Word,
};
use engines::Whisper;
pub(crate) use testing::{request, wav};

use crate::model::Script;

/// An engine with a model that says what it is told.
pub(crate) fn engine(script: &Script) -> Whisper {
    let (folder, path) = script.stored("ggml-tiny-told.bin");
    let locate = move || {
        assert!(
            folder.path().exists(),
            "the folder lives as long as the engine"
        );
        Ok(path.clone())
    };
    Whisper::new("tiny-told", Arc::new(locate))
}

/// What was reported.
#[derive(Default)]
pub(crate) struct Reported(pub(crate) Mutex<Vec<u8>>);

impl Progress for Reported {
    fn report(&self, percent: u8) {
        self.0.lock().expect("not poisoned").push(percent);
    }
}

pub(crate) fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.reveal()).collect()
}

/// The first seconds of the bundled recording, which has a person to each channel.
pub(crate) fn bundled(seconds: usize) -> TranscriptionRequest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/interview.flac");
    let bytes = std::fs::read(path).expect("the bundled recording");
    let source = Box::new(Cursor::new(bytes));
    let mut decoder = media::Decoder::open(source).expect("a recording");
    let rate = decoder.facts().sample_rate_hz;
    let mut channels = [Vec::new(), Vec::new()];
    while channels[0].len() < seconds * rate as usize {
        let block = decoder.next_block().expect("sound").expect("long enough");
        for (index, channel) in channels.iter_mut().enumerate() {
            channel.extend(block.channel(index));
        }
    }
    let [left, right] = &channels;
    request(wav(rate, &[left, right]))
}

/// Sounds like a speaker with pauses: loud and quiet, in milliseconds.
pub(crate) fn sound(spans: &[(i16, usize)]) -> Vec<i16> {
    let span = |&(loudness, ms): &(i16, usize)| [loudness, -loudness].repeat(ms * 8);
    spans.iter().flat_map(span).collect()
}
