//! How the provider is reached.

use std::time::Duration;

use config::{Environment, InvalidSetting};
use reqwest::{Url, header::HeaderValue};

use crate::provider::http::secret;

/// The public address of the provider.
const BASE_URL: &str = "https://api.deepgram.com";

/// How long a response may take, sending the recording not included: the provider gives
/// up after ten minutes.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(12);

/// The largest answer that is read, in bytes: eight hours of talk have 25 MB.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// An hour of MP3, and ten minutes of a WAV file.
const CALL_BACK_FROM: u64 = 50 * 1024 * 1024;

/// How the provider is reached.
#[derive(Debug, Clone)]
pub struct DeepgramOptions {
    /// Where its API begins.
    pub base_url: Url,
    /// The API key.
    pub key: ApiKey,
    /// Which model is to listen.
    pub model: String,
    /// How it is given recordings; by itself, as a URL where others can reach it.
    pub send: Option<SendAs>,
    /// From this size on, in bytes, a recording is submitted with a callback.
    pub call_back_from: u64,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long an answer may take besides sending the recording.
    pub timeout: Duration,
    /// How long the provider may take, live, to accept the connection and every
    /// frame, and between any two of its last messages.
    pub live_timeout: Duration,
    /// The longest time without live samples before a keep-alive message; the provider
    /// closes the connection after ten seconds.
    pub keep_alive: Duration,
    /// The largest answer that is read, in bytes.
    pub max_answer: usize,
}

/// How the provider is given a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAs {
    /// As a signed URL, from which it fetches it.
    Url,
    /// As bytes, read from the bucket and sent along.
    Bytes,
}

/// The key to the provider, which is never shown.
#[derive(Debug, Clone)]
pub struct ApiKey(HeaderValue);

/// The ports that the provider calls back on.
const CALLBACK_PORTS: [u16; 4] = [80, 443, 8_080, 8_443];

impl DeepgramOptions {
    /// Whether the provider can call back at a URL that begins so. A stand-in for it is
    /// assumed to reach any URL.
    pub(crate) fn reaches(&self, public_url: &str) -> bool {
        let Ok(url) = Url::parse(public_url) else {
            return false;
        };
        let itself = self.base_url.as_str().starts_with(BASE_URL);
        let port = url.port_or_known_default();
        !itself || port.is_some_and(|port| CALLBACK_PORTS.contains(&port))
    }
}

impl ApiKey {
    /// A key, unless it has characters that no key has.
    pub fn new(key: &str) -> Option<Self> {
        let visible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        secret(&format!("Token {key}"))
            .filter(|_| visible)
            .map(Self)
    }

    /// The value of `Authorization`.
    pub(crate) const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl DeepgramOptions {
    /// The usual options for a key.
    pub fn new(base_url: Url, key: ApiKey) -> Self {
        Self {
            base_url,
            key,
            model: "nova-3".to_owned(),
            send: None,
            call_back_from: CALL_BACK_FROM,
            connect_timeout: Duration::from_secs(10),
            timeout: RESPONSE_TIMEOUT,
            live_timeout: Duration::from_mins(1),
            keep_alive: Duration::from_secs(4),
            max_answer: MAX_ANSWER,
        }
    }

    /// `DEEPGRAM_API_KEY`, `DEEPGRAM_BASE_URL`, `DEEPGRAM_MODEL`, `DEEPGRAM_SEND`,
    /// `DEEPGRAM_CALLBACK_BYTES`.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let expected = "the API key of a Deepgram project, for TRANSCRIBER=deepgram";
        let key = environment.required("DEEPGRAM_API_KEY", expected)?;
        let key = ApiKey::new(key);
        let key = key.ok_or_else(|| InvalidSetting::new("DEEPGRAM_API_KEY", expected))?;
        let mut options = Self::new(base_url(environment)?, key);
        if let Some(model) = environment.text("DEEPGRAM_MODEL") {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if !model.bytes().all(known) {
                let expected = "a model's name, such as nova-3";
                return Err(InvalidSetting::new("DEEPGRAM_MODEL", expected));
            }
            model.clone_into(&mut options.model);
        }
        options.send = match environment.word("DEEPGRAM_SEND", &["auto", "url", "bytes"])? {
            "url" => Some(SendAs::Url),
            "bytes" => Some(SendAs::Bytes),
            _ => None,
        };
        options.call_back_from = environment.parsed(
            "DEEPGRAM_CALLBACK_BYTES",
            options.call_back_from,
            "a number of bytes",
        )?;
        Ok(options)
    }

    /// Where recordings are sent, and live speech is.
    pub(crate) fn listen_url(&self) -> Url {
        let mut url = self.base_url.clone();
        let path = format!("{}/v1/listen", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

fn base_url(environment: &Environment) -> Result<Url, InvalidSetting> {
    let text = environment.text("DEEPGRAM_BASE_URL").unwrap_or(BASE_URL);
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
    };
    let url = Url::parse(text).ok().filter(plain);
    let expected = "an address that begins with http:// or https://";
    url.ok_or_else(|| InvalidSetting::new("DEEPGRAM_BASE_URL", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(pairs: [(&str, &str); N]) -> Result<DeepgramOptions, InvalidSetting> {
        DeepgramOptions::read(&Environment::from_pairs(pairs))
    }

    #[test]
    fn a_key_is_enough() {
        let options = read([("DEEPGRAM_API_KEY", "hunter2")]).unwrap();
        assert_eq!(
            options.listen_url().as_str(),
            "https://api.deepgram.com/v1/listen"
        );
        assert_eq!((options.model.as_str(), options.send), ("nova-3", None));
    }

    #[test]
    fn everything_can_be_set() {
        let options = read([
            ("DEEPGRAM_API_KEY", "hunter2"),
            ("DEEPGRAM_BASE_URL", "http://localhost:9/deepgram/"),
            ("DEEPGRAM_MODEL", "nova-2-meeting"),
            ("DEEPGRAM_SEND", "bytes"),
            ("DEEPGRAM_CALLBACK_BYTES", "7"),
        ])
        .unwrap();
        assert_eq!(
            options.listen_url().as_str(),
            "http://localhost:9/deepgram/v1/listen"
        );
        assert_eq!(options.model, "nova-2-meeting");
        assert_eq!(
            (options.send, options.call_back_from),
            (Some(SendAs::Bytes), 7)
        );
    }

    #[test]
    fn every_wrong_setting_is_one_line_that_names_it_and_not_its_value() {
        let key = ("DEEPGRAM_API_KEY", "hunter2");
        let wrong = [
            read([("DEEPGRAM_MODEL", "nova-3")]),
            read([("DEEPGRAM_API_KEY", "hunter2 \u{e9}")]),
            read([key, ("DEEPGRAM_BASE_URL", "hunter2")]),
            read([key, ("DEEPGRAM_BASE_URL", "ftp://hunter2")]),
            read([key, ("DEEPGRAM_BASE_URL", "https://hunter2@example.com")]),
            read([key, ("DEEPGRAM_MODEL", "hunter2&callback=x")]),
            read([key, ("DEEPGRAM_SEND", "hunter2")]),
            read([key, ("DEEPGRAM_CALLBACK_BYTES", "hunter2")]),
        ];
        for error in wrong.map(Result::unwrap_err) {
            let line = error.to_string();
            assert!(
                line.starts_with("DEEPGRAM_") && !line.contains('\n'),
                "{line}"
            );
            assert!(!line.contains("hunter2"), "{line}");
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        let options = read([("DEEPGRAM_API_KEY", "hunter2")]).unwrap();
        assert!(!format!("{options:?} {:?}", options.key.header()).contains("hunter2"));
    }
}
