//! Rejects requests from web pages of other origins.
//!
//! The embedded service trusts the user id of a request, and every page in the same
//! browser can reach it: by its own host name that is made to resolve to this machine
//! (DNS rebinding), or by a form or `fetch` without a preflight (cross-site request
//! forgery). Programs do not send the headers that identify pages.

use std::net::{Ipv4Addr, Ipv6Addr};

use api::Origins;
use domain::ErrorCode;
use http::{HeaderMap, Method, Request, header};
use runtime::http::Problem;

/// The allowed hosts and origins.
#[derive(Debug, Clone)]
pub(crate) struct OriginGuard {
    /// The authority of `PUBLIC_URL`: a host, and its port where it is not the scheme's.
    public: String,
    origins: Origins,
}

impl OriginGuard {
    pub(crate) fn new(public_url: &str, origins: Origins) -> Self {
        Self {
            public: authority(public_url).unwrap_or("").to_ascii_lowercase(),
            origins,
        }
    }

    /// Rejects a foreign host, and a change from a foreign origin.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        // Two of them could be read as one host here and as another elsewhere (RFC 9112,
        // section 3.2).
        let is_twice = request.headers().get_all(header::HOST).iter().count() > 1;
        let authority = request_host(request).filter(|_| !is_twice);
        if !authority
            .as_deref()
            .is_some_and(|authority| self.is_allowed_host(authority))
        {
            let detail = "the `Host` header does not match `PUBLIC_URL`";
            return Err(Problem::new(ErrorCode::UnknownHost, detail));
        }
        let only_reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        if only_reads || self.is_allowed_origin(request.headers(), authority.as_deref()) {
            return Ok(());
        }
        let detail =
            "this origin may not change anything; `CORS_ALLOWED_ORIGINS` lists those that may";
        Err(Problem::new(ErrorCode::ForeignOrigin, detail))
    }

    /// DNS rebinding needs a registered domain, so IP literals, single-label hosts and
    /// `*.localhost` are always allowed.
    fn is_allowed_host(&self, authority: &str) -> bool {
        let host = host(authority);
        let literal = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let is_unregistered = literal.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
            || host.parse::<Ipv4Addr>().is_ok()
            || !host.contains(['.', '['])
            || host.ends_with(".localhost");
        is_unregistered || host == self::host(&self.public)
    }

    fn is_allowed_origin(&self, headers: &HeaderMap, requested: Option<&str>) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            let site = headers.get("sec-fetch-site");
            return site.is_none_or(|site| !["cross-site", "same-site"].contains(&text(site)));
        };
        let own = authority(text(origin)).map(str::to_ascii_lowercase);
        let own = own.is_some_and(|own| own == self.public || Some(&*own) == requested);
        own || self.origins.allow(origin)
    }
}

/// The host, and the port, that a request is addressed to.
fn request_host<B>(request: &Request<B>) -> Option<String> {
    let of_uri = request.uri().authority().map(http::uri::Authority::as_str);
    let of_header = || request.headers().get(header::HOST).map(text);
    let host = of_uri.or_else(of_header).filter(|host| !host.is_empty());
    host.map(str::to_ascii_lowercase)
}

/// A host without its port.
fn host(authority: &str) -> &str {
    let port = authority
        .rfind(':')
        .filter(|at| !authority[*at..].contains(']'));
    &authority[..port.unwrap_or(authority.len())]
}

/// The authority of a URL of the web.
fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://");
    let rest = rest.or_else(|| url.strip_prefix("https://"))?;
    rest.split('/').next()
}

fn text(value: &http::HeaderValue) -> &str {
    value.to_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use config::Environment;

    use super::*;

    fn outcome(method: &str, headers: &[(&str, &str)]) -> &'static str {
        let environment =
            Environment::from_pairs([("CORS_ALLOWED_ORIGINS", "https://app.example")]);
        let origins = Origins::read(&environment).unwrap();
        let guard = OriginGuard::new("https://Lens.example", origins);
        let request = Request::builder().method(method).uri("/v1/interviews");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = request.body(()).unwrap();
        guard
            .check(&request)
            .map_or_else(|problem| problem.code.as_str(), |()| "in")
    }

    #[test]
    fn a_name_that_leads_here_by_a_trick_is_not_ours() {
        for (host, expected) in [
            ("127.0.0.1:8000", "in"),
            ("[::1]:8000", "in"),
            ("192.168.1.7", "in"),
            ("localhost:8000", "in"),
            ("a.localhost", "in"),
            ("interviewlens:8000", "in"),
            ("lens.example", "in"),
            ("LENS.example:443", "in"),
            ("evil.example:8000", "unknown_host"),
            ("lens.example.evil.example", "unknown_host"),
            ("127.0.0.1.evil.example", "unknown_host"),
            ("[::1].evil.example", "unknown_host"),
            ("[::1", "unknown_host"),
            ("localhost.", "unknown_host"),
            ("", "unknown_host"),
        ] {
            assert_eq!(outcome("GET", &[("host", host)]), expected, "{host}");
        }
        assert_eq!(outcome("GET", &[]), "unknown_host");
        let twice = [("host", "localhost"), ("host", "lens.example")];
        assert_eq!(outcome("GET", &twice), "unknown_host");
    }

    #[test]
    fn a_page_of_another_origin_changes_nothing() {
        for (header, value, expected) in [
            ("x-nothing", "", "in"),
            ("origin", "http://127.0.0.1:8000", "in"),
            ("origin", "https://lens.example", "in"),
            ("origin", "https://app.example", "in"),
            ("origin", "https://evil.example", "foreign_origin"),
            ("origin", "http://127.0.0.1:9000", "foreign_origin"),
            (
                "origin",
                "http://127.0.0.1:8000.evil.example",
                "foreign_origin",
            ),
            ("origin", "null", "foreign_origin"),
            ("origin", "", "foreign_origin"),
            ("sec-fetch-site", "cross-site", "foreign_origin"),
            ("sec-fetch-site", "same-site", "foreign_origin"),
            ("sec-fetch-site", "same-origin", "in"),
            ("sec-fetch-site", "none", "in"),
        ] {
            let headers = [("host", "127.0.0.1:8000"), (header, value)];
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(
                    outcome(method, &headers),
                    expected,
                    "{method} {header}: {value}"
                );
            }
            assert_eq!(outcome("GET", &headers), "in", "what only reads is CORS's");
        }
    }
}
