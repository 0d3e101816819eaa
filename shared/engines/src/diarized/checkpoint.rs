//! What an interrupted diarization has processed, so that the next one continues there.

use std::sync::Arc;

use diarization::{Diarizer, ProcessedWindows, VERSION};
use domain::ports::Checkpoint;
use serde::{Deserialize, Serialize};
use tokio::time::Duration;

/// From one part to the next: how much work may be lost at most.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// Some windows, as they are stored beside the parts of the engine.
#[derive(Serialize, Deserialize)]
struct Part {
    /// The version of the diarization.
    diarization: String,
    windows: ProcessedWindows,
}

/// The parts that earlier attempts stored, without the engine's and those of other
/// versions of the diarization.
pub(super) async fn load(checkpoint: Option<&Arc<dyn Checkpoint>>) -> Vec<ProcessedWindows> {
    let Some(checkpoint) = checkpoint else {
        return Vec::new();
    };
    let stored = checkpoint.load().await.unwrap_or_default();
    stored
        .iter()
        .filter_map(|bytes| serde_json::from_slice::<Part>(bytes).ok())
        .filter(|part| part.diarization == VERSION)
        .map(|part| part.windows)
        .collect()
}

/// Lets a diarizer continue behind the parts that follow each other.
pub(super) fn resume(diarizer: &mut Diarizer, parts: Vec<ProcessedWindows>) {
    // Of two attempts the later may have stored the same windows again.
    let used = parts.into_iter().map(|part| diarizer.resume(part));
    let used = used.filter(|used| *used).count();
    if used > 0 {
        tracing::info!(
            event = "diarization.resumed",
            parts = used,
            "continuing after an interrupted attempt"
        );
    }
}

/// Stores the next part. False where that failed: later parts would leave a gap.
pub(super) async fn append(checkpoint: &dyn Checkpoint, windows: ProcessedWindows) -> bool {
    let part = Part {
        diarization: VERSION.to_owned(),
        windows,
    };
    let stored = match serde_json::to_vec(&part) {
        Ok(bytes) => checkpoint.append(bytes).await.is_ok(),
        Err(_) => false,
    };
    if !stored {
        tracing::warn!(
            event = "diarization.checkpoint_failed",
            "the progress was not stored"
        );
    }
    stored
}

#[cfg(test)]
mod tests {
    use diarization::DiarizationModels;
    use testing::InMemoryCheckpoint;

    use super::*;

    fn diarizer() -> Diarizer {
        Diarizer::new(DiarizationModels::shared().expect("the models"), None)
    }

    #[tokio::test]
    async fn parts_of_this_version_are_continued_and_others_ignored() {
        let checkpoint: Arc<dyn Checkpoint> = Arc::new(InMemoryCheckpoint::default());
        let mut first = diarizer();
        first.push(&vec![0; 30 * 16_000]).expect("valid samples");
        let of_the_engine = br#"{"settings":"","first":0,"count":1,"words":[]}"#;
        checkpoint
            .append(of_the_engine.to_vec())
            .await
            .expect("stored");
        let windows = first.take_processed().expect("windows");
        let other = Part {
            diarization: "another/1".into(),
            windows: windows.clone(),
        };
        let other = serde_json::to_vec(&other).expect("JSON");
        checkpoint.append(other).await.expect("stored");
        assert!(append(&*checkpoint, windows.clone()).await);
        // The same again, by an attempt that did not see it.
        assert!(append(&*checkpoint, windows.clone()).await);
        let parts = load(Some(&checkpoint)).await;
        assert_eq!(parts, [windows.clone(), windows]);
        let mut second = diarizer();
        resume(&mut second, parts);
        assert_eq!(second.processed_ms(), first.processed_ms());
        assert!(load(None).await.is_empty());
    }
}
