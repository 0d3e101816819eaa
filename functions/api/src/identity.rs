//! The user of a request.

use async_trait::async_trait;
use domain::{
    ErrorCode, UserId,
    ports::{AuthError, Credentials, Header, Identity, ProxyHeaders},
};
use http::HeaderMap;

/// Takes people at their word: the user is the header `X-User-Id`, or `local`
/// without one. For the embedded service alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalIdentity;

#[async_trait]
impl Identity for LocalIdentity {
    async fn identify(&self, credentials: &Credentials<'_>) -> Result<UserId, AuthError> {
        let name = match credentials.user_id {
            Header::Absent => "local",
            Header::Text(name) => name,
            Header::Unusable => return Err(invalid_user("it is given once, as text")),
        };
        UserId::parse(name).map_err(|error| invalid_user(&error.to_string()))
    }
}

fn invalid_user(why: &str) -> AuthError {
    AuthError {
        code: ErrorCode::InvalidUser,
        message: format!("X-User-Id: {why}").into(),
    }
}

/// What the headers say of who asks, those of a trusted proxy included where there is one.
pub(crate) fn credentials<'a>(
    headers: &'a HeaderMap,
    proxy: Option<&ProxyHeaders>,
) -> Credentials<'a> {
    let of_proxy = |name: fn(&ProxyHeaders) -> &str| {
        proxy.map_or(Header::Absent, |proxy| the(headers, name(proxy)))
    };
    Credentials {
        authorization: the(headers, "authorization"),
        user_id: the(headers, "x-user-id"),
        proxy_user: of_proxy(|proxy| &proxy.user),
        proxy_secret: of_proxy(|proxy| &proxy.secret),
    }
}

fn the<'a>(headers: &'a HeaderMap, name: &str) -> Header<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => value.to_str().map_or(Header::Unusable, Header::Text),
        (Some(_), Some(_)) => Header::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use http::HeaderValue;

    use super::*;

    fn user(values: &[&'static [u8]]) -> Result<String, ErrorCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-user-id", HeaderValue::from_bytes(value).unwrap());
        }
        let user = block_on(LocalIdentity.identify(&credentials(&headers, None)));
        user.map(String::from).map_err(|refused| refused.code)
    }

    #[test]
    fn the_local_user_is_who_they_say() {
        assert_eq!(user(&[]), Ok("local".into()));
        assert_eq!(user(&[b"anna"]), Ok("anna".into()));
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused() {
        for wrong in [&b""[..], b"a/b", b"..", b"a b", b"__a__", b"\xff"] {
            assert_eq!(user(&[wrong]), Err(ErrorCode::InvalidUser), "{wrong:?}");
        }
        assert_eq!(user(&[b"anna", b"ben"]), Err(ErrorCode::InvalidUser));
    }
}
