//! A provider that answers what it is told, and a bucket with one recording.

use std::{
    collections::VecDeque,
    io::Cursor,
    ops::Range,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Progress, Recording,
        SignedUpload, Transcriber, TranscriptionRequest, UploadGrant,
    },
    steps::StepError,
    transcript::Recognition,
};
use engines::{
    Deepgram,
    deepgram::{ApiKey, DeepgramOptions},
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use runtime::{
    http::{Body, Service, full},
    serve::serve,
};
use tokio::net::TcpListener;

pub(crate) const KEY: &str = "hunter2hunter2";

/// What the provider is to answer.
#[derive(Clone)]
pub(crate) struct Canned {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    /// Whether the answer never comes.
    pub(crate) silent: bool,
}

impl Canned {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: Vec::new(),
            body: body.into(),
            silent: false,
        }
    }
}

/// What the provider was asked.
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl RecordedRequest {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(HeaderValue::to_str);
        value.transpose().expect("text").unwrap_or_default()
    }
}

/// A provider that answers what it is told, in that order.
#[derive(Default)]
pub(crate) struct Provider {
    answers: Mutex<VecDeque<Canned>>,
    pub(crate) seen: Mutex<Vec<RecordedRequest>>,
}

impl Provider {
    /// Starts to listen; answers the address.
    pub(crate) async fn listen(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service: Arc<dyn Service> = Arc::clone(self) as _;
        tokio::spawn(serve(service, listener, std::future::pending()));
        format!("http://{address}")
    }
}

#[async_trait]
impl Service for Provider {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec());
        let query = parts.uri.query().unwrap_or_default();
        let url = reqwest::Url::parse(&format!("http://provider/?{query}")).expect("a query");
        let seen = RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers: parts.headers,
            body: body.unwrap_or_default(),
        };
        self.seen.lock().expect("not poisoned").push(seen);
        let canned = self.answers.lock().expect("not poisoned").pop_front();
        let canned = canned.unwrap_or_else(|| Canned::new(500, "asked too often"));
        if canned.silent {
            std::future::pending::<()>().await;
        }
        let mut response = Response::new(full(canned.body));
        *response.status_mut() = canned.status;
        for (name, value) in canned.headers {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// A provider and a client for it.
pub(crate) struct Fixture {
    pub(crate) provider: Arc<Provider>,
    pub(crate) options: DeepgramOptions,
}

impl Fixture {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let provider = Arc::new(Provider {
            answers: Mutex::new(answers.into_iter().collect()),
            seen: Mutex::default(),
        });
        let options = options(&provider.listen().await);
        Self { provider, options }
    }

    pub(crate) fn engine(&self) -> Deepgram {
        Deepgram::new(self.options.clone()).expect("a client")
    }

    pub(crate) async fn transcribe(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<Recognition, StepError> {
        self.engine().transcribe(request, &Silent).await
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.provider.seen.lock().expect("not poisoned").len()
    }

    /// The only request.
    pub(crate) fn only_request(&self) -> RecordedRequest {
        let mut seen = self.provider.seen.lock().expect("not poisoned");
        assert_eq!(seen.len(), 1, "asked once");
        seen.remove(0)
    }
}

pub(crate) fn options(url: &str) -> DeepgramOptions {
    let url = reqwest::Url::parse(url).expect("a URL");
    DeepgramOptions::new(url, ApiKey::new(KEY).expect("a key"))
}

pub(crate) struct Silent;

impl Progress for Silent {
    fn report(&self, _: u8) {}
}

/// A bucket with one recording.
pub(crate) struct InMemoryBucket {
    pub(crate) audio: Bytes,
    /// Begins the URLs that are signed.
    pub(crate) origin: &'static str,
    /// Whether reading all of it breaks off, as it does once it is sent.
    pub(crate) breaks: bool,
}

impl InMemoryBucket {
    fn meta(&self) -> ObjectMeta {
        ObjectMeta {
            name: "uploads/one".into(),
            generation: 7,
            size: self.audio.len() as u64,
            content_type: "audio/wav".into(),
        }
    }
}

fn refuse<T>() -> Result<T, ObjectError> {
    Err(ObjectError::Unavailable("not here".into()))
}

#[async_trait]
impl ObjectStore for InMemoryBucket {
    async fn write(
        &self,
        _: &str,
        _: &str,
        _: ByteStream,
        _: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        refuse()
    }

    async fn stat(&self, _: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        Ok(Some(self.meta()))
    }

    async fn read(
        &self,
        _: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        assert_eq!(generation, Some(7), "the recording that was asked for");
        let whole = range.is_none();
        let range = range.unwrap_or(0..self.audio.len() as u64);
        let index = |at: u64| usize::try_from(at).expect("small");
        let bytes = self.audio.slice(index(range.start)..index(range.end));
        let mut chunks: Vec<_> = bytes.chunks(1_000).map(|c| Ok(c.to_vec().into())).collect();
        if whole && self.breaks {
            chunks.truncate(2);
            chunks.push(Err(std::io::Error::other("the disk is gone")));
        }
        Ok((self.meta(), stream::iter(chunks).boxed()))
    }

    async fn delete(&self, _: &str) -> Result<(), ObjectError> {
        refuse()
    }

    async fn delete_generation(&self, _: &str, _: i64) -> Result<(), ObjectError> {
        refuse()
    }

    async fn list(&self, _: &str) -> Result<Vec<String>, ObjectError> {
        refuse()
    }

    async fn sign_upload(&self, _: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        refuse()
    }

    async fn sign_read(&self, name: &str, _: Timestamp) -> Result<String, ObjectError> {
        Ok(format!("{}/{name}?signature=s&x=1", self.origin))
    }
}

/// A request for a second of one channel.
pub(crate) fn request() -> TranscriptionRequest {
    request_of(InMemoryBucket {
        audio: wav(&[&tone(8_000)]),
        origin: "http://127.0.0.1:1",
        breaks: false,
    })
}

pub(crate) fn request_of(shelf: InMemoryBucket) -> TranscriptionRequest {
    let meta = shelf.meta();
    TranscriptionRequest {
        recording: Recording {
            objects: Arc::new(shelf),
            object: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        },
        language: None,
        max_duration_ms: 3_600_000,
        key_terms: Vec::new(),
        speakers_expected: None,
        label: None,
        checkpoint: None,
    }
}

pub(crate) fn tone(frames: i16) -> Vec<i16> {
    (0..frames).map(|frame| frame % 100 * 80).collect()
}

/// A WAV file of channels at 8 kHz.
pub(crate) fn wav(channels: &[&[i16]]) -> Bytes {
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).expect("few"),
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a valid format");
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer.write_sample(channel[frame]).expect("to memory");
        }
    }
    writer.finalize().expect("to memory");
    bytes.into_inner().into()
}

pub(crate) fn data_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/deepgram")
}

pub(crate) fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(data_folder().join(name)).expect("a recorded file")
}
