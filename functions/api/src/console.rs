//! The console at `/app`: the page for people, built by `scripts/console` from
//! `console/` and put into the binary. It asks nothing but the API.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use config::{Environment, InvalidSetting};
use domain::{ErrorCode, ids::random_name};
use http::{HeaderMap, HeaderName, header};
use runtime::http::Problem;
use rust_embed::RustEmbed;
use serde::Serialize;

use crate::{
    Api,
    error::{ApiError, no_such_path},
    extract::PathValues,
    openapi::{
        errors,
        parameters::{ConsoleFile, ShownCollection, ShownId},
    },
};

/// Keeps pages that open the console away from its window.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What Vite has built; nothing where the page was not wanted.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
struct Files;

/// Where users sign in, and what the page needs to know for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SignIn {
    /// `FIREBASE_API_KEY`: no secret, but the name of the project to Firebase.
    api_key: String,
    /// `FIREBASE_AUTH_DOMAIN`.
    auth_domain: String,
    project_id: String,
    /// Where an emulator is asked instead.
    emulator: Option<String>,
}

/// What the page is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Console {
    local: bool,
    sign_in: Option<SignIn>,
    public_url: Option<String>,
    /// The other origins that the page may ask: by its content security policy.
    #[serde(skip)]
    origins: Vec<String>,
}

impl Console {
    /// Where the user id of a request is trusted and recordings come to the same origin.
    pub const fn local(public_url: String) -> Self {
        Self {
            local: true,
            sign_in: None,
            public_url: Some(public_url),
            origins: Vec::new(),
        }
    }

    /// Where users sign in by Firebase, if it is said how, and recordings go to the
    /// buckets of Google Cloud.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let web = |host: &str| {
            if host.contains("://") {
                host.trim_end_matches('/').to_owned()
            } else {
                format!("http://{host}")
            }
        };
        let storage = environment.text("STORAGE_EMULATOR_HOST").map(web);
        let storage = storage.unwrap_or_else(|| "https://storage.googleapis.com".into());
        let emulator = environment.text("FIREBASE_AUTH_EMULATOR_HOST").map(web);
        let project_id = environment.required("GCS_PROJECT_ID", "the project's id")?;
        let domain = environment.text("FIREBASE_AUTH_DOMAIN");
        let auth_domain =
            domain.map_or_else(|| format!("{project_id}.firebaseapp.com"), Into::into);
        let sign_in = environment.text("FIREBASE_API_KEY").map(|api_key| SignIn {
            api_key: api_key.to_owned(),
            auth_domain,
            project_id: project_id.to_owned(),
            emulator: emulator.clone(),
        });
        let mut origins = vec![storage];
        match (&sign_in, emulator) {
            (None, _) => {}
            (Some(_), Some(emulator)) => origins.push(emulator),
            (Some(_), None) => origins.extend(
                ["identitytoolkit", "securetoken"]
                    .map(|name| format!("https://{name}.googleapis.com")),
            ),
        }
        Ok(Self {
            local: false,
            sign_in,
            public_url: None,
            origins,
        })
    }

    fn page(&self) -> Result<Response, Problem> {
        let file = Files::get("index.html").ok_or_else(not_built)?;
        let nonce = STANDARD.encode(random_name());
        let config = serde_json::to_string(self).unwrap_or_default();
        let page = String::from_utf8_lossy(&file.data)
            .replace("%CONSOLE_NONCE%", &nonce)
            .replace("%CONSOLE_CONFIG%", &escape(&config));
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, &self.policy(&nonce)),
            (OPENER_POLICY, "same-origin"),
        ];
        Ok((headers, page).into_response())
    }

    /// What the page may load. The nonce is for the style element that wavesurfer.js
    /// makes.
    fn policy(&self, nonce: &str) -> String {
        let mut policy = format!(
            "default-src 'none'; script-src 'self'; worker-src 'self'; \
             style-src 'self' 'nonce-{nonce}'; img-src 'self'; media-src 'self' blob:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'"
        );
        for origin in &self.origins {
            let _ = write!(policy, " {origin}");
        }
        policy
    }
}

/// Open the console: the list of interviews
#[utoipa::path(
    get, path = "/app", operation_id = "console", tag = "Service", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn page(State(api): State<Arc<Api>>) -> Result<Response, ApiError> {
    Ok(api.console.page()?)
}

/// Open the console at an interview
#[utoipa::path(
    get, path = "/app/interviews/{id}", operation_id = "console_interview", tag = "Service",
    params(ShownId), security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn interview_page(api: State<Arc<Api>>) -> Result<Response, ApiError> {
    page(api).await
}

/// Open the console at the rubrics
#[utoipa::path(
    get, path = "/app/rubrics", operation_id = "console_rubrics", tag = "Service", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn rubrics_page(api: State<Arc<Api>>) -> Result<Response, ApiError> {
    page(api).await
}

/// Open the console at the access tokens
#[utoipa::path(
    get, path = "/app/tokens", operation_id = "console_tokens", tag = "Service", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn tokens_page(api: State<Arc<Api>>) -> Result<Response, ApiError> {
    page(api).await
}

/// Open the console: collections
#[utoipa::path(
    get, path = "/app/collections", operation_id = "console_collections", tag = "Service",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn collections_page(api: State<Arc<Api>>) -> Result<Response, ApiError> {
    page(api).await
}

/// Open the console at a collection
#[utoipa::path(
    get, path = "/app/collections/{id}", operation_id = "console_collection", tag = "Service",
    params(ShownCollection), security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::ConsoleNotBuilt])))),
)]
pub(crate) async fn collection_page(api: State<Arc<Api>>) -> Result<Response, ApiError> {
    page(api).await
}

/// Read a file of the console
///
/// Its name changes with its content, so it can be kept for ever.
#[utoipa::path(
    get, path = "/app/assets/{file}", operation_id = "console_asset", tag = "Service",
    params(ConsoleFile), security(()),
    responses((status = 200, description = "The file, compressed where that is accepted.", content(("*/*")))),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NoSuchPath])))),
)]
pub(crate) async fn asset(values: PathValues, headers: HeaderMap) -> Result<Response, ApiError> {
    let file = values.get("file");
    let path = format!("assets/{file}");
    // A debug build reads the file system, where `..` leads out of the folder.
    let found = Files::get(&path).filter(|_| !file.contains(['/', '\\']));
    let plain = found.ok_or_else(no_such_path)?;
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let encoded = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted.unwrap_or_default(), encoding))
        .find_map(|(encoding, ending)| Some((encoding, Files::get(&format!("{path}.{ending}"))?)));
    let (encoding, file) = match encoded {
        Some((encoding, file)) => (Some([(header::CONTENT_ENCODING, encoding)]), file),
        None => (None, plain.clone()),
    };
    let headers = [
        (header::CONTENT_TYPE, plain.metadata.mimetype()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    Ok((headers, encoding, file.data).into_response())
}

fn not_built() -> Problem {
    Problem::new(
        ErrorCode::ConsoleNotBuilt,
        "this program was built without the console: run scripts/console and build it again",
    )
}

/// Whether an `Accept-Encoding` takes an encoding (RFC 9110, section 12.5.3).
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|weight| {
            let weight = weight
                .strip_prefix("q=")
                .and_then(|weight| weight.parse().ok());
            weight.is_some_and(|weight: f32| weight <= 0.0)
        });
        named && !refused
    })
}

/// As it stands between quotation marks in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_as_they_are_weighted() {
        for (accepted, encoding, taken) in [
            ("gzip, deflate, br", "br", true),
            ("gzip;q=1.0, br;q=0", "br", false),
            ("gzip; q=0.5", "gzip", true),
            ("GZIP", "gzip", true),
            ("brotli", "br", false),
            ("", "gzip", false),
        ] {
            assert_eq!(accepts(accepted, encoding), taken, "{accepted}");
        }
    }

    #[test]
    fn the_page_may_ask_only_where_it_must() {
        let local = Console::local("http://127.0.0.1:8000".into());
        assert!(local.policy("n").ends_with("connect-src 'self'"));

        let project = ("GCS_PROJECT_ID", "lens");
        let unconfigured = Console::read(&Environment::from_pairs([project])).unwrap();
        assert_eq!(unconfigured.sign_in, None);
        let policy = unconfigured.policy("n");
        assert!(
            policy.ends_with("'self' https://storage.googleapis.com"),
            "{policy}"
        );

        let key = ("FIREBASE_API_KEY", "AIza");
        let firebase = Console::read(&Environment::from_pairs([project, key])).unwrap();
        let policy = firebase.policy("n");
        assert!(
            policy.ends_with("https://securetoken.googleapis.com"),
            "{policy}"
        );
        let sign_in = firebase.sign_in.unwrap();
        assert_eq!(sign_in.auth_domain, "lens.firebaseapp.com");
    }

    #[test]
    fn configuration_of_the_page_is_escaped() {
        assert_eq!(
            escape(r#"{"a":"<&>"}"#),
            "{&quot;a&quot;:&quot;&lt;&amp;>&quot;}"
        );
    }
}
