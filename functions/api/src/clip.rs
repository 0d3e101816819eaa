//! A part of the recording, cut to the frame.
//!
//! `places` counts how many are made at once, `body` sends one while it is made, `excerpt` is
//! what the share of a highlight lets listen to.

mod body;
pub(crate) mod excerpt;
mod places;

use std::{io, sync::Arc};

use axum::{body::Body, extract::State, response::Response};
use domain::{ErrorCode, Interview, ports::Recording, text::clock_time};
use http::{StatusCode, header};
use media::{Clip, CopyError, Decoder, Ffmpeg, ObjectReader};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use tokio::task::spawn_blocking;

pub(crate) use self::places::{ClipPlace, ClipPlaces, Listener};
use crate::{
    Api,
    error::{ApiError, not_ready, step_problem},
    extract::{OwnInterview, QueryParameters, parameter},
    openapi::errors,
    validation::MAX_MOMENT_MS,
};

/// The longest clip, in milliseconds: half an hour.
const MAX_CLIP_MS: u64 = 30 * 60 * 1_000;

/// How much of a title is in the name of a clip, in characters.
const MAX_TITLE: usize = 80;

/// The formats of clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClipFormat {
    Wav,
    M4a,
}

impl ClipFormat {
    const ALL: [Self; 2] = [Self::Wav, Self::M4a];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::M4a => "m4a",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::M4a => "audio/mp4",
        }
    }
}

/// Which part, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipQuery {
    /// Where the part begins, in milliseconds from the start of the recording.
    #[serde(deserialize_with = "from_ms")]
    #[schemars(range(max = MAX_MOMENT_MS), extend("example" = 2_500))]
    from_ms: u64,
    /// Where it ends: behind `from_ms`, within the recording, and at most half an hour later.
    #[serde(deserialize_with = "to_ms")]
    #[schemars(range(max = MAX_MOMENT_MS), extend("example" = 2_900))]
    to_ms: u64,
    /// `wav` with 16 bits, or `m4a`, which needs FFmpeg.
    #[serde(default = "wav", deserialize_with = "format")]
    #[schemars(
        with = "String",
        extend("enum" = [ClipFormat::Wav.as_str(), ClipFormat::M4a.as_str()], "default" = "wav")
    )]
    format: ClipFormat,
}

fn from_ms<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    moment(input, "from_ms")
}

fn to_ms<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    moment(input, "to_ms")
}

fn moment<'de, D: Deserializer<'de>>(input: D, name: &str) -> Result<u64, D::Error> {
    let parse = |text: &str| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let moment = text.parse().ok().filter(|_| is_plain);
        moment.filter(|moment| *moment <= MAX_MOMENT_MS)
    };
    let expected = format!(
        "`{name}` takes a moment of the recording in milliseconds, at most {MAX_MOMENT_MS}"
    );
    parameter(input, parse, &expected)
}

const fn wav() -> ClipFormat {
    ClipFormat::Wav
}

fn format<'de, D: Deserializer<'de>>(input: D) -> Result<ClipFormat, D::Error> {
    let parse = |text: &str| {
        let mut all = ClipFormat::ALL.into_iter();
        all.find(|format| format.as_str() == text)
    };
    parameter(input, parse, "`format` takes wav or m4a")
}

/// Download a part of the recording
///
/// Exactly that part, on the time line of the transcript: as WAV it has as many frames as fit
/// into its time, rounded. A part that begins late in a long recording takes a while, since all
/// before it is decoded. Ranges are not supported. Two parts of one user are made at once.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/clip", operation_id = "get_clip", tag = "Results",
    params(OwnInterview, QueryParameters<ClipQuery>),
    responses((
        status = 200,
        description = "The part.",
        content(("audio/wav"), ("audio/mp4")),
        headers(
            ("Content-Length" = u64, description = "Its size in bytes."),
            ("Content-Disposition" = String, description = "An attachment, named by the interview and the time."),
            ("Accept-Ranges" = String, description = "`none`.")
        )
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::NotReady, ErrorCode::FormatNotAvailable, ErrorCode::InputUnusable,
        ErrorCode::EngineUnavailable])))),
)]
pub(crate) async fn clip(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<ClipQuery>,
) -> Result<Response, ApiError> {
    let recording = api.clipped(&interview, query.from_ms, query.to_ms)?;
    let ffmpeg = match query.format {
        ClipFormat::Wav => None,
        ClipFormat::M4a => Some(Ffmpeg::configured().ok_or_else(no_ffmpeg)?),
    };
    let owner = Listener::Owner(interview.user_id.clone());
    let place = api.limits.rate_limits.begin_clip(owner)?;
    let (from_ms, to_ms) = (query.from_ms, query.to_ms);
    // The place is held until the part is made, also where the client has gone.
    let making = spawn_blocking(move || {
        let decoder = Decoder::open(Box::new(ObjectReader::open(&recording)))?;
        let clip = Clip::open(decoder, from_ms, to_ms)?;
        let made = match ffmpeg {
            None => Made::Wav(Box::new(clip)),
            Some(ffmpeg) => Made::File(ffmpeg.encode_clip(clip)?),
        };
        Ok((made, place))
    });
    let (made, place) = making
        .await
        .map_err(|_| Problem::internal())?
        .map_err(refused)?;
    let (size, body) = made.into_body(place)?;
    let name = file_name(&interview, &query);
    let response = Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, query.format.content_type())
        .header(header::CONTENT_LENGTH, size)
        .header(header::ACCEPT_RANGES, "none")
        .header(header::CONTENT_DISPOSITION, name)
        .header(header::CACHE_CONTROL, "private, no-store")
        // A recording is never a page.
        .header(header::CONTENT_SECURITY_POLICY, "sandbox");
    Ok(response.body(body).map_err(|_| Problem::internal())?)
}

/// A part that is ready to be sent.
enum Made {
    /// Its samples are decoded while they are sent.
    Wav(Box<Clip>),
    /// It is encoded.
    File(std::fs::File),
}

impl Made {
    /// Its size in bytes, and its bytes.
    fn into_body(self, place: ClipPlace) -> Result<(u64, Body), Problem> {
        match self {
            Self::Wav(clip) => {
                let size = clip.wav_bytes().ok_or_else(too_large)?;
                Ok((size, body::of_samples(*clip, place)))
            }
            Self::File(file) => {
                let size = file.metadata().map_err(|error| unwritten(&error))?.len();
                Ok((size, body::of_file(file, place)))
            }
        }
    }
}

impl Api {
    /// The recording, if it has the part.
    fn clipped(
        &self,
        interview: &Interview,
        from_ms: u64,
        to_ms: u64,
    ) -> Result<Recording, Problem> {
        let audio = interview.audio.as_ref();
        let audio = audio.ok_or_else(|| not_ready("recording"))?;
        let generation = audio.generation.ok_or_else(|| not_ready("recording"))?;
        let duration_ms = audio.duration_ms.ok_or_else(|| {
            let detail = "the recording is not decoded yet: see the steps `waveform` and \
                          `transcription`, and try again when one of them is done";
            Problem::new(ErrorCode::NotReady, detail)
        })?;
        let why = if to_ms <= from_ms {
            format!("{to_ms} is not behind `from_ms`, which is {from_ms}")
        } else if to_ms > duration_ms {
            format!("{to_ms} is behind the end of the recording, at {duration_ms}")
        } else if to_ms - from_ms > MAX_CLIP_MS {
            let length = to_ms - from_ms;
            format!(
                "the part has {length} milliseconds, and at most {MAX_CLIP_MS} are made at once; \
                 request several"
            )
        } else {
            return Ok(Recording {
                objects: Arc::clone(&self.uploads),
                object: audio.object.clone(),
                generation,
                size: audio.size_bytes,
                content_type: audio.content_type.clone(),
            });
        };
        let detail = format!("`to_ms`: {why}");
        Err(Problem::new(ErrorCode::InvalidParameter, detail))
    }
}

/// `attachment` with the title of the interview and the time.
fn file_name(interview: &Interview, query: &ClipQuery) -> String {
    let time = |ms| clock_time(ms).replace(':', "-");
    let part = format!("{} to {}", time(query.from_ms), time(query.to_ms));
    let format = query.format.as_str();
    let title: String = interview.title.reveal().chars().take(MAX_TITLE).collect();
    let named = format!("{title} {part}.{format}");
    // What no file system and no header has to understand is left to the encoded name (RFC 6266).
    let named = named.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|'], " ");
    let encoded = utf8_percent_encode(&named, NON_ALPHANUMERIC);
    format!("attachment; filename=\"clip {part}.{format}\"; filename*=UTF-8''{encoded}")
}

fn refused(error: CopyError) -> Problem {
    match error {
        CopyError::Decode(error) => step_problem(&error.to_step_error()),
        CopyError::Encode(error) => unwritten(&error),
    }
}

fn too_large() -> Problem {
    let detail = "`to_ms`: the part is larger than a WAV file can be; request a shorter one";
    Problem::new(ErrorCode::InvalidParameter, detail)
}

fn unwritten(error: &io::Error) -> Problem {
    tracing::warn!(event = "clip.not_encoded", %error, "FFmpeg could not encode a part");
    let detail = "`format`: FFmpeg could not write this part as m4a; request it as wav";
    Problem::new(ErrorCode::FormatNotAvailable, detail)
}

fn no_ffmpeg() -> Problem {
    let detail = "`format`: m4a is written by FFmpeg, which this service does not have; request \
                  wav, or install FFmpeg or name it by the setting `FFMPEG`";
    Problem::new(ErrorCode::FormatNotAvailable, detail)
}
