//! Pages of other origins: who may ask from a browser, by an allow-list (the Fetch
//! standard's CORS protocol, <https://fetch.spec.whatwg.org/#http-cors-protocol>),
//! and headers that keep browsers from guessing.

use config::{Environment, InvalidSetting};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use runtime::http::{Body, empty};

/// What a page may ask with.
const ALLOWED_HEADERS: &str = "authorization, content-range, content-type, idempotency-key, \
    if-range, last-event-id, mcp-method, mcp-name, mcp-protocol-version, range, traceparent, \
    x-goog-content-length-range, x-goog-if-generation-match, x-goog-resumable, x-request-id, \
    x-user-id";

/// What a page may read of an answer.
const EXPOSED_HEADERS: &str = "accept-ranges, content-disposition, content-range, etag, \
    location, range, retry-after, www-authenticate, x-request-id";

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// How long a browser may remember that it is allowed, in seconds.
const REMEMBERED: &str = "3600";

/// `CORS_ALLOWED_ORIGINS`: the origins whose pages may ask; none without it.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<HeaderValue>);

impl Origins {
    /// Reads the list, separated by commas.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        const NAME: &str = "CORS_ALLOWED_ORIGINS";
        let text = environment.text(NAME).unwrap_or("");
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let origins = names.map(|name| {
            let web = ["https://", "http://"]
                .iter()
                .find_map(|scheme| name.strip_prefix(scheme));
            let plain = web.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']));
            let origin = HeaderValue::from_str(name).ok().filter(|_| plain);
            origin.ok_or_else(|| {
                let expected = "origins such as `https://app.example.com`, separated by commas, \
                    without a path";
                InvalidSetting::new(NAME, expected)
            })
        });
        Ok(Self(origins.collect::<Result<_, _>>()?))
    }

    /// Whether pages of an origin may ask.
    pub fn allow(&self, origin: &HeaderValue) -> bool {
        self.0.contains(origin)
    }

    /// Answers a request by `answer`, unless a browser only asks whether it may ask;
    /// either way with the headers that browsers look for.
    pub async fn around<B, F>(
        &self,
        request: Request<B>,
        answer: impl FnOnce(Request<B>) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Response<Body>>,
    {
        let origin = request.headers().get(header::ORIGIN);
        let allowed = origin.filter(|origin| self.allow(origin)).cloned();
        let mut response = match preflight(&request) {
            Some(response) => response,
            None => answer(request).await,
        };
        dress(response.headers_mut(), self, allowed);
        response
    }
}

/// Answers a browser that asks whether it may ask.
fn preflight<B>(request: &Request<B>) -> Option<Response<Body>> {
    let asks = request
        .headers()
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    (request.method() == Method::OPTIONS && asks).then(|| {
        let mut response = empty(StatusCode::NO_CONTENT);
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    })
}

/// Adds to an answer what browsers are to know.
fn dress(headers: &mut HeaderMap, origins: &Origins, allowed: Option<HeaderValue>) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is people's own is in no shared cache, unless an answer says otherwise.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    if !origins.0.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    } else {
        // A preflight from elsewhere learns nothing.
        for name in [
            header::ACCESS_CONTROL_ALLOW_METHODS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            header::ACCESS_CONTROL_MAX_AGE,
        ] {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_taken() {
        let read = |text: &str| {
            let environment = Environment::from_pairs([("CORS_ALLOWED_ORIGINS", text)]);
            Origins::read(&environment)
        };
        let two = read("https://a.example, http://localhost:3000").unwrap();
        assert_eq!(two.0.len(), 2);
        assert!(read(" ").unwrap().0.is_empty());
        for wrong in [
            "*",
            "a.example",
            "https://a.example/",
            "https://*.example",
            "https://",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.starts_with("CORS_ALLOWED_ORIGINS"), "{error}");
        }
    }
}
