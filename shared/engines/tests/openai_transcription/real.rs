//! A real server with a real model.

use std::{collections::HashSet, path::Path};

use domain::{ports::Transcriber, wording::normalize};
use engines::{OpenAiTranscriber, openai_transcription::Options};
use runtime::settings::Environment;

use crate::support::{NoProgress, request_of_file};

#[tokio::test]
#[ignore = "needs a server at OPENAI_TRANSCRIPTION_BASE_URL"]
async fn server_transcribes_the_sample_interview() {
    let options = Options::read(&Environment::of_process()).unwrap();
    let engine = OpenAiTranscriber::new(options).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let request = request_of_file(&root.join("samples/interview.flac"));
    let recognition = engine.transcribe(&request, &NoProgress).await.unwrap();
    let expected = std::fs::read_to_string(root.join("samples/interview.txt")).unwrap();
    let recognized: HashSet<String> = recognition
        .words
        .iter()
        .map(|word| normalize(word.text.reveal()))
        .collect();
    let expected: Vec<String> = expected.split_whitespace().map(normalize).collect();
    let found = expected.iter().filter(|word| recognized.contains(*word));
    assert!(
        found.count() * 10 > expected.len() * 8,
        "most words are recognised"
    );
    for speaker in 0..2 {
        let words = recognition
            .words
            .iter()
            .filter(|word| word.speaker == speaker);
        assert!(words.is_sorted_by_key(|word| word.start_ms));
    }
}
