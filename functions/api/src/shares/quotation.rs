//! What the share of a highlight opens: its words as they are corrected, who says them and when,
//! and nothing else of the interview but its title.

use std::sync::LazyLock;

use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    Interview,
    report::content_security_policy,
    share::{Share, ShareScope, SharedPage},
    text::clock_time,
};
use http::{HeaderMap, StatusCode, header};
use runtime::http::Problem;
use sha2::{Digest as _, Sha256};

use crate::{
    Api, audio::InParts, clip::excerpt, error::ApiError, highlights::HighlightBody,
    openapi::page::escape_text,
};

const STYLE: &str = "body{font:18px/1.6 system-ui,sans-serif;color:#1f2937;max-width:40rem;\
    margin:15vh auto 0;padding:0 1.5rem}figure{margin:0}audio{width:100%;margin-bottom:1.5rem}\
    blockquote{margin:0 0 1rem;padding-inline-start:1rem;border-inline-start:4px solid #c7d2fe;\
    white-space:pre-line;overflow-wrap:anywhere}figcaption{font-size:1rem;color:#4b5563}";

static STYLE_SHA256: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

const AUDIO_TYPE: &str = "audio/wav";

impl Api {
    /// The highlight that a share shows; nothing where it, or every word of it, is deleted.
    pub(super) async fn quotation(
        &self,
        share: &Share,
        interview: &Interview,
    ) -> Result<Option<HighlightBody>, Problem> {
        let id = share.highlight_id.as_deref();
        let Some(id) = id.filter(|_| share.scope == ShareScope::Highlight) else {
            return Ok(None);
        };
        let path = crate::highlights::known(&interview.key(), id)?;
        let Some(highlight) = self.stored(&path).await? else {
            return Ok(None);
        };
        let shown = self.shown_highlight(interview, highlight).await?;
        Ok((!shown.is_gone()).then_some(shown))
    }

    /// The part of the recording that a highlight marks: the bytes that a request with these
    /// headers asks for, without any no bytes. Nothing where there is no such part.
    pub(super) async fn quoted_audio(
        &self,
        interview: &Interview,
        shown: &HighlightBody,
        headers: Option<&HeaderMap>,
    ) -> Result<Option<Response>, ApiError> {
        let Some(part) = excerpt::part(interview, shown.start_ms, shown.end_ms) else {
            return Ok(None);
        };
        let response = match headers {
            // Its size is known once it is decoded.
            None => Response::builder()
                .status(StatusCode::OK)
                .header(header::CONTENT_TYPE, AUDIO_TYPE)
                .header(header::ACCEPT_RANGES, "bytes")
                .body(Body::empty()),
            Some(headers) => {
                let audio = interview.audio.as_ref();
                let generation = audio.and_then(|audio| audio.generation).unwrap_or(0);
                let etag = format!("\"{generation}-{}-{}\"", part.start, part.end);
                let excerpt = self.excerpt(interview, part).await?;
                let parts = InParts {
                    content_type: AUDIO_TYPE,
                    size: excerpt.size,
                    etag: &etag,
                };
                let (response, bytes) = parts.respond(Some(headers))?;
                response.body(excerpt.into_body(bytes))
            }
        };
        Ok(Some(response.map_err(|_| Problem::internal())?))
    }
}

/// Whether the part of the recording that a highlight marks can be listened to.
pub(super) fn has_audio(interview: &Interview, shown: &HighlightBody) -> bool {
    excerpt::part(interview, shown.start_ms, shown.end_ms).is_some()
}

/// The page of a highlight.
pub(super) fn page(interview: &Interview, shown: &HighlightBody) -> SharedPage {
    let policy = content_security_policy(&STYLE_SHA256);
    let title = escape_text(interview.title.reveal());
    let speaker = escape_text(shown.speaker_name.reveal());
    let words = escape_text(shown.text.reveal());
    let time = clock_time(shown.start_ms);
    let language = interview.language.as_deref().filter(|tag| is_tag(tag));
    let language = language
        .map(|tag| format!(" lang=\"{tag}\""))
        .unwrap_or_default();
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta name=\"robots\" content=\"noindex\" />\n<title>{speaker} – {title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<figure>\n\
         <blockquote dir=\"auto\"{language}>{words}</blockquote>\n\
         <figcaption><strong dir=\"auto\">{speaker}</strong>, <cite dir=\"auto\">{title}</cite>, \
         {time}</figcaption>\n</figure>\n</main>\n</body>\n</html>\n"
    );
    SharedPage {
        html,
        style_sha256: STYLE_SHA256.clone(),
    }
}

/// Whether a text can be the tag of one language, and stand in an attribute.
fn is_tag(text: &str) -> bool {
    text != "multi"
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
