//! What the link of a share opens: pages and a recording for people without an account.
//!
//! Every request looks the share and its interview up again, so that a revocation, the end of
//! the share and a deletion count at once. Whatever is wrong with a link, the response is the
//! same page.

use std::{error::Error, sync::Arc};

use axum::{extract::State, response::Response};
use domain::{
    ErrorCode, Interview,
    analysis::{Analysis, DerivedFrom},
    interview_store,
    report::StoredReport,
    share::{Share, ShareScope, SharedContent, SharedPage},
    waveform::StoredWaveform,
};
use futures::TryStreamExt as _;
use http::{HeaderMap, StatusCode};
use runtime::http::Problem;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{
    dress::{Extras, NO_STYLE, dead_link, dressed, keep_out_of_caches, unfinished},
    quotation,
};
use crate::{
    Api,
    error::ApiError,
    extract::PathValues,
    openapi::{
        errors,
        parameters::{RangeHeaders, ShareToken},
    },
    report::word_document,
    stored_transcript::WHOLE,
};

/// Open a share
///
/// A page that loads nothing from elsewhere and runs no script. Links that are unknown,
/// damaged, expired or revoked, and those of deleted interviews, all get the same page.
#[utoipa::path(
    get, path = "/s/{link}", operation_id = "open_share", tag = "Shares", security(()),
    params(ShareToken),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "A page that says that the link does not work.", body = String, content_type = "text/html"),
    ),
    extensions(("x-errors" = json!(errors(&errors::STORE)))),
)]
pub(crate) async fn page(
    State(api): State<Arc<Api>>,
    values: PathValues,
) -> Result<Response, ApiError> {
    let Some((share, interview)) = api.open_share(&values).await? else {
        return Ok(dead_link());
    };
    let token = values.get("link");
    let (found, has_audio) = match share.scope {
        ShareScope::Report => (api.shared_report(&interview).await?, interview.has_audio()),
        ShareScope::Interview => (
            api.shared_interview(&interview).await?,
            interview.has_audio(),
        ),
        ShareScope::Highlight => match api.quotation(&share, &interview).await? {
            None => return Ok(dead_link()),
            Some(shown) => (
                Some(quotation::page(&interview, &shown)),
                quotation::has_audio(&interview, &shown),
            ),
        },
        ShareScope::Unknown(_) => return Ok(dead_link()),
    };
    let Some(content) = found else {
        return Ok(unfinished());
    };
    if !api.count_view(&share, &interview).await {
        return Ok(dead_link());
    }
    let has_audio = share.with_audio && has_audio;
    let extras = Extras {
        audio: has_audio.then(|| format!("{token}/audio")),
        docx: (share.scope == ShareScope::Report).then(|| format!("{token}/report.docx")),
    };
    Ok(extras.put_into(&content))
}

/// See whether a share opens
///
/// It is not counted as a view.
#[utoipa::path(
    head, path = "/s/{link}", operation_id = "look_at_share", tag = "Shares", security(()),
    params(ShareToken),
    responses(
        (status = 200, description = "The share opens."),
        (status = 404, description = "The link does not work."),
    ),
    extensions(("x-errors" = json!(errors(&errors::STORE)))),
)]
pub(crate) async fn page_head(
    State(api): State<Arc<Api>>,
    values: PathValues,
) -> Result<Response, ApiError> {
    let opens = match api.open_share(&values).await? {
        None => false,
        Some((share, interview)) if share.scope == ShareScope::Highlight => {
            api.quotation(&share, &interview).await?.is_some()
        }
        Some(_) => true,
    };
    let status = if opens {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    Ok(dressed(status, String::new(), NO_STYLE))
}

/// Download the report of a share
///
/// Where the share shows the report.
#[utoipa::path(
    get, path = "/s/{link}/report.docx", operation_id = "get_shared_report", tag = "Shares",
    security(()), params(ShareToken),
    responses(
        (status = 200, description = "A Word document.", content(("application/vnd.openxmlformats-officedocument.wordprocessingml.document"))),
        (status = 404, description = "A page that says that the link does not work.", body = String, content_type = "text/html"),
    ),
    extensions(("x-errors" = json!(errors(&errors::STORE)))),
)]
pub(crate) async fn docx(
    State(api): State<Arc<Api>>,
    values: PathValues,
) -> Result<Response, ApiError> {
    let opened = api.open_share(&values).await?;
    let Some((_, interview)) = opened.filter(|(share, _)| share.scope == ShareScope::Report) else {
        return Ok(dead_link());
    };
    let object = |report: &StoredReport| Some(report.object.clone());
    let Some((_, meta, bytes)) = found(api.report_object(&interview, object).await)? else {
        return Ok(unfinished());
    };
    let mut response = word_document(&meta, bytes);
    keep_out_of_caches(&mut response);
    Ok(response)
}

/// Listen to the recording of a share
///
/// Where the share has been made with it: of a highlight its own part as WAV, cut to the frame.
/// Several ranges at a time get the whole.
#[utoipa::path(
    get, path = "/s/{link}/audio", operation_id = "listen_to_share", tag = "Shares",
    security(()), params(ShareToken, RangeHeaders),
    responses(
        (status = 200, description = "The recording, or the copy of it that every browser plays.", content(("*/*"))),
        (status = 206, description = "The requested part.", content(("*/*"))),
        (status = 404, description = "A page that says that the link does not work.", body = String, content_type = "text/html"),
    ),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::Internal, ErrorCode::StorageFull, ErrorCode::Unavailable,
        ErrorCode::RangeNotSatisfiable, ErrorCode::InputUnusable, ErrorCode::EngineUnavailable])))),
)]
pub(crate) async fn audio(
    State(api): State<Arc<Api>>,
    values: PathValues,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    api.shared_audio(&values, Some(&headers)).await
}

/// Read the size and type of the recording of a share
#[utoipa::path(
    head, path = "/s/{link}/audio", operation_id = "look_at_shared_recording", tag = "Shares",
    security(()), params(ShareToken),
    responses(
        (status = 200, description = "The recording's headers."),
        (status = 404, description = "The link does not work."),
    ),
    extensions(("x-errors" = json!(errors(&errors::STORE)))),
)]
pub(crate) async fn audio_head(
    State(api): State<Arc<Api>>,
    values: PathValues,
) -> Result<Response, ApiError> {
    api.shared_audio(&values, None).await
}

impl Api {
    /// The share of a link and its interview, if both are there and the share has not ended.
    async fn open_share(&self, values: &PathValues) -> Result<Option<(Share, Interview)>, Problem> {
        let Some(link) = self.share_link(values.get("link")) else {
            return Ok(None);
        };
        let Some(path) = link.share() else {
            return Ok(None);
        };
        let Some(share) = self.stored::<Share>(&path).await? else {
            return Ok(None);
        };
        // The link of a revoked share does not open one that was made by the same key later.
        if share.expires_at != link.expires_at || share.expires_at <= self.clock.now() {
            return Ok(None);
        }
        let interview = interview_store::interview(&*self.records, &link.key).await?;
        Ok(interview.map(|interview| (share, interview)))
    }

    /// Counts a view; `false` where the share has been revoked meanwhile. A view that cannot be
    /// counted is shown.
    async fn count_view(&self, share: &Share, interview: &Interview) -> bool {
        let Some(path) = interview.key().share(&share.id) else {
            return false;
        };
        let now = self.clock.now();
        let count = |fields: &mut serde_json::Map<String, serde_json::Value>| {
            let views = fields.get("views").and_then(serde_json::Value::as_u64);
            fields.insert("views".to_owned(), json!(views.unwrap_or(0) + 1));
            fields.insert("last_viewed_at".to_owned(), json!(now));
            Some(())
        };
        match interview_store::amend(&*self.records, &path, count).await {
            Ok(counted) => counted.is_some(),
            Err(error) => {
                tracing::warn!(
                    event = "share.view_not_counted",
                    error = &error as &dyn Error,
                    "a view of a share is not counted"
                );
                true
            }
        }
    }

    /// The report as it is stored, if there is one.
    async fn shared_report(&self, interview: &Interview) -> Result<Option<SharedPage>, Problem> {
        let object = |report: &StoredReport| Some(report.html.as_ref()?.object.clone());
        let Some((report, _, bytes)) = found(self.report_object(interview, object).await)? else {
            return Ok(None);
        };
        let bytes: Vec<bytes::Bytes> = bytes
            .try_collect()
            .await
            .map_err(|error| Problem::unavailable(&error))?;
        let html = String::from_utf8(bytes.concat()).map_err(|_| Problem::internal())?;
        let style = report.html.map(|html| html.known.style_sha256);
        Ok(Some(SharedPage {
            html,
            style_sha256: style.unwrap_or_default(),
        }))
    }

    /// What is known of the interview now; nothing without a transcript.
    async fn shared_interview(&self, interview: &Interview) -> Result<Option<SharedPage>, Problem> {
        let analysis = self.data::<Analysis>(interview, "analysis").await?;
        let waveform = self.records.read(&interview.key().data("waveform")).await?;
        let waveform = waveform.and_then(|document| document.decode::<StoredWaveform>().ok());
        let turn = WHOLE.acquire().await;
        let corrected = interview_store::corrected_transcript(&*self.records, interview).await?;
        let Some(corrected) = corrected else {
            return Ok(None);
        };
        let (interview, write) = (interview.clone(), self.shared_page);
        let written = spawn_blocking(move || {
            let _turn = turn;
            let revision = corrected.revision;
            let transcript = corrected.transcript.with_speaker_names(&interview.speakers);
            let derived_from = DerivedFrom::new(&interview, transcript.head.revision, revision)
                .with_speakers(&interview.speakers);
            let analysis = analysis.map(|analysis| {
                if analysis.derived_from.is_same_transcript(&derived_from) {
                    analysis
                } else {
                    evidence::renewed(analysis, &transcript, interview.kind)
                }
            });
            write(&SharedContent {
                interview: &interview,
                transcript: &transcript,
                analysis: analysis.as_ref(),
                waveform: waveform.as_ref(),
            })
        });
        let written = written.await.map_err(|_| Problem::internal())?;
        let written = written.map_err(|error| {
            tracing::error!(
                event = "share.page_not_written",
                error,
                "the page of a share could not be written"
            );
            Problem::internal()
        });
        written.map(Some)
    }

    /// The bytes of the recording that a request with these headers asks for; without any, no
    /// bytes.
    async fn shared_audio(
        &self,
        values: &PathValues,
        headers: Option<&HeaderMap>,
    ) -> Result<Response, ApiError> {
        let dead = || match headers {
            Some(_) => dead_link(),
            None => dressed(StatusCode::NOT_FOUND, String::new(), NO_STYLE),
        };
        let opened = self.open_share(values).await?;
        let permits =
            |share: &Share| share.with_audio && !matches!(share.scope, ShareScope::Unknown(_));
        let Some((share, interview)) = opened.filter(|(share, _)| permits(share)) else {
            return Ok(dead());
        };
        if share.scope == ShareScope::Highlight {
            let Some(shown) = self.quotation(&share, &interview).await? else {
                return Ok(dead());
            };
            let quoted = self.quoted_audio(&interview, &shown, headers).await?;
            return Ok(quoted.map_or_else(dead, |mut response| {
                keep_out_of_caches(&mut response);
                response
            }));
        }
        let has_copy = interview
            .audio
            .as_ref()
            .is_some_and(|audio| audio.current_playback().is_some());
        let Some(recording) = found(self.recording_of(interview, has_copy))? else {
            return Ok(dead());
        };
        let mut response = recording.respond(headers).await?;
        keep_out_of_caches(&mut response);
        Ok(response)
    }
}

/// Nothing where a part of the interview is not there.
fn found<T>(read: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(None),
        Err(problem) => Err(problem),
    }
}
