//! The address of a service, and the token.

use std::net::IpAddr;

use reqwest::Url;

use super::error::ClientError;

/// Where `interviewlens serve` listens unless it is told otherwise.
pub(super) const DEFAULT: &str = "http://127.0.0.1:8000";

/// What requests say about the program.
pub(super) const USER_AGENT: &str = concat!("interviewlens/", env!("CARGO_PKG_VERSION"));

/// An access token. It has no `Debug` and no `Display`.
pub(super) struct Token(String);

impl Token {
    /// A token as a header can have it; the error does not show it.
    pub(super) fn parse(text: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        if text.chars().all(|letter| letter.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        let why = "the token of --token or INTERVIEWLENS_TOKEN has characters that no token has";
        Err(ClientError::Usage(why.into()))
    }

    /// The token itself, for the header that has it.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

/// Reads the address of a service.
pub(super) fn parse(text: &str) -> Result<Url, ClientError> {
    let wrong = |why: &str| {
        let expected = "it must be the address of a service, such as https://api.example.com";
        ClientError::Usage(format!("--url {why}: {expected}"))
    };
    let mut url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("begins neither with http:// nor with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "has a name or a password, which --token takes the place of",
        ));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether only this machine gets what is sent there.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = literal.parse().ok();
    address.is_some_and(|address| address.is_loopback()) || host == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_of_a_service_and_has_no_password() {
        for url in [
            "example.com",
            "ftp://example.com",
            "https://me:secret@example.com",
        ] {
            let error = parse(url).expect_err("it is refused").message();
            let is_named = error.starts_with("--url") && !error.contains("secret");
            assert!(is_named, "{error}");
        }
    }

    #[test]
    fn token_that_no_header_can_have_is_refused_and_not_shown() {
        let error = Token::parse("ilp_a\nb").err().expect("it is refused");
        assert!(!error.message().contains("ilp_"), "{error}");
    }
}
