//! How what a share opens looks: pages that load nothing from elsewhere, run no script and are
//! kept nowhere.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    report::{HTML_CONTENT_TYPE, content_security_policy},
    share::SharedPage,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::error::OwnBody;

/// Keeps pages out of the indexes of search engines.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The beginning of a page's content, behind which the player and downloads are put.
const MAIN: &str = "<main>\n";

/// What a share adds to a page: addresses below its own.
pub(super) struct Extras {
    pub(super) audio: Option<String>,
    pub(super) docx: Option<String>,
}

impl Extras {
    pub(super) fn put_into(self, page: &SharedPage) -> Response {
        let policy = content_security_policy(&page.style_sha256);
        let audio = self.audio.map(|url| {
            format!("<audio controls=\"\" preload=\"metadata\" src=\"{url}\"></audio>\n")
        });
        let docx = self.docx.map(|url| {
            format!("<p class=\"note\"><a href=\"{url}\" download=\"report.docx\">Download as a Word document</a></p>\n")
        });
        let added: String = docx.into_iter().chain(audio).collect();
        // The policy within the page, which counts as well, lets in no recording.
        let html = page.html.replacen(&policy, &with_audio(&policy), 1);
        let html = html.replacen(MAIN, &format!("{MAIN}{added}"), 1);
        dressed(StatusCode::OK, html, &page.style_sha256)
    }
}

/// The policy of a page that plays a recording of this service.
fn with_audio(policy: &str) -> String {
    format!("{policy}; media-src 'self'")
}

/// In the place of the digest of a style sheet, where there is none.
pub(super) const NO_STYLE: &str = "";

/// A page of this status, which is kept nowhere.
pub(super) fn dressed(status: StatusCode, html: String, style_sha256: &str) -> Response {
    let policy = with_audio(&content_security_policy(style_sha256));
    // The same origin, so that the page may load its recording; nothing of it runs.
    let policy =
        format!("{policy}; frame-ancestors 'none'; sandbox allow-same-origin allow-downloads");
    let headers = [
        (header::CONTENT_TYPE, HTML_CONTENT_TYPE),
        (header::CONTENT_SECURITY_POLICY, &policy),
    ];
    let mut response = (status, headers, html).into_response();
    response.extensions_mut().insert(OwnBody);
    keep_out_of_caches(&mut response);
    response
}

pub(super) fn keep_out_of_caches(response: &mut Response) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (ROBOTS, "noindex, nofollow, noarchive"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
}

/// The style sheet of the pages without an interview.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1f2937;max-width:34rem;\
    margin:20vh auto 0;padding:0 1.5rem}h1{font-size:1.4rem}";

static STYLE_SHA256: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// The response to every link that does not work, whatever the reason.
pub(super) fn dead_link() -> Response {
    message(
        "This link does not work",
        "It may have expired or been withdrawn, or a part of it may be missing. Ask the person \
         who sent it to you for a new one.",
    )
}

/// The response to a good link whose interview has nothing to show yet.
pub(super) fn unfinished() -> Response {
    message(
        "There is nothing to show yet",
        "What this link leads to is not finished. Try again later, or ask the person who sent \
         it to you.",
    )
}

fn message(title: &str, text: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta name=\"robots\" content=\"noindex\" />\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body>\n\
         </html>\n"
    );
    dressed(StatusCode::NOT_FOUND, html, &STYLE_SHA256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn player_and_download_are_put_into_the_page_once() {
        let policy = content_security_policy("AAAA");
        let page = SharedPage {
            html: format!("<meta content=\"{policy}\" /><main>\n<p>{policy}&lt;main></p></main>"),
            style_sha256: "AAAA".into(),
        };
        let extras = Extras {
            audio: Some("T/audio".into()),
            docx: Some("T/report.docx".into()),
        };
        let response = extras.put_into(&page);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX);
        let body = futures::executor::block_on(body).unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(html.matches("<audio").count(), 1);
        assert_eq!(html.matches("media-src 'self'").count(), 1);
        assert!(html.contains("<main>\n<p class=\"note\"><a href=\"T/report.docx\""));
    }
}
