//! Ten thousand damaged recordings through the real step: each ends in a typed
//! error or in a salvaged result, within its deadline and in bounded memory.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    event::{Event, StoredObject},
    paths::DocPath,
    pipeline::Pipeline,
    ports::{ObjectStore, Overwrite, Precondition, Write},
    steps::StepState,
};
use embedded::{ManualClock, Store, StoreOptions};
use futures::{StreamExt, stream};
use steps::{Function, StepRunner, Trigger};
use tempfile::TempDir;
use waveform::Waveform;

const FILES: usize = 10_000;

/// How long one of a second's length may take, damaged as it may be.
const DEADLINE: Duration = Duration::from_mins(1);

const MOST_MEMORY_MIB: u64 = 200;

/// What errors a damaged recording may end in.
const CODES: [&str; 5] = [
    "not_audio",
    "unsupported_audio",
    "damaged_audio",
    "empty_audio",
    "too_long",
];

/// The names of files, and the arguments of ffmpeg that make them.
const FORMATS: [(&str, &str); 20] = [
    ("s16.wav", "-c:a pcm_s16le"),
    ("s24.wav", "-c:a pcm_s24le"),
    ("f32.wav", "-c:a pcm_f32le"),
    ("rf64.wav", "-c:a pcm_s16le -rf64 always"),
    ("ima.wav", "-c:a adpcm_ima_wav"),
    ("ms.wav", "-c:a adpcm_ms"),
    ("a.aiff", "-c:a pcm_s16be"),
    ("pcm.caf", "-c:a pcm_s16le"),
    ("alac.caf", "-c:a alac"),
    ("a.flac", "-c:a flac"),
    ("flac.ogg", "-c:a flac"),
    ("alac.m4a", "-c:a alac"),
    ("a.mp3", "-c:a libmp3lame"),
    ("a.aac", "-c:a aac"),
    ("aac.m4a", "-c:a aac"),
    (
        "frag.mp4",
        "-c:a aac -movflags frag_keyframe+empty_moov -frag_duration 200000",
    ),
    ("vorbis.ogg", "-c:a libvorbis"),
    ("a.opus", "-c:a libopus"),
    ("opus.webm", "-c:a libopus"),
    ("mp3.mkv", "-c:a libmp3lame"),
];

#[test]
fn ten_thousand_damaged_recordings_end_in_an_error_or_a_result() {
    // A child for most of them would take half an hour: `media` tests both decoders.
    media::Ffmpeg::configure(None);
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    // What the library breaks off with is caught, and would fill the screen.
    std::panic::set_hook(Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let outcome = runtime.block_on(run());
    drop(std::panic::take_hook());
    eprintln!("{:>7}  ended as", "files");
    for (outcome, count) in &outcome.endings {
        eprintln!("{count:>7}  {outcome}");
    }
    let memory = peak_memory_mib();
    eprintln!(
        "slowest {:?}, peak memory {memory} MiB, {} panics of the library caught",
        outcome.slowest,
        panics.load(Ordering::Relaxed)
    );
    assert_eq!(outcome.faults, [""; 0]);
    assert_eq!(outcome.endings.values().sum::<usize>(), FILES);
    assert!(outcome.endings["a result"] > FILES / 10 && outcome.endings.len() > 3);
    assert!(outcome.slowest < DEADLINE && memory < MOST_MEMORY_MIB);
}

#[derive(Default)]
struct Summary {
    endings: BTreeMap<String, usize>,
    faults: Vec<String>,
    slowest: Duration,
}

async fn run() -> Summary {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = recordings(folder.path());
    let test = Arc::new(Test::open(folder).await);
    let mut chance = Chance(20_260_101);
    let files = (0..FILES).map(|number| (number, damage(&mut chance, &whole)));
    let judged = stream::iter(files).map(|(number, bytes)| {
        let test = Arc::clone(&test);
        async move {
            let began = Instant::now();
            let ending = test.judge(bytes.clone()).await;
            (number, bytes, ending, began.elapsed())
        }
    });
    let mut summary = Summary::default();
    let mut judged = std::pin::pin!(judged.buffer_unordered(4));
    while let Some((number, bytes, ending, took)) = judged.next().await {
        summary.slowest = summary.slowest.max(took);
        if took > DEADLINE || !(ending == "a result" || CODES.contains(&ending.as_str())) {
            let kept = std::env::temp_dir().join(format!("damaged-{number}"));
            fs::write(&kept, bytes).expect("kept for a look");
            summary
                .faults
                .push(format!("{ending} after {took:?}: {}", kept.display()));
        }
        *summary.endings.entry(ending).or_default() += 1;
    }
    summary
}

/// The step over the embedded store.
struct Test {
    store: Store,
    step: Waveform,
    _folder: TempDir,
}

impl Test {
    async fn open(folder: TempDir) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let pipeline = Pipeline::parse(include_str!("../../../terraform/pipeline.json"));
        let store = Store::open(StoreOptions {
            data_dir: folder.path().join("data"),
            public_url: "http://localhost".into(),
            pipeline: Arc::new(pipeline.expect("the manifest")),
            clock: Arc::clone(&clock) as _,
        });
        let store = store.await.expect("opens");
        let steps = StepRunner {
            records: store.records(),
            clock,
        };
        let step = Waveform {
            steps,
            uploads: store.bucket("uploads"),
            artifacts: store.bucket("artifacts"),
            max_duration_ms: 8 * 3_600_000,
        };
        Self {
            store,
            step,
            _folder: folder,
        }
    }

    /// Uploads a recording, tells the step, and reads how it ended.
    async fn judge(&self, bytes: Vec<u8>) -> String {
        let key = InterviewKey {
            user_id: UserId::parse("u").expect("a user"),
            interview_id: InterviewId::generate(),
        };
        let now = Timestamp::from_millis(0);
        let interview = Interview::new(&key, "damaged".into(), now);
        let write = Write::put(key.document(), &interview, Precondition::Absent);
        let records = self.store.records();
        records
            .commit(vec![write.expect("small")])
            .await
            .expect("stored");
        let name = key.new_audio_object();
        let body = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        let bucket = self.store.bucket("uploads");
        let stored = bucket
            .write(&name, "audio/wav", body, Overwrite::Refused)
            .await;
        let stored = stored.expect("stored");
        let event = Event::ObjectFinalized(StoredObject {
            bucket: "uploads".into(),
            name: name.clone(),
            generation: stored.generation,
            size: stored.size,
            content_type: stored.content_type,
        });
        let handled = self.step.handle(Trigger::Event(event)).await;
        if let Err(failure) = handled {
            return format!("{failure:?}");
        }
        bucket.delete(&name).await.expect("deleted");
        self.ending(&key.document()).await
    }

    async fn ending(&self, path: &DocPath) -> String {
        let found = self.store.records().read(path).await.expect("readable");
        let interview: Interview = found.expect("there").decode().expect("an interview");
        let step = interview.steps.waveform;
        match (step.state, step.error) {
            (StepState::Done, None) => "a result".into(),
            (StepState::Failed, Some(error)) => error.code,
            (state, _) => format!("{state:?}"),
        }
    }
}

/// A recording of a second in every format.
fn recordings(folder: &Path) -> Vec<Vec<u8>> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/interview.flac");
    let made = FORMATS.iter().map(|(name, how)| {
        let path = folder.join(name);
        let mut command = Command::new("ffmpeg");
        command.args([
            "-nostdin", "-v", "error", "-y", "-ss", "6", "-t", "1", "-i", sample,
        ]);
        command
            .args(["-ar", "16000", "-ac", "2"])
            .args(how.split(' '))
            .arg(&path);
        let status = command
            .status()
            .expect("ffmpeg, which `scripts/setup ffmpeg` installs");
        assert!(status.success(), "{name}");
        fs::read(path).expect("made")
    });
    made.collect()
}

/// The same chances in every run: Knuth's linear congruential generator.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A recording, damaged in one of the ways in which files are.
fn damage(chance: &mut Chance, whole: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = chance.pick(whole).clone();
    let other = chance.pick(whole);
    match chance.below(6) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => {
            for _ in 0..=chance.below(64) {
                let at = chance.below(bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            }
        }
        2 => {
            // The beginning of one and the end of another, or of itself.
            bytes.truncate(chance.below(bytes.len()));
            bytes.extend_from_slice(&other[chance.below(other.len())..]);
        }
        3 => extremes(chance, &mut bytes, 1_024),
        4 => {
            let end = bytes.len();
            extremes(chance, &mut bytes, end);
        }
        _ => {
            // What one kind of file begins with before what another goes on with.
            let head = 4 + chance.below(60);
            bytes.splice(..head, other[..head].iter().copied());
        }
    }
    bytes
}

/// Numbers of one to eight bytes near the beginning made the least and the most
/// they can be.
fn extremes(chance: &mut Chance, bytes: &mut [u8], within: usize) {
    for _ in 0..=chance.below(4) {
        let width = *chance.pick(&[1, 2, 4, 8]);
        let fills = [
            [0x00, 0x00],
            [0xff, 0xff],
            [0x7f, 0xff],
            [0x80, 0x00],
            [0xff, 0x7f],
            [0x00, 0x01],
        ];
        let [first, rest] = *chance.pick(&fills);
        let at = chance.below(within.min(bytes.len()));
        for (index, byte) in bytes[at..].iter_mut().take(width).enumerate() {
            *byte = if index == 0 { first } else { rest };
        }
    }
}

fn peak_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse::<u64>().ok())
        .expect("a number")
        / 1_024
}
