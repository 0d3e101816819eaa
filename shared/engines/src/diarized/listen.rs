//! The recording decoded once more, for the diarization.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::Context as _;
use diarization::{Diarization, DiarizationModels, Diarizer, ProcessedWindows};
use domain::ports::{Recording, TranscriptionRequest};
use media::{Decoder, ObjectReader, Source, resample::Resampler};
use tokio::{sync::mpsc, task::spawn_blocking, time::Instant};

use super::checkpoint;
use crate::probe::AudioProbe;

/// Diarizes, and reports progress in percent of the bytes read. Continues from the
/// checkpoint of an interrupted attempt. Dropping the future ends the work.
pub(super) async fn diarize(
    request: &TranscriptionRequest,
    probe: AudioProbe,
    report: impl Fn(u8) + Send,
) -> anyhow::Result<Diarization> {
    let result = work(request, probe, &report).await;
    // Without a result the engine's progress is all there is.
    report(100);
    result
}

async fn work(
    request: &TranscriptionRequest,
    probe: AudioProbe,
    report: &(impl Fn(u8) + Send),
) -> anyhow::Result<Diarization> {
    let unwanted = Unwanted::default();
    let mut checkpoint = request.checkpoint.clone();
    let work = Work {
        recording: request.recording.clone(),
        probe,
        expected: request.speakers_expected,
        unwanted: Arc::clone(&unwanted.0),
        processed: checkpoint::load(checkpoint.as_ref()).await,
        keeps_checkpoints: checkpoint.is_some(),
    };
    let (send, mut updates) = mpsc::channel(1);
    let working = spawn_blocking(move || work.run(&send));
    // The channel closes when the work ends.
    while let Some(update) = updates.recv().await {
        match (update, &checkpoint) {
            (Update::Percent(percent), _) => report(percent),
            (Update::Processed(windows), Some(parts)) => {
                if !checkpoint::append(&**parts, windows).await {
                    checkpoint = None;
                }
            }
            (Update::Processed(_), None) => {}
        }
    }
    working.await.context("the diarization broke down")?
}

/// Reports of the blocking thread.
enum Update {
    /// How far it is.
    Percent(u8),
    /// What a later attempt need not process again.
    Processed(ProcessedWindows),
}

/// Set as soon as the result is not awaited any more.
#[derive(Default)]
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A source that reports how far it has been read, in bytes.
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
    probe: AudioProbe,
    expected: Option<u32>,
    unwanted: Arc<AtomicBool>,
    /// What earlier attempts have processed.
    processed: Vec<ProcessedWindows>,
    keeps_checkpoints: bool,
}

impl Work {
    fn run(self, updates: &mpsc::Sender<Update>) -> anyhow::Result<Diarization> {
        let mut diarizer = Diarizer::new(DiarizationModels::shared()?, self.expected);
        checkpoint::resume(&mut diarizer, self.processed);
        let (mut reported, mut stored_at) = (None, Instant::now());
        let position = Arc::new(AtomicU64::new(0));
        let source = Tracked {
            source: ObjectReader::open(&self.recording),
            position: Arc::clone(&position),
        };
        let mut decoder = Decoder::open(Box::new(source))?.with_gain(self.probe.gain);
        let mut resampler = Resampler::new(decoder.facts().sample_rate_hz);
        let mut samples = Vec::new();
        while let Some(block) = decoder.next_block()? {
            if self.unwanted.load(Ordering::Relaxed) {
                anyhow::bail!("the diarization is not wanted any more");
            }
            resampler.push(block.mix_by(self.probe.mix), &mut samples);
            diarizer.push(&samples)?;
            samples.clear();
            let read = position.load(Ordering::Relaxed).saturating_mul(99);
            let percent = u8::try_from(read / self.recording.size.max(1)).unwrap_or(99);
            if diarizer.is_skipping() {
                continue;
            }
            // The receiver is there until the work is unwanted.
            if reported.replace(percent) != Some(percent) {
                let _ = updates.blocking_send(Update::Percent(percent));
            }
            if self.keeps_checkpoints && stored_at.elapsed() >= checkpoint::INTERVAL {
                stored_at = Instant::now();
                if let Some(windows) = diarizer.take_processed() {
                    let _ = updates.blocking_send(Update::Processed(windows));
                }
            }
        }
        resampler.finish(&mut samples);
        diarizer.push(&samples)?;
        Ok(diarizer.finish()?)
    }
}
