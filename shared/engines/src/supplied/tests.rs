use std::{fs, path::Path};

use futures::StreamExt as _;
use models::{Cache, ModelSettings, PublishedModel};

use super::*;

/// An engine that says nothing, under two names.
struct Silent(&'static str);

#[async_trait]
impl Transcriber for Silent {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        Err(StepError::permanent(Code::NoSpeech, "silence"))
    }
}

#[async_trait]
impl LiveTranscriber for Silent {
    fn name(&self) -> &'static str {
        self.0
    }

    fn model(&self) -> &'static str {
        "none"
    }

    async fn listen(&self, _: SampleStream, _: LiveOptions) -> Result<SegmentStream, StepError> {
        Ok(futures::stream::empty().boxed())
    }
}

/// An engine whose model is looked for in `folder` alone.
fn supplied(folder: &Path, fallback: bool) -> Supplied<Silent> {
    let library = ModelLibrary::new(ModelSettings {
        cache: Cache::new(folder.to_owned()),
        mirror: None,
        fetch: false,
        path: String::new(),
    });
    let model = PublishedModel::named("base").expect("the default");
    let fallback = fallback.then(|| Speech::new(Silent("last_resort")));
    Supplied::new(
        Silent("silent"),
        Arc::new(Supply::new(model, library)),
        fallback,
    )
}

/// The same after all sources have failed.
async fn missing(folder: &Path, fallback: bool) -> Supplied<Silent> {
    let engine = supplied(folder, fallback);
    engine.supply.obtain(&()).await.expect_err("no model");
    engine
}

async fn listened(engine: &Supplied<Silent>) -> Result<(), StepError> {
    let samples = futures::stream::empty().boxed();
    engine
        .listen(samples, LiveOptions::default())
        .await
        .map(drop)
}

#[tokio::test]
async fn an_engine_waits_for_its_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = supplied(folder.path(), true);
    let expected = Readiness::Waiting {
        reason: WaitReason::ModelDownload,
        retry_in: None,
    };
    assert_eq!(engine.readiness(), expected);
    assert!(engine.substitute().is_none(), "it may come in a moment");
    let error = listened(&engine).await.expect_err("not yet");
    assert!(error.retryable && error.retry_after.is_some(), "{error}");
}

#[tokio::test]
async fn a_missing_model_is_explained_and_tried_again_within_an_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = missing(folder.path(), false).await;
    let Readiness::Waiting { reason, retry_in } = engine.readiness() else {
        panic!("there is no model");
    };
    assert_eq!(reason, WaitReason::ModelUnavailable);
    assert!(retry_in.is_some_and(|wait| wait.as_secs() > 3_500));
    let status = engine.status();
    assert_eq!(
        (status.name.as_str(), status.model.as_deref()),
        ("silent", Some("base"))
    );
    let EngineState::Missing { reason, .. } = status.state else {
        panic!("there is no model");
    };
    assert!(reason.contains("MODEL_FETCH=off"), "{reason}");
    assert!(listened(&engine).await.is_err());
}

#[tokio::test]
async fn fallback_engine_is_used_where_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = missing(folder.path(), true).await;
    let substitute = engine.substitute().expect("allowed");
    assert_eq!(substitute.name(), "last_resort");
    assert_eq!(LiveTranscriber::name(&engine), "last_resort");
    assert_eq!(engine.status().fallback.as_deref(), Some("last_resort"));
    listened(&engine).await.expect("by the last resort");
}

#[tokio::test]
async fn a_third_recording_waits_until_a_place_is_free() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ggml-own.bin");
    fs::write(&path, "anything").expect("written");
    let supply = Arc::new(Supply::from_file(path));
    let engine = Supplied::new(Silent("silent"), supply, None);
    assert_eq!(engine.readiness(), Readiness::Ready);
    let places = engine.places.acquire_many(2).await.expect("open");
    let busy = Readiness::Waiting {
        reason: WaitReason::EngineBusy,
        retry_in: None,
    };
    assert_eq!(engine.readiness(), busy);
    drop(places);
    assert_eq!(engine.readiness(), Readiness::Ready);
}
