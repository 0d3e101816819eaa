//! The recording decoded once more, for the diarization.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::Context as _;
use diarization::{Diarization, Diarizer, Models};
use domain::ports::{Recording, TranscriptionRequest};
use media::{Decoder, ObjectReader, Source, resample::Resampler};
use tokio::{sync::watch, task::spawn_blocking};

/// Says who speaks when, and meanwhile how far it is, in percent of the bytes read.
/// Dropping the future ends the work.
pub(super) async fn diarize(
    request: &TranscriptionRequest,
    report: impl Fn(u8) + Send,
) -> anyhow::Result<Diarization> {
    let unwanted = Unwanted::default();
    let work = Work {
        recording: request.recording.clone(),
        expected: request.speakers_expected,
        unwanted: Arc::clone(&unwanted.0),
    };
    let (send, mut reached) = watch::channel(0);
    let working = spawn_blocking(move || work.run(&send));
    // The channel closes when the work ends.
    while reached.changed().await.is_ok() {
        report(*reached.borrow_and_update());
    }
    let diarization = working.await.context("the diarization broke down")??;
    report(100);
    Ok(diarization)
}

/// Set as soon as the result is not awaited any more.
#[derive(Default)]
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A source that tells how far it has been read, in bytes.
struct Tracked {
    source: ObjectReader,
    position: Arc<AtomicU64>,
}

impl Read for Tracked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.position.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Tracked {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.source.seek(to)?;
        self.position.store(position, Ordering::Relaxed);
        Ok(position)
    }
}

impl Source for Tracked {
    fn size(&self) -> Option<u64> {
        self.source.size()
    }
}

/// What the blocking thread needs.
struct Work {
    recording: Recording,
    expected: Option<u32>,
    unwanted: Arc<AtomicBool>,
}

impl Work {
    fn run(self, reached: &watch::Sender<u8>) -> anyhow::Result<Diarization> {
        let mut diarizer = Diarizer::new(Models::shared()?, self.expected);
        let position = Arc::new(AtomicU64::new(0));
        let source = Tracked {
            source: ObjectReader::open(&self.recording),
            position: Arc::clone(&position),
        };
        let mut decoder = Decoder::open(Box::new(source))?;
        let mut resampler = Resampler::new(decoder.facts().sample_rate_hz);
        let mut samples = Vec::new();
        while let Some(block) = decoder.next_block()? {
            if self.unwanted.load(Ordering::Relaxed) {
                anyhow::bail!("the diarization is not wanted any more");
            }
            resampler.push(block.mix(), &mut samples);
            diarizer.push(&samples)?;
            samples.clear();
            let read = position.load(Ordering::Relaxed).saturating_mul(99);
            let percent = u8::try_from(read / self.recording.size.max(1)).unwrap_or(99);
            reached.send_if_modified(|before| std::mem::replace(before, percent) != percent);
        }
        resampler.finish(&mut samples);
        diarizer.push(&samples)?;
        Ok(diarizer.finish()?)
    }
}
