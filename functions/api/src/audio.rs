//! The recording, to be listened to.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Interview, InterviewId, InterviewKey, Timestamp, UserId, interview::Audio, work};
use http::{HeaderValue, Method, Response, StatusCode, header};
use runtime::{
    http::{Body, Problem, empty, stream},
    range::{self, Wanted},
};
use subtle::ConstantTimeEq;

use crate::{
    Api,
    error::{IntoProblem, no_interview, not_ready},
    request::Asked,
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

    pub(crate) async fn audio(&self, asked: &Asked) -> Result<Response<Body>, Problem> {
        asked.only_query(&["token"])?;
        let key = self.may_listen(asked)?;
        let interview = work::interview(&*self.records, &key).await;
        let interview = interview
            .map_err(IntoProblem::into_problem)?
            .ok_or_else(no_interview)?;
        let audio = interview.audio.ok_or_else(|| not_ready("recording"))?;
        let generation = audio.generation.ok_or_else(|| not_ready("recording"))?;
        let etag = format!("\"{generation}\"");
        let wanted = range::wanted(asked.headers(), audio.size_bytes, &etag);
        let mut response = self.bytes(asked, &audio, generation, wanted).await?;
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

    async fn bytes(
        &self,
        asked: &Asked,
        audio: &Audio,
        generation: i64,
        wanted: Wanted,
    ) -> Result<Response<Body>, Problem> {
        let size = audio.size_bytes;
        let (status, part) = match wanted {
            Wanted::All => (StatusCode::OK, 0..size),
            Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Wanted::Nothing => return Ok(nothing_there(size)),
        };
        let mut response = empty(status);
        if asked.method() == Method::GET {
            let read = self
                .uploads
                .read(&audio.object, Some(generation), Some(part.clone()))
                .await;
            *response.body_mut() = stream(read.map_err(IntoProblem::into_problem)?.1);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_LENGTH,
            HeaderValue::from(part.end - part.start),
        );
        if let Ok(value) = HeaderValue::from_str(&audio.content_type) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            headers.insert(
                header::CONTENT_RANGE,
                range.parse().map_err(|_| Problem::internal())?,
            );
        }
        Ok(response)
    }

    /// Whoever has a good link, or is the interview's owner.
    fn may_listen(&self, asked: &Asked) -> Result<InterviewKey, Problem> {
        let interview_id = asked.parameter().split('.').next().unwrap_or("");
        let interview_id = InterviewId::parse(interview_id).map_err(|_| no_interview())?;
        let Some(token) = asked.query_value("token") else {
            return Ok(InterviewKey {
                user_id: asked.user()?.clone(),
                interview_id,
            });
        };
        let user_id = self.listener(&token, &interview_id).ok_or_else(|| {
            let detail = "the link has expired or is not one that was given out";
            Problem::new(StatusCode::FORBIDDEN, "invalid_token", detail)
        })?;
        Ok(InterviewKey {
            user_id,
            interview_id,
        })
    }

    /// Whose interview a link lets listen to.
    fn listener(&self, token: &str, wanted: &InterviewId) -> Option<UserId> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (text, signature) = text.rsplit_once('.')?;
        let expected = self.signer.sign(PURPOSE, text);
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return None;
        }
        let mut parts = text.split('.');
        let (user, interview, expires) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Timestamp::from_millis(expires.parse::<i64>().ok()?.checked_mul(1_000)?);
        let good = interview == wanted.as_str() && until > self.clock.now();
        good.then(|| UserId::parse(user).ok()).flatten()
    }
}

fn nothing_there(size: u64) -> Response<Body> {
    let detail = "the range begins behind the end of the recording";
    let problem = Problem::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "range_not_satisfiable",
        detail,
    );
    let mut response = problem.into_response("");
    if let Ok(value) = format!("bytes */{size}").parse() {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}
