//! Refuses web pages of other origins, as the protocol requires of servers: a host name that is
//! made to resolve to this service (DNS rebinding) must not lead a page's script here.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::ErrorCode;
use http::{HeaderValue, header};
use runtime::http::Problem;

use crate::{Api, error::ApiError, origins::Origins, shares::link::PublicUrl};

/// Refuses a request with an `Origin` that is neither this service's own nor in
/// `CORS_ALLOWED_ORIGINS`. Programs send none.
pub(crate) async fn check_origin(
    State(api): State<Arc<Api>>,
    PublicUrl(public_url): PublicUrl,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if origins.all(|origin| is_allowed(origin, &public_url, &api.limits.origins)) {
        return Ok(next.run(request).await);
    }
    let detail = "this origin may not ask; `CORS_ALLOWED_ORIGINS` lists those that may";
    Err(Problem::new(ErrorCode::ForeignOrigin, detail).into())
}

fn is_allowed(origin: &HeaderValue, public_url: &str, others: &Origins) -> bool {
    let is_own = origin.to_str().is_ok_and(|origin| {
        let base = url::Url::parse(public_url).map(|url| url.origin());
        let origin = url::Url::parse(origin).map(|url| url.origin());
        matches!((base, origin), (Ok(base), Ok(origin)) if base.is_tuple() && base == origin)
    });
    is_own || others.allow(origin)
}

#[cfg(test)]
mod tests {
    use config::Environment;

    use super::*;

    #[test]
    fn only_own_and_listed_origins_are_allowed() {
        let listed = [("CORS_ALLOWED_ORIGINS", "https://app.example")];
        let others = Origins::read(&Environment::from_pairs(listed)).unwrap();
        for (origin, allowed) in [
            ("https://lens.example", true),
            ("https://LENS.example:443", true),
            ("https://app.example", true),
            ("http://lens.example", false),
            ("https://lens.example.evil.example", false),
            ("https://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let value = HeaderValue::from_str(origin).unwrap();
            let found = is_allowed(&value, "https://lens.example", &others);
            assert_eq!(found, allowed, "{origin}");
        }
    }
}
