//! How the transcription server is reached.

use std::time::Duration;

use config::{Environment, InvalidSetting};
use reqwest::{Url, header::HeaderValue};

use crate::provider::http::bearer;

pub(super) const BASE_URL: &str = "OPENAI_TRANSCRIPTION_BASE_URL";
pub(super) const MODEL: &str = "OPENAI_TRANSCRIPTION_MODEL";
pub(super) const KEY: &str = "OPENAI_TRANSCRIPTION_API_KEY";

const EXPECTED_URL: &str = "a URL such as `http://localhost:8000/v1` or \
    `https://api.openai.com/v1` when TRANSCRIBER is `openai`";
const EXPECTED_MODEL: &str = "the name of a model of the server, such as `whisper-large-v3`, \
    when TRANSCRIBER is `openai` and the server is not OpenAI's";

/// Where `OpenAI` itself is.
const OPENAI_HOST: &str = "api.openai.com";

/// The model that `OpenAI` gives word times with.
const OPENAI_MODEL: &str = "whisper-1";

/// Time for a response besides that for the audio.
const TIMEOUT: Duration = Duration::from_mins(1);

/// How long rate limits and failures of the server are waited out in one recording.
const RETRY_BUDGET: Duration = Duration::from_mins(5);

/// How the transcription server is reached.
#[derive(Debug, Clone)]
pub struct OpenAiTranscriptionOptions {
    /// The address that audio is posted to.
    pub(super) endpoint: Url,
    pub(super) model: String,
    /// `Bearer` and the key, where the server demands one.
    pub(super) key: Option<HeaderValue>,
    /// How long a response may take at most, besides twice the length of the audio.
    pub timeout: Duration,
    /// How long all waits between attempts may take together, in one recording.
    pub retry_budget: Duration,
}

impl OpenAiTranscriptionOptions {
    /// A model at `base_url`: an address that `/v1/audio/transcriptions` follows, one
    /// that ends in `/v1`, or the whole address of the endpoint.
    pub fn new(base_url: &str, model: &str, key: Option<&str>) -> Result<Self, InvalidSetting> {
        Self::from_parts((BASE_URL, base_url), model, key.map(|key| (KEY, key)))
    }

    fn from_parts(
        (url_name, base_url): (&'static str, &str),
        model: &str,
        key: Option<(&'static str, &str)>,
    ) -> Result<Self, InvalidSetting> {
        let endpoint = endpoint(base_url);
        Ok(Self {
            endpoint: endpoint.ok_or_else(|| InvalidSetting::new(url_name, EXPECTED_URL))?,
            model: model.to_owned(),
            key: key.map(|(name, key)| bearer(name, key)).transpose()?,
            timeout: TIMEOUT,
            retry_budget: RETRY_BUDGET,
        })
    }

    /// The same by its own variables alone: beside another engine, neither the server of the
    /// language engine nor its key is used. None where address or model is missing.
    pub(crate) fn read_own(environment: &Environment) -> Result<Option<Self>, InvalidSetting> {
        let url = environment.text(BASE_URL);
        let (model, key) = (environment.text(MODEL), environment.text(KEY));
        let Some(url) = url else {
            return Ok(None);
        };
        let default = is_openai(url).then_some(OPENAI_MODEL);
        let Some(model) = model.or(default) else {
            return Ok(None);
        };
        Self::from_parts((BASE_URL, url), model, key.map(|key| (KEY, key))).map(Some)
    }

    /// `OPENAI_TRANSCRIPTION_BASE_URL`, `OPENAI_TRANSCRIPTION_MODEL` and
    /// `OPENAI_TRANSCRIPTION_API_KEY`. Address and key default to `OPENAI_BASE_URL` and
    /// `OPENAI_API_KEY`; the address has no further default, so that no recording is
    /// sent to a company by accident.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let shared_url = environment.text("OPENAI_BASE_URL");
        let own_url = environment.text(BASE_URL);
        let url = own_url
            .map(|url| (BASE_URL, url))
            .or(shared_url.map(|url| ("OPENAI_BASE_URL", url)));
        let url = url.ok_or_else(|| InvalidSetting::new(BASE_URL, EXPECTED_URL))?;
        let model = match environment.text(MODEL) {
            Some(model) => model,
            None if is_openai(url.1) => OPENAI_MODEL,
            None => return Err(InvalidSetting::new(MODEL, EXPECTED_MODEL)),
        };
        let shared_key = environment.text("OPENAI_API_KEY");
        // The key of one server is never sent to another.
        let is_shared = shared_url.is_none_or(|shared| is_same_server(shared, url.1));
        let key = environment.text(KEY).map(|key| (KEY, key)).or(shared_key
            .filter(|_| is_shared)
            .map(|key| ("OPENAI_API_KEY", key)));
        Self::from_parts(url, model, key)
    }
}

fn is_openai(base_url: &str) -> bool {
    endpoint(base_url).is_some_and(|url| url.host_str() == Some(OPENAI_HOST))
}

/// Where audio is posted to.
fn endpoint(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_plain {
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_version = last.strip_prefix('v').is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    // whisper.cpp's server listens at `/inference` by default.
    let path = if path.ends_with("/audio/transcriptions") || last == "inference" {
        path
    } else if is_version {
        format!("{path}/audio/transcriptions")
    } else {
        format!("{path}/v1/audio/transcriptions")
    };
    url.set_path(&path);
    Some(url)
}

fn is_same_server(one: &str, other: &str) -> bool {
    let origin = |url| Url::parse(url).map(|url| url.origin());
    matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(
        pairs: [(&str, &str); N],
    ) -> Result<OpenAiTranscriptionOptions, InvalidSetting> {
        OpenAiTranscriptionOptions::read(&Environment::from_pairs(pairs))
    }

    fn key(options: &OpenAiTranscriptionOptions) -> Option<&str> {
        options.key.as_ref().map(|key| key.to_str().unwrap())
    }

    #[test]
    fn endpoint_follows_from_every_kind_of_base_url() {
        for (base, expected) in [
            (
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/audio/transcriptions",
            ),
            (
                "https://api.openai.com",
                "https://api.openai.com/v1/audio/transcriptions",
            ),
            (
                "https://api.groq.com/openai/v1/",
                "https://api.groq.com/openai/v1/audio/transcriptions",
            ),
            (
                "http://localhost:8080/inference",
                "http://localhost:8080/inference",
            ),
            (
                "http://h/x/v1/audio/transcriptions",
                "http://h/x/v1/audio/transcriptions",
            ),
            ("http://h/vllm", "http://h/vllm/v1/audio/transcriptions"),
        ] {
            assert_eq!(endpoint(base).unwrap().as_str(), expected, "{base}");
        }
        for wrong in [
            "",
            "localhost:8000",
            "ftp://h",
            "http://u:p@h/",
            "http://h/?x=1",
        ] {
            assert_eq!(endpoint(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn settings_of_the_language_engine_are_the_default() {
        let options = read([
            ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            ("OPENAI_API_KEY", "hunter2"),
        ]);
        let options = options.unwrap();
        assert_eq!(options.model, "whisper-1");
        assert_eq!(key(&options), Some("Bearer hunter2"));
    }

    #[test]
    fn shared_key_is_not_sent_to_another_server() {
        let options = read([
            ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            ("OPENAI_API_KEY", "hunter2"),
            ("OPENAI_TRANSCRIPTION_BASE_URL", "http://localhost:8000"),
            ("OPENAI_TRANSCRIPTION_MODEL", "base"),
        ]);
        assert_eq!(key(&options.unwrap()), None);
        let options = read([
            ("OPENAI_API_KEY", "hunter2"),
            ("OPENAI_TRANSCRIPTION_BASE_URL", "https://api.openai.com"),
        ]);
        assert_eq!(key(&options.unwrap()), Some("Bearer hunter2"));
    }

    #[test]
    fn invalid_settings_are_named_and_not_shown() {
        let url = (BASE_URL, "http://localhost:8000");
        for (error, name) in [
            (read([]), BASE_URL),
            (read([url]), MODEL),
            (read([(BASE_URL, "hunter2"), (MODEL, "m")]), BASE_URL),
            (
                read([("OPENAI_BASE_URL", "hunter2"), (MODEL, "m")]),
                "OPENAI_BASE_URL",
            ),
            (read([url, (MODEL, "m"), (KEY, "hunter2\u{1}")]), KEY),
            (
                read([url, (MODEL, "m"), ("OPENAI_API_KEY", "hunter2\u{1}")]),
                "OPENAI_API_KEY",
            ),
        ] {
            let line = error.unwrap_err().to_string();
            assert!(line.starts_with(&format!("{name} must be ")), "{line}");
            assert!(!line.contains("hunter2") && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn key_is_not_shown() {
        let options = OpenAiTranscriptionOptions::new("http://h", "m", Some("hunter2")).unwrap();
        assert!(!format!("{options:?} {:?}", options.key).contains("hunter2"));
    }
}
