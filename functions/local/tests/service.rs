//! The real binary with the real speech engine: killed, flooded, and fed a
//! gibibyte of silence.

#![allow(
    clippy::print_stdout,
    reason = "the figures are what these tests are read for"
)]

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use domain::pipeline::Pipeline;
use embedded::{Options, Store, deliveries::Backlog};
use futures::StreamExt;
use media::Decoder;
use reqwest::Client;
use runtime::SystemClock;
use serde_json::{Value, json};

/// The service as a process of its own.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    /// Starts it and waits until it says that it is ready.
    fn start(data_dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_interviewlens"))
            .arg("serve")
            .env("DATA_DIR", data_dir)
            .env("PORT", "0")
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            Some(
                line.split_once("ready at ")?
                    .1
                    .split_whitespace()
                    .next()?
                    .to_owned(),
            )
        });
        // What else it says is read and thrown away, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            url: url.expect("it says where it listens"),
        }
    }

    /// The most memory it has held, in MiB.
    fn peak_memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .expect("it lives");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("a peak");
        line.split_whitespace()
            .next()
            .and_then(|kib| kib.parse::<u64>().ok())
            .expect("a number")
            / 1024
    }

    /// How many engines it is running just now.
    fn engines(&self) -> usize {
        let children = format!("/proc/{0}/task", self.process.id());
        let tasks = std::fs::read_dir(children).expect("it lives");
        let count = |task: std::fs::DirEntry| {
            let children =
                std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            children.split_whitespace().count()
        };
        tasks.filter_map(Result::ok).map(count).sum()
    }

    fn kill(mut self) {
        self.process.kill().expect("it lives");
        self.process.wait().expect("it dies");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The first seconds of the bundled interview's first channel, as WAV.
fn speech(seconds: usize) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/interview.flac");
    let mut decoder =
        Decoder::open(Box::new(File::open(path).expect("the sample"))).expect("decodes");
    let mut samples = Vec::new();
    while samples.len() < seconds * 16_000 {
        let block = decoder.next_block().expect("decodes").expect("long enough");
        samples.extend(block.channel(0));
    }
    samples.truncate(seconds * 16_000);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a valid format");
    for sample in samples {
        writer.write_sample(sample).expect("written to memory");
    }
    writer.finalize().expect("written to memory");
    bytes.into_inner()
}

async fn create(client: &Client, url: &str, size: u64) -> Value {
    let body = json!({"title": "t", "audio": {"filename": "a.wav", "content_type": "audio/wav", "size_bytes": size}});
    let answer = client
        .post(format!("{url}/v1/interviews"))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    answer.json().await.expect("JSON")
}

async fn upload(client: &Client, created: &Value, body: impl Into<reqwest::Body>) {
    let upload = &created["upload"];
    let headers = upload["headers"].as_object().expect("headers");
    let request = client.put(upload["url"].as_str().expect("a URL"));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value.as_str().expect("text"))
    });
    let answer = request.body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

async fn submit(client: &Client, url: &str, bytes: Vec<u8>) -> String {
    let created = create(client, url, bytes.len() as u64).await;
    upload(client, &created, bytes).await;
    created["id"].as_str().expect("an id").to_owned()
}

/// Follows an interview's events to their end; answers the interview then.
async fn finished(client: &Client, url: &str, id: &str) -> Value {
    let events = client
        .get(format!("{url}/v1/interviews/{id}/events"))
        .send()
        .await
        .expect("an answer");
    let mut stream = events.bytes_stream();
    while stream.next().await.is_some_and(|chunk| chunk.is_ok()) {}
    let answer = client
        .get(format!("{url}/v1/interviews/{id}"))
        .send()
        .await
        .expect("an answer");
    answer.json().await.expect("JSON")
}

/// What is left in a data directory that nobody works on any more.
async fn backlog(data_dir: &Path) -> Backlog {
    let store = Store::open(Options {
        data_dir: data_dir.to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(SystemClock),
    });
    store
        .await
        .expect("opens")
        .deliveries()
        .backlog()
        .await
        .expect("counts")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_it_still_finishes_twenty_recordings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (Client::new(), speech(3));
    let mut service = Service::start(folder.path());
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(submit(&client, &service.url, recording.clone()).await);
    }
    // A fixed sequence that looks random: the same moments in every run.
    let mut state = 42_u64;
    for _ in 0..20 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(50 + (state >> 33) % 1_200);
        // The moment itself is what is tested: there is no state to wait for.
        tokio::time::sleep(moment).await;
        service.kill();
        service = Service::start(folder.path());
    }
    for id in &ids {
        let interview = finished(&client, &service.url, id).await;
        assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
        assert!(
            interview["transcript"]["words"]
                .as_array()
                .is_some_and(|words| !words.is_empty())
        );
    }
    // What the end of the last interview set off is a moment's work; then the
    // service is stopped as an operator would, which finishes what is in hand.
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let pid = service.process.id().to_string();
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill");
        service.process.wait().expect("it stops");
        let left = backlog(folder.path()).await;
        if left == Backlog::default() {
            break;
        }
        assert!(Instant::now() < deadline, "still there: {left:?}");
        service = Service::start(folder.path());
    }
    let files = std::fs::read_dir(folder.path().join("objects"))
        .expect("the folder")
        .count();
    assert_eq!(
        files, 40,
        "a recording and a report each, and nothing half done"
    );
    let entries: BTreeSet<String> = std::fs::read_dir(folder.path())
        .expect("the data directory")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with("interviewlens.db"))
        .collect();
    let expected = ["lock", "objects", "signing-key", "webhook-secret"].map(str::to_owned);
    assert_eq!(
        entries,
        BTreeSet::from(expected),
        "no temporary folder is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_are_worked_off_within_bounds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (client, recording) = (Client::new(), speech(3));
    let service = Service::start(folder.path());
    let submitting = (0..100).map(|_| submit(&client, &service.url, recording.clone()));
    let ids = futures::future::join_all(submitting).await;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut slowest, mut most_engines) = (Duration::ZERO, 0);
    for id in &ids {
        let asked = Instant::now();
        let list = client
            .get(format!("{}/v1/interviews?limit=100", service.url))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            list.json::<Value>().await.expect("JSON")["items"]
                .as_array()
                .map(Vec::len),
            Some(100)
        );
        slowest = slowest.max(asked.elapsed());
        most_engines = most_engines.max(service.engines());
        let interview = finished(&client, &service.url, id).await;
        assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    }
    println!(
        "a hundred at once: slowest list {slowest:?}, {most_engines} engines, {} MiB",
        service.peak_memory_mib()
    );
    assert!(
        most_engines <= cores,
        "{most_engines} engines on {cores} cores"
    );
    assert!(slowest < Duration::from_secs(5), "a list took {slowest:?}");
    assert!(
        service.peak_memory_mib() < 200,
        "{} MiB",
        service.peak_memory_mib()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_segment_of_the_bundled_interview_comes_long_before_the_last() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(folder.path());
    let begun = Instant::now();
    let answer = Client::new()
        .post(format!("{}/v1/transcribe-stream", service.url))
        .header("content-type", "audio/wav")
        .body(speech(90))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let (mut text, mut segments) = (String::new(), Vec::new());
    let mut body = answer.bytes_stream();
    while let Some(bytes) = body.next().await {
        text += std::str::from_utf8(&bytes.expect("whole")).expect("whole events");
        let count = text.matches("event: segment\n").count();
        segments.resize(count, begun.elapsed());
    }
    assert!(text.contains("event: done\n"), "{text}");
    let (first, last) = (segments[0], segments[segments.len() - 1]);
    println!(
        "{} segments, the first after {first:?}, the last after {last:?}",
        segments.len()
    );
    assert!(
        first * 3 < last * 2,
        "the first after {first:?}, the last after {last:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_of_silence_is_refused_in_little_memory() {
    const DATA: u64 = 1024 * 1024 * 1024 - 44;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let client = Client::new();
    let service = Service::start(folder.path());
    let created = create(&client, &service.url, DATA + 44).await;
    let length = u32::try_from(DATA).expect("fits").to_le_bytes();
    // 48 kHz, two channels, 16 bits: an hour and a half.
    let header = [
        b"RIFF\xff\xff\xff\x3fWAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data",
        &length[..],
    ]
    .concat();
    let zeros = bytes::Bytes::from(vec![0; 1024 * 1024]);
    let body = std::iter::once(bytes::Bytes::from(header)).chain((0..1_024).map(move |index| {
        let missing = if index == 1_023 { 44 } else { 0 };
        zeros.slice(missing..)
    }));
    let body = futures::stream::iter(body.map(std::io::Result::Ok));
    upload(&client, &created, reqwest::Body::wrap_stream(body)).await;
    let interview = finished(
        &client,
        &service.url,
        created["id"].as_str().expect("an id"),
    )
    .await;
    assert_eq!(
        interview["steps"]["transcription"]["error"]["code"], "no_speech",
        "{}",
        interview["steps"]
    );
    assert_eq!(interview["steps"]["waveform"]["state"], "done");
    assert_eq!(interview["audio"]["duration_ms"], 5_592_405);
    println!("a gibibyte of silence: {} MiB", service.peak_memory_mib());
    assert!(
        service.peak_memory_mib() < 100,
        "{} MiB",
        service.peak_memory_mib()
    );
}

/// Word errors: changes, additions and omissions by edit distance.
fn word_errors(expected: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (index, word) in expected.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in heard.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[heard.len()]
}

fn words(texts: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = texts
        .flat_map(|text| {
            text.split_whitespace()
                .map(domain::wording::normalize)
                .collect::<Vec<_>>()
        })
        .collect();
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

#[test]
fn the_bundled_interview_is_recognised_well() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples");
    let status = Command::new(env!("CARGO_BIN_EXE_interviewlens"))
        .args(["process", &format!("{samples}/interview.flac"), "--out"])
        .arg(out.path())
        .status();
    assert_eq!(status.expect("the binary runs").code(), Some(0));
    for name in [
        "transcript.json",
        "transcript.srt",
        "analysis.json",
        "waveform.json",
        "report.docx",
    ] {
        assert!(out.path().join(name).is_file(), "{name}");
    }
    let read = |path: String| -> Value {
        serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
    };
    let known = read(format!("{samples}/interview.words.json"));
    let transcript = read(out.path().join("transcript.json").display().to_string());
    let (mut errors, mut total) = (0, 0);
    for channel in [0, 1] {
        let of = |items: &Value, field: &str, key: &str| {
            let items = items.as_array().cloned().unwrap_or_default();
            let own = items.into_iter().filter(move |item| item[field] == channel);
            let key = key.to_owned();
            words(own.map(move |item| item[key.as_str()].as_str().unwrap_or("").to_owned()))
        };
        let expected = of(&known["turns"], "channel", "text");
        errors += word_errors(&expected, &of(&transcript["words"], "speaker", "text"));
        total += expected.len();
    }
    println!(
        "word error rate of the offline engine on the bundled interview: {errors} of {total} words, {} %",
        errors * 100 / total
    );
    assert!(errors * 100 < total * 25, "{errors} of {total} words");
}
