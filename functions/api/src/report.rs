//! The report, as a Word document and as a page.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview,
    ports::{ByteStream, ObjectError, ObjectMeta},
    report::{CONTENT_TYPE, HTML_CONTENT_TYPE, StoredReport, content_security_policy},
};
use http::header;
use runtime::http::Problem;

use crate::{
    Api,
    error::{ApiError, not_ready},
    extract::OwnInterview,
    openapi::errors,
};

/// Download the report
#[utoipa::path(
    get, path = "/v1/interviews/{id}/report.docx", operation_id = "get_report", tag = "Results",
    params(OwnInterview),
    responses((
        status = 200,
        description = "A Word document.",
        content(("application/vnd.openxmlformats-officedocument.wordprocessingml.document")),
        headers(("Content-Disposition" = String, description = "An attachment by the name `report.docx`."))
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NotFound])))),
)]
pub(crate) async fn docx(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let object = |report: &StoredReport| Some(report.object.clone());
    let (_, meta, bytes) = api.report_object(&interview, object).await?;
    Ok(word_document(&meta, bytes))
}

/// The response with a stored Word document.
pub(crate) fn word_document(meta: &ObjectMeta, bytes: ByteStream) -> Response {
    let disposition = "attachment; filename=\"report.docx\"";
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_LENGTH, &meta.size.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}

/// Read the report as a page
///
/// The same report as one HTML file that loads nothing, runs no script and prints to A4. A
/// report that an earlier release has made has none: `retry` with `{"step": "report"}` makes
/// it again.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/report.html", operation_id = "get_report_page",
    tag = "Results", params(OwnInterview),
    responses((
        status = 200,
        description = "The page.",
        body = String,
        content_type = "text/html",
        headers(("Content-Security-Policy" = String, description = "The page's own style sheet and pictures within it, and nothing else."))
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady, ErrorCode::NotFound])))),
)]
pub(crate) async fn html(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
) -> Result<Response, ApiError> {
    let object = |report: &StoredReport| Some(report.html.as_ref()?.object.clone());
    let (report, meta, bytes) = api.report_object(&interview, object).await?;
    let style = report.html.map(|html| html.known.style_sha256);
    let policy = content_security_policy(&style.unwrap_or_default());
    let headers = [
        (header::CONTENT_TYPE, HTML_CONTENT_TYPE),
        (header::CONTENT_LENGTH, &meta.size.to_string()),
        (
            header::CONTENT_SECURITY_POLICY,
            &format!("{policy}; frame-ancestors 'none'; sandbox"),
        ),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

impl Api {
    /// The stored report and one of its objects.
    pub(crate) async fn report_object(
        &self,
        interview: &Interview,
        object: impl Fn(&StoredReport) -> Option<String>,
    ) -> Result<(StoredReport, ObjectMeta, ByteStream), Problem> {
        let mut tried = None;
        loop {
            let report = self.data::<StoredReport>(interview, "report").await?;
            let report = report.ok_or_else(|| not_ready("report"))?;
            let object = object(&report).ok_or_else(no_page)?;
            match self.artifacts.read(&object, None, None).await {
                // It has been replaced since it was looked up.
                Err(ObjectError::NotFound { .. }) if tried.as_ref() != Some(&object) => {
                    tried = Some(object);
                }
                read => {
                    let (meta, bytes) = read?;
                    return Ok((report, meta, bytes));
                }
            }
        }
    }
}

fn no_page() -> Problem {
    let detail = "the report was made by an earlier release, without a page; retry the step \
        `report` to make it again";
    Problem::new(ErrorCode::NotReady, detail)
}
