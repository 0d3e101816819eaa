//! A check of key, model and price, by a second of silence.

use domain::{
    engine_check::{Finding, Severity},
    ports::Transcriber,
    steps::{Code, StepError},
};
use media::{resample::SPEECH_RATE_HZ, wav_header};

use super::{Deepgram, answer, call, query::ListenQuery};

/// Bytes of the samples that are sent: one second.
const BYTES: u32 = 2 * SPEECH_RATE_HZ;

/// Sends a second of silence.
pub(super) async fn check(engine: &Deepgram) -> Vec<Finding> {
    let (client, options) = (&engine.client, &engine.options);
    let model = &options.model;
    let query = ListenQuery::check(model);
    let response = call::send_bytes(client, options, &query, "audio/wav", silence()).await;
    let read = match response {
        Ok(response) => call::read(response, options).await,
        Err(error) => Err(error),
    };
    if let Err(error) = read.and_then(|body| answer::read(&body).map(drop)) {
        return vec![failure(&error)];
    }
    let works = format!("Deepgram accepts the key and the model `{model}`");
    let price = if engine.cost_usd(60_000).is_some() {
        Finding::ok("price_known", "the price of a minute is known")
    } else {
        let message = format!(
            "the price of `{model}` is not known: USER_COST_PER_MONTH does not count its minutes"
        );
        Finding::warning("price_unknown", message)
    };
    vec![Finding::ok("engine_works", works), price]
}

fn failure(error: &StepError) -> Finding {
    let is = |code: Code| code.as_str() == error.code;
    let finding = Finding::from_step_error(error);
    if is(Code::EngineUnauthorized) || is(Code::EngineForbidden) || is(Code::EngineOutOfCredit) {
        return finding.about(&["DEEPGRAM_API_KEY"]);
    }
    if finding.severity == Severity::Warning {
        return finding;
    }
    if is(Code::EngineMisconfigured) {
        return finding.about(&["DEEPGRAM_MODEL", "DEEPGRAM_BASE_URL"]);
    }
    finding.about(&["DEEPGRAM_BASE_URL"])
}

/// A WAV file.
fn silence() -> Vec<u8> {
    let mut file = wav_header(1, SPEECH_RATE_HZ, BYTES);
    file.resize(file.len() + BYTES as usize, 0);
    file
}
