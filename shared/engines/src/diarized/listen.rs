//! The recording decoded once more, for the diarization.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Context as _;
use diarization::{Diarization, DiarizationModels, Diarizer, ProcessedWindows};
use domain::ports::{Recording, TranscriptionRequest};
use media::{Decoder, ObjectReader, resample::Resampler};
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Duration, Instant},
};

use super::checkpoint;
use crate::probe::AudioProbe;

/// Diarizes, and reports progress in percent of the recording. Continues from the checkpoint
/// of an interrupted attempt; where there is a checkpoint, what is not in it yet counts as not
/// done, so that progress does not go back after an interruption. Dropping the future ends the
/// work.
pub(super) async fn diarize(
    request: &TranscriptionRequest,
    probe: AudioProbe,
    report: impl Fn(u8) + Send,
) -> anyhow::Result<Diarization> {
    store_every(checkpoint::INTERVAL, request, probe, report).await
}

/// As [`diarize`], with the time from one stored part to the next.
async fn store_every(
    interval: Duration,
    request: &TranscriptionRequest,
    probe: AudioProbe,
    report: impl Fn(u8) + Send,
) -> anyhow::Result<Diarization> {
    let unwanted = Unwanted::default();
    let mut checkpoint = request.checkpoint.clone();
    let work = Work {
        recording: request.recording.clone(),
        probe,
        expected: request.speakers_expected,
        unwanted: Arc::clone(&unwanted.0),
        processed: checkpoint::load(checkpoint.as_ref()).await,
        interval: checkpoint.as_ref().map(|_| interval),
    };
    let (send, mut updates) = mpsc::channel(1);
    let working = spawn_blocking(move || work.run(&send));
    // The channel closes when the work ends.
    while let Some(update) = updates.recv().await {
        if let (Some(windows), Some(parts)) = (update.processed, &checkpoint)
            && !checkpoint::append(&**parts, windows).await
        {
            checkpoint = None;
        }
        report(update.percent);
    }
    let result = working.await.context("the diarization broke down");
    let result = result.and_then(|result| result);
    // The result itself is not stored: if the engine is interrupted later, the next attempt
    // continues behind the stored windows. Without a result only the engine's progress counts.
    if checkpoint.is_none() || result.is_err() {
        report(100);
    }
    result
}

/// A report of the blocking thread.
struct Update {
    /// How far it is.
    percent: u8,
    /// What a later attempt need not process again, if it is to be stored.
    processed: Option<ProcessedWindows>,
}

/// Set as soon as the result is not awaited any more.
#[derive(Default)]
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
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
    /// From one part that is stored to the next, where there is a place for them.
    interval: Option<Duration>,
}

impl Work {
    fn run(self, updates: &mpsc::Sender<Update>) -> anyhow::Result<Diarization> {
        let mut diarizer = Diarizer::new(DiarizationModels::shared()?, self.expected);
        checkpoint::resume(&mut diarizer, self.processed);
        let mut reported = self.probe.percent(diarizer.processed_ms());
        send(updates, reported, None);
        let mut stored_at = Instant::now();
        let source = Box::new(ObjectReader::open(&self.recording));
        let mut decoder = Decoder::open(source)?.with_gain(self.probe.gain);
        let mut resampler = Resampler::new(decoder.facts().sample_rate_hz);
        let mut samples = Vec::new();
        while let Some(block) = decoder.next_block()? {
            if self.unwanted.load(Ordering::Relaxed) {
                anyhow::bail!("the diarization is not wanted any more");
            }
            resampler.push(&block.mix_by(self.probe.mix), &mut samples);
            diarizer.push(&samples)?;
            samples.clear();
            let percent = self.probe.percent(diarizer.processed_ms());
            if let Some(interval) = self.interval {
                if stored_at.elapsed() >= interval
                    && let Some(windows) = diarizer.take_processed()
                {
                    stored_at = Instant::now();
                    send(updates, percent, Some(windows));
                }
            } else if percent > reported {
                reported = percent;
                send(updates, percent, None);
            }
        }
        resampler.finish(&mut samples);
        diarizer.push(&samples)?;
        if self.interval.is_some()
            && let Some(windows) = diarizer.take_processed()
        {
            let percent = self.probe.percent(diarizer.processed_ms());
            send(updates, percent, Some(windows));
        }
        Ok(diarizer.finish()?)
    }
}

fn send(updates: &mpsc::Sender<Update>, percent: u8, processed: Option<ProcessedWindows>) {
    // The receiver is there until the work is unwanted.
    let _ = updates.blocking_send(Update { percent, processed });
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::{Mutex, atomic::AtomicU8},
    };

    use domain::ports::Checkpoint as _;
    use futures::future::{Either, select};
    use testing::{InMemoryCheckpoint, request, wav};
    use tokio::sync::Notify;

    use super::*;

    /// The first seconds of the bundled call, at 16 kHz.
    fn call(seconds: usize) -> Vec<i16> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/call.flac");
        let file = std::fs::File::open(path).expect("the bundled call");
        let mut decoder = Decoder::open(Box::new(file)).expect("a recording");
        let mut resampler = Resampler::new(decoder.facts().sample_rate_hz);
        let mut samples = Vec::new();
        while samples.len() < seconds * 16_000 {
            let block = decoder.next_block().expect("sound").expect("long enough");
            resampler.push(&block.mix_by(media::Mix::default()), &mut samples);
        }
        samples
    }

    #[tokio::test]
    async fn progress_counts_what_a_later_attempt_need_not_process() {
        let samples = call(60);
        let mut request = request(wav(16_000, &[&samples]));
        let probe = crate::probe::probe(&request).await.expect("a recording");
        // The second attempt follows one that had its result, and an interrupted one.
        for interval in [Duration::MAX, Duration::ZERO] {
            let checkpoint = Arc::new(InMemoryCheckpoint::default());
            request.checkpoint = Some(checkpoint.clone());
            let (reached, enough) = (AtomicU8::new(0), Notify::new());
            let report = |percent| {
                reached.store(percent, Ordering::SeqCst);
                if interval.is_zero() && percent >= 30 {
                    enough.notify_one();
                }
            };
            let first = pin!(store_every(interval, &request, probe, &report));
            match select(first, pin!(enough.notified())).await {
                Either::Left((diarization, _)) => {
                    assert!(!interval.is_zero(), "it was to be interrupted");
                    assert_eq!(diarization.expect("a result").speakers, 2);
                    assert!(reached.load(Ordering::SeqCst) > 50);
                }
                Either::Right(_) => assert!(!checkpoint.load().await.expect("parts").is_empty()),
            }
            let reported = Mutex::new(Vec::new());
            let report = |percent| reported.lock().expect("a lock").push(percent);
            let second = store_every(interval, &request, probe, report).await;
            let reported = reported.into_inner().expect("a lock");
            assert!(reported.is_sorted(), "{reported:?}");
            assert_eq!(
                reported.first().copied(),
                Some(reached.load(Ordering::SeqCst)),
                "{reported:?}"
            );
            assert_eq!(second.expect("a result").speakers, 2);
        }
    }
}
