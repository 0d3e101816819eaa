//! Every recorded file, and what the client makes of it.

use std::{collections::BTreeSet, path::Path};

use domain::{ports::Segment, steps::StepError, transcript::Recognition};

use crate::{
    live,
    support::{Canned, Fixture, data_folder, recorded, request},
};

const NONSENSE: &str = "engine_failed, may pass";
const NOTHING: &str = "nothing";

/// File, status it is answered with, what comes of it as an answer, and as a
/// live message.
#[rustfmt::skip]
const TABLE: &[(&str, u16, &str, &str)] = &[
    ("dg_speakers_no_utterances.json", 200, "226 words of 3 from 3040 to 163105 ms, no language, nova-2 2023-09-13.17827", NOTHING),
    ("dg_transcription.json", 200, "62 words of 1 from 80 to 25440 ms, no language, nova-2 2023-09-13.17827", NOTHING),
    ("dg_utterances.json", 200, "62 words of 1 from 80 to 25440 ms, no language, nova-2 2023-09-13.17827", NOTHING),
    ("docs/close-stream-1.json", 200, NONSENSE, NOTHING),
    ("docs/errors-2.json", 400, "damaged_audio, stays", "damaged_audio, stays"),
    ("docs/errors-3.json", 401, "engine_unauthorized, stays", "engine_unauthorized, stays"),
    ("docs/errors-5.json", 403, "engine_forbidden, stays", "engine_forbidden, stays"),
    ("docs/errors-7.json", 402, "engine_out_of_credit, stays", "engine_out_of_credit, stays"),
    ("docs/errors-9.json", 400, "engine_misconfigured, stays", "engine_misconfigured, stays"),
    ("docs/errors-10.json", 400, "engine_misconfigured, stays", "engine_misconfigured, stays"),
    ("docs/errors-12.json", 400, "unsupported_audio, stays", "unsupported_audio, stays"),
    ("docs/errors-14.json", 400, "engine_misconfigured, stays", "engine_misconfigured, stays"),
    ("docs/errors-16.json", 400, "engine_misconfigured, stays", "engine_misconfigured, stays"),
    ("docs/errors-18.json", 413, "recording_too_large, stays", "recording_too_large, stays"),
    ("docs/errors-21.json", 429, "engine_busy, may pass", "engine_busy, may pass"),
    ("docs/finalize-1.json", 200, NONSENSE, NOTHING),
    ("docs/interim-results-1.json", 200, NONSENSE, "2 words from 297 to 1040 ms"),
    ("docs/live-streaming-audio-1.json", 200, NONSENSE, "5 words from 6070 to 7270 ms"),
    ("docs/model-metadata-3.json", 200, NONSENSE, NOTHING),
    ("docs/multilingual-code-switching-1.json", 200, "5 words of 1 from 80 to 1600 ms, es, nova-2 1999-06-13.21385", NOTHING),
    ("docs/pre-recorded-audio-1.json", 200, "63 words of 1 from 80 to 25520 ms, no language, nova-3 2024-01-09.29447", NOTHING),
    ("docs/speech-started-1.json", 200, NONSENSE, NOTHING),
    ("docs/using-callbacks-to-return-transcripts-to-your-server-1.json", 200, NONSENSE, NOTHING),
    ("docs/utterance-end-1.json", 200, NONSENSE, NOTHING),
    ("listen-rest-a231370d-29e7c810-cmd.txt", 200, NONSENSE, NOTHING),
    ("listen-rest-a231370d-29e7c810-options.json", 200, NONSENSE, NOTHING),
    ("listen-rest-a231370d-29e7c810-response.json", 200, "28 words of 1 from 5520 to 15511 ms, no language, nova-3 2024-12-20.0", NOTHING),
    ("listen-rest-a231370d-a17f4880-cmd.txt", 200, NONSENSE, NONSENSE),
    ("listen-rest-a231370d-a17f4880-error.json", 200, NONSENSE, NOTHING),
    ("listen-rest-a231370d-a17f4880-options.json", 200, NONSENSE, NOTHING),
    ("listen-rest-a231370d-a17f4880-response.json", 200, "52 words of 1 from 320 to 18593 ms, no language, nova-3 2024-12-20.0", NOTHING),
    ("listen-rest-c4e1c003-29e7c810-cmd.txt", 200, NONSENSE, NOTHING),
    ("listen-rest-c4e1c003-29e7c810-options.json", 200, NONSENSE, NOTHING),
    ("listen-rest-c4e1c003-29e7c810-response.json", 200, "28 words of 1 from 5520 to 15511 ms, no language, nova-3 2024-12-20.0", NOTHING),
    ("listen-rest-c4e1c003-a17f4880-cmd.txt", 200, NONSENSE, NONSENSE),
    ("listen-rest-c4e1c003-a17f4880-error.json", 200, NONSENSE, NOTHING),
    ("listen-rest-c4e1c003-a17f4880-options.json", 200, NONSENSE, NOTHING),
    ("listen-rest-c4e1c003-a17f4880-response.json", 200, "52 words of 1 from 320 to 18593 ms, no language, nova-3 2024-12-20.0", NOTHING),
    ("listen-websocket-a6d1b12d-42fc5ed9-cmd.txt", 200, NONSENSE, NONSENSE),
    ("listen-websocket-a6d1b12d-42fc5ed9-options.json", 200, NONSENSE, NOTHING),
    ("listen-websocket-a6d1b12d-42fc5ed9-response.json", 200, NONSENSE, "6 words from 17560 to 18660 ms"),
    ("listen-websocket-a6d1b12d-d7334c26-cmd.txt", 200, NONSENSE, NONSENSE),
    ("listen-websocket-a6d1b12d-d7334c26-options.json", 200, NONSENSE, NOTHING),
    ("listen-websocket-a6d1b12d-d7334c26-response.json", 200, NONSENSE, "4 words from 1220 to 3640 ms"),
];

fn describe_result(result: &Result<Recognition, StepError>) -> String {
    match result {
        Ok(found) => format!(
            "{} words of {} from {} to {} ms, {}, {}",
            found.words.len(),
            found.speakers.len(),
            found.words.first().map_or(0, |word| word.start_ms),
            found.words.last().map_or(0, |word| word.end_ms),
            found.language.as_deref().unwrap_or("no language"),
            found.model,
        ),
        Err(error) => describe_error(error),
    }
}

fn describe_error(error: &StepError) -> String {
    let later = if error.retryable { "may pass" } else { "stays" };
    format!("{}, {later}", error.code)
}

fn describe_message(heard: &[Result<Segment, StepError>]) -> String {
    match heard {
        [] => NOTHING.to_owned(),
        [Err(error)] => describe_error(error),
        [Ok(one)] => format!(
            "{} words from {} to {} ms",
            one.words.len(),
            one.start_ms,
            one.end_ms
        ),
        more => format!("{} segments", more.len()),
    }
}

async fn row(name: &str, status: u16) -> (String, String) {
    let body = recorded(name);
    let bench = Fixture::start([Canned::new(status, body.clone())]).await;
    let result = bench.transcribe(&request()).await;
    bench.only_request();
    let text = String::from_utf8_lossy(&body).into_owned();
    (
        describe_result(&result),
        describe_message(&live::heard(text).await),
    )
}

fn files(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("plain");
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if name != "SOURCES.md" {
            found.insert(format!("{prefix}{name}"));
        }
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn every_recorded_response_gives_its_expected_result() {
    let mut found = BTreeSet::new();
    files(&data_folder(), "", &mut found);
    let listed: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    let mut wrong = Vec::new();
    for name in &found {
        let row_of = TABLE.iter().find(|row| row.0 == name);
        let (_, status, answer, message) = row_of.copied().unwrap_or((name, 200, "?", "?"));
        let got = row(name, status).await;
        println!("{status} {name}: {} | live: {}", got.0, got.1);
        if got != (answer.to_owned(), message.to_owned()) {
            wrong.push(format!(
                "(\"{name}\", {status}, \"{}\", \"{}\"),",
                got.0, got.1
            ));
        }
    }
    assert!(wrong.is_empty(), "not as listed:\n{}", wrong.join("\n"));
    assert_eq!(found, listed);
}
