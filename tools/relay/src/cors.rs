//! What Cloud Storage tells browsers, by the `cors` block of each bucket
//! (<https://cloud.google.com/storage/docs/cross-origin>).
//!
//! A request of another origin is never refused for that: the browser keeps the answer from
//! the page when its headers do not allow it. The origin of a resumable upload is that of
//! the request that began it.

use std::collections::HashMap;

use emulation::sessions::SESSIONS;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use runtime::http::{Body, empty};

/// The buckets of the product, as Terraform makes them.
const TERRAFORM: &str = include_str!("../../../terraform/storage.tf");

/// The parameter of a session's address that names the origin of the page that began it.
const ORIGIN: &str = "upload_origin";

/// The CORS rules of buckets, by the buckets' names.
#[derive(Debug, Clone, Default)]
pub struct BucketCors(HashMap<String, Rule>);

/// The `cors` block of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    max_age_s: String,
}

impl BucketCors {
    /// The rules of `terraform/storage.tf` for pages of these origins.
    pub fn of_terraform(origins: &[String]) -> Self {
        let buckets = ["uploads", "artifacts"].into_iter();
        let rules = buckets.filter_map(|bucket| {
            let rule = Rule::read(TERRAFORM, bucket, origins)?;
            Some((bucket.to_owned(), rule))
        });
        Self(rules.collect())
    }

    /// What the bucket of a request allows its page.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> OriginCheck {
        let path = request.uri().path();
        let session = path.strip_prefix(SESSIONS);
        let bucket = session.unwrap_or_else(|| path.trim_start_matches('/'));
        let bucket = bucket.split('/').next().unwrap_or_default();
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN).cloned();
        let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = request.method() == Method::OPTIONS && wanted.is_some();
        let wanted = wanted.filter(|_| is_preflight);
        let wanted = wanted.and_then(|method| method.to_str().ok());
        let method = wanted.unwrap_or_else(|| request.method().as_str());
        let rule = self.0.get(bucket).filter(|rule| {
            let page = text(origin.as_ref());
            let began = session.is_none() || begun_by(request) == page;
            began && rule.allows(&page, method, headers)
        });
        OriginCheck {
            allowed: rule.cloned(),
            origin,
            is_preflight,
            begins: session.is_none() && *request.method() == Method::POST,
        }
    }
}

/// The origin of the page that began the upload of a session.
fn begun_by<B>(request: &Request<B>) -> String {
    let query = request.uri().query().unwrap_or("");
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let origin = pairs.find(|(name, _)| name == ORIGIN);
    origin
        .map(|(_, origin)| origin.into_owned())
        .unwrap_or_default()
}

fn text(value: Option<&HeaderValue>) -> String {
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

impl Rule {
    /// Reads the `cors` block of a bucket from Terraform.
    fn read(terraform: &str, bucket: &str, origins: &[String]) -> Option<Self> {
        let head = format!("resource \"google_storage_bucket\" \"{bucket}\"");
        let (_, rest) = terraform.split_once(&head)?;
        let resource = rest.split("\nresource ").next()?;
        let (_, block) = resource.split_once("\n  cors {")?;
        let (block, _) = block.split_once("\n  }")?;
        let field = |name: &str| {
            let mut lines = block.lines().filter_map(|line| line.split_once('='));
            let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
            Some(value.trim().to_owned())
        };
        let list = |name: &str| {
            let quoted = field(name)?;
            let words = quoted.split('"').skip(1).step_by(2);
            Some(words.map(str::to_owned).collect::<Vec<_>>())
        };
        Some(Self {
            origins: origins.to_vec(),
            methods: list("method")?,
            headers: list("response_header")?,
            max_age_s: field("max_age_seconds")?,
        })
    }

    fn allows(&self, origin: &str, method: &str, headers: &HeaderMap) -> bool {
        let wanted = text(headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS));
        let wanted = wanted.split(',').map(str::trim);
        let mut wanted = wanted.filter(|name| !name.is_empty());
        let known = |name: &str| {
            self.headers
                .iter()
                .any(|own| own.eq_ignore_ascii_case(name))
        };
        self.origins.iter().any(|own| own == origin)
            && self.methods.iter().any(|own| own == method)
            && wanted.all(known)
    }
}

/// A request, and what its page may do.
pub(crate) struct OriginCheck {
    allowed: Option<Rule>,
    origin: Option<HeaderValue>,
    is_preflight: bool,
    begins: bool,
}

impl OriginCheck {
    /// The answer to a browser that asks whether its page may ask; without any permission
    /// for a page that may not.
    pub(crate) fn preflight(&self) -> Option<Response<Body>> {
        if !self.is_preflight {
            return None;
        }
        let mut response = empty(StatusCode::OK);
        if let Some(rule) = &self.allowed {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, rule.methods.join(",")),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, rule.headers.join(",")),
                (header::ACCESS_CONTROL_MAX_AGE, rule.max_age_s.clone()),
            ] {
                if let Ok(value) = HeaderValue::try_from(value) {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        Some(self.dress(response))
    }

    /// Adds what the browser looks for in the answer.
    pub(crate) fn dress(&self, mut response: Response<Body>) -> Response<Body> {
        let Some(origin) = &self.origin else {
            return response;
        };
        if self.begins {
            remember(response.headers_mut(), origin);
        }
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(rule) = &self.allowed else {
            return response;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if let Ok(names) = HeaderValue::try_from(rule.headers.join(", ")) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
        }
        response
    }
}

/// Notes the origin of the page in the address of the session that it began.
fn remember(headers: &mut HeaderMap, origin: &HeaderValue) {
    let Some(session) = headers.get(header::LOCATION) else {
        return;
    };
    let (session, origin) = (text(Some(session)), text(Some(origin)));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair(ORIGIN, &origin)
        .finish();
    if let Ok(session) = HeaderValue::try_from(format!("{session}?{query}")) {
        headers.insert(header::LOCATION, session);
    }
}
