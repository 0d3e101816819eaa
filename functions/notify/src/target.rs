//! Which URLs a webhook may go to.
//!
//! `http` is allowed beside `https`: the signature keeps the body from being
//! altered, and it carries ids and states, no words of people.

use domain::webhook::MAX_URL_BYTES;
use url::{Host, Url};

use crate::address::Policy;

/// Why a URL can be no receiver's; worded for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is too long.
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// It has characters that a parser removes without a word.
    #[error("the URL has a space or a control character, such as a tab or a line end")]
    Characters,
    /// Not an absolute URL.
    #[error("the text is no absolute URL")]
    Malformed,
    /// It is reached by another protocol.
    #[error("the URL's scheme is neither `https` nor `http`")]
    Scheme,
    /// It carries a user name or password.
    #[error("the URL carries a user name or password")]
    Credentials,
    /// Its host is not on the public internet.
    #[error("the URL's host is not on the public internet")]
    NotPublic,
}

/// Checks a receiver's URL for a function that takes it from a client: it is stored and
/// shown as it was sent, so it must be what is called later.
pub fn check(text: &str, allow_private: bool) -> Result<(), String> {
    let is_altered = |character: char| character.is_control() || character.is_whitespace();
    if text.contains(is_altered) {
        return Err(InvalidUrl::Characters.to_string());
    }
    let checked = check_url(text, Policy::from_allow_private(allow_private));
    checked.map(drop).map_err(|error| error.to_string())
}

/// Parses a receiver's URL, as far as it can be judged without a look-up.
pub fn check_url(text: &str, policy: Policy) -> Result<Url, InvalidUrl> {
    if text.len() > MAX_URL_BYTES {
        return Err(InvalidUrl::TooLong);
    }
    let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(InvalidUrl::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidUrl::Credentials);
    }
    let permitted = match url.host().ok_or(InvalidUrl::Malformed)? {
        Host::Domain(name) => policy.permits_name(name),
        Host::Ipv4(address) => policy.permits(address.into()),
        Host::Ipv6(address) => policy.permits(address.into()),
    };
    permitted.then_some(url).ok_or(InvalidUrl::NotPublic)
}
