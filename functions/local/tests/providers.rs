//! The whole pipeline on what Deepgram and Gemini answer.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

#[path = "support/providers.rs"]
mod providers;
mod support;

use std::sync::Arc;

use local::Engines;
use providers::{Providers, assert_made_by_providers};
use runtime::settings::Environment;
use support::{TestHost, wav};

async fn start(more: &[(&str, &str)], public: bool) -> (TestHost, Arc<Providers>) {
    let providers = Arc::new(Providers::default());
    let settings = providers.listen().await;
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let environment: Environment = settings.chain(more.iter().copied()).collect();
    let engines = Engines::find(&environment).unwrap();
    (TestHost::start_engines(engines, public).await, providers)
}

#[tokio::test]
async fn a_recording_is_heard_and_analysed_by_providers() {
    let (test, providers) = start(&[], false).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_made_by_providers(&test.interview(&id).await);
    assert_eq!(
        (providers.count("/v1/listen"), providers.count("/v1beta/")),
        (1, 1)
    );
    assert_eq!(test.receiver.types().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_called_back_makes_the_same_interview() {
    let (test, providers) = start(&[("DEEPGRAM_CALLBACK_BYTES", "1")], true).await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    assert_made_by_providers(&test.interview(&id).await);
    assert_eq!(
        (providers.count("/v1/listen"), providers.count("/v1beta/")),
        (1, 1)
    );
}
