//! The recording, to be listened to.

use std::{ops::Range, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ErrorCode,
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    interview::{Audio, sound_type},
    interview_store,
    ports::ObjectStore,
};
use http::{HeaderValue, Method, Response, StatusCode, header};
use runtime::{
    http::{Body, Problem, empty, full, stream},
    range::{self, RangeRequest},
};
use subtle::ConstantTimeEq;

use crate::{
    Api,
    error::{no_interview, not_ready},
    request::ApiRequest,
};

/// How long a link to a recording is good for.
const LINK_TIME: Duration = Duration::from_hours(1);

/// What the signatures of links are for.
const PURPOSE: &str = "listen";

impl Api {
    /// A link that needs no header, for an `<audio>` element.
    pub(crate) fn audio_url(&self, interview: &Interview) -> String {
        let expires = (self.clock.now() + LINK_TIME).as_secs();
        let text = format!("{}.{}.{expires}", interview.user_id, interview.id);
        let signature = self.signer.sign(PURPOSE, &text);
        let token = URL_SAFE_NO_PAD.encode(format!("{text}.{signature}"));
        format!("/v1/audio/{}?token={token}", interview.id)
    }

    pub(crate) async fn audio(
        &self,
        request: &ApiRequest,
    ) -> Result<Response<Body>, Problem> {
        request.only_query(&["token"])?;
        let key = self.may_listen(request)?;
        let interview = interview_store::interview(&*self.records, &key).await;
        let interview = interview?.ok_or_else(no_interview)?;
        let audio = interview.audio.ok_or_else(|| not_ready("recording"))?;
        let generation = audio.generation.ok_or_else(|| not_ready("recording"))?;
        let etag = format!("\"{generation}\"");
        // A range means nothing to any other method.
        let requested = if request.method() == Method::GET {
            range::requested(request.headers(), audio.size_bytes, &etag)
        } else {
            RangeRequest::Full
        };
        let recording = Recording {
            uploads: &self.uploads,
            audio: &audio,
            generation,
        };
        let mut response = match requested {
            RangeRequest::Unsatisfiable => return Err(not_satisfiable(audio.size_bytes)),
            RangeRequest::Full => recording.whole(request.method()).await?,
            RangeRequest::Partial(part) => recording.part(part).await?,
        };
        let headers = response.headers_mut();
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=3600"),
        );
        // A recording is never a page, whatever its uploader called it.
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        );
        if let Ok(value) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, value);
        }
        Ok(response)
    }

    /// Admits a client with a valid link, or the interview's owner.
    fn may_listen(&self, request: &ApiRequest) -> Result<InterviewKey, Problem> {
        let interview_id = request.parameter().split('.').next().unwrap_or("");
        let interview_id = InterviewId::parse(interview_id).map_err(|_| no_interview())?;
        let Some(token) = request.query_value("token") else {
            return Ok(InterviewKey {
                user_id: request.user()?.clone(),
                interview_id,
            });
        };
        let user_id = self.listener(&token, &interview_id).ok_or_else(|| {
            let detail = "the link has expired or is not one that was given out";
            Problem::new(ErrorCode::InvalidToken, detail)
        })?;
        Ok(InterviewKey {
            user_id,
            interview_id,
        })
    }

    /// Whose interview a link lets listen to.
    fn listener(&self, token: &str, requested: &InterviewId) -> Option<UserId> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (text, signature) = text.rsplit_once('.')?;
        let expected = self.signer.sign(PURPOSE, text);
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return None;
        }
        let mut parts = text.split('.');
        let (user, interview, expires) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Timestamp::from_millis(expires.parse::<i64>().ok()?.checked_mul(1_000)?);
        let good = interview == requested.as_str() && until > self.clock.now();
        good.then(|| UserId::parse(user).ok()).flatten()
    }
}

/// A recording that is there.
struct Recording<'a> {
    uploads: &'a Arc<dyn ObjectStore>,
    audio: &'a Audio,
    generation: i64,
}

impl Recording<'_> {
    async fn whole(&self, method: &Method) -> Result<Response<Body>, Problem> {
        let size = self.audio.size_bytes;
        let body = if method == Method::GET {
            self.read(0..size).await?
        } else {
            full("")
        };
        Ok(of(
            StatusCode::OK,
            sound_type(&self.audio.content_type),
            size,
            body,
        ))
    }

    async fn part(&self, part: Range<u64>) -> Result<Response<Body>, Problem> {
        let body = self.read(part.clone()).await?;
        let length = part.end - part.start;
        let mut response = of(
            StatusCode::PARTIAL_CONTENT,
            sound_type(&self.audio.content_type),
            length,
            body,
        );
        let (first, last) = (part.start, part.end.saturating_sub(1));
        let range = format!("bytes {first}-{last}/{}", self.audio.size_bytes);
        if let Ok(value) = range.parse() {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        Ok(response)
    }

    async fn read(&self, part: Range<u64>) -> Result<Body, Problem> {
        let read = self
            .uploads
            .read(&self.audio.object, Some(self.generation), Some(part))
            .await;
        Ok(stream(read?.1))
    }
}

fn of(status: StatusCode, content_type: &str, length: u64, body: Body) -> Response<Body> {
    let mut response = empty(status);
    *response.body_mut() = body;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    response
}

fn not_satisfiable(size: u64) -> Problem {
    let detail = "no range that can be understood begins before the end of the recording";
    Problem::new(ErrorCode::RangeNotSatisfiable, detail)
        .with_header(header::ACCEPT_RANGES, "bytes")
        .with_header(header::CONTENT_RANGE, &format!("bytes */{size}"))
}
