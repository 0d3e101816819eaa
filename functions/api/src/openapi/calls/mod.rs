//! Every call, in groups.

mod analyze;
mod interviews;
mod notes;
mod results;
mod service;
mod webhooks;

use http::Method;
use serde_json::{Value, json};

use super::operation::Operation;
use crate::routes::Route;

/// The groups, in the order in which they are shown.
pub(super) fn tags() -> Value {
    json!([
        {"name": interviews::TAG, "description": "An interview is created, its recording uploaded, and its steps followed."},
        {"name": results::TAG, "description": "What came of an interview."},
        {"name": notes::TAG, "description": "What people write down about an interview."},
        {"name": webhooks::TAG, "description": "What was sent to an interview's `webhook_url`, and sending it again."},
        {"name": analyze::TAG, "description": "Without creating an interview first, or without one at all."},
        {"name": service::TAG, "description": "The service itself."},
    ])
}

pub(super) use webhooks::webhook;

/// What a route does by that method.
pub(super) fn describe(route: Route, method: &Method) -> Operation {
    let is = |other: Method| *method == other;
    match route {
        Route::Interviews if is(Method::POST) => interviews::create(),
        Route::Interviews => interviews::list(),
        Route::Interview if is(Method::PATCH) => interviews::change(),
        Route::Interview if is(Method::DELETE) => interviews::delete(),
        Route::Interview => interviews::show(),
        Route::UploadUrl => interviews::upload_url(),
        Route::Events => interviews::events(),
        Route::Retry => interviews::retry(),
        Route::Transcript(format) => results::transcript(format),
        Route::Analysis => results::analysis(),
        Route::Waveform => results::waveform(),
        Route::WaveformData => results::waveform_data(),
        Route::Report => results::report(),
        Route::Audio if is(Method::HEAD) => results::audio_head(),
        Route::Audio => results::audio(),
        Route::Notes if is(Method::POST) => notes::add(),
        Route::Notes => notes::list(),
        Route::Note if is(Method::DELETE) => notes::delete(),
        Route::Note => notes::change(),
        Route::Deliveries => webhooks::deliveries(),
        Route::Replay => webhooks::replay(),
        Route::Callback => webhooks::callback(method),
        Route::Analyze => analyze::analyze(),
        Route::AnalyzeAsync => analyze::analyze_async(),
        Route::TranscribeStream => analyze::transcribe_stream(),
        Route::Health => service::health(),
        Route::Engines => service::engines(),
        Route::OpenApi => service::openapi(),
        Route::Console => service::console(),
        Route::ConsoleInterview => service::console_interview(),
        Route::ConsoleAsset => service::console_asset(),
        Route::Page => service::page(),
    }
}
