//! Users as a trusted proxy names them, in a header beside a shared secret.

use std::fmt;

use async_trait::async_trait;
use config::{Environment, InvalidSetting};
use domain::{
    ErrorCode, UserId,
    ids::hex,
    ports::{AuthError, Credentials, Header, Identity, ProxyHeaders},
};
use http::HeaderName;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// The shortest secret, in characters.
const MIN_SECRET: usize = 32;

/// The longest name of a user, in characters.
const MAX_USER: usize = 256;

/// What the ids of users begin with whose names are no ids.
const MAPPED: &str = "p-";

/// `AUTH=proxy`: how a proxy says who the user is. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct ProxySettings {
    headers: ProxyHeaders,
    /// The SHA-256 of the secret: digests have the same length, so that comparing them tells
    /// nothing of the secret's.
    digest: [u8; 32],
}

impl ProxySettings {
    /// `PROXY_AUTH_SECRET`, which must be set, `PROXY_AUTH_SECRET_HEADER` and
    /// `PROXY_AUTH_USER_HEADER`.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        const SECRET: &str = "PROXY_AUTH_SECRET";
        let expected =
            format!("a random text of at least {MIN_SECRET} characters, with AUTH=proxy");
        let secret = environment.required(SECRET, &expected)?;
        let is_sendable = secret.bytes().all(|byte| byte.is_ascii_graphic());
        if secret.len() < MIN_SECRET || !is_sendable {
            return Err(InvalidSetting::new(SECRET, expected));
        }
        let headers = ProxyHeaders {
            user: header(environment, "PROXY_AUTH_USER_HEADER", "x-forwarded-user")?,
            secret: header(environment, "PROXY_AUTH_SECRET_HEADER", "x-proxy-secret")?,
        };
        if headers.user == headers.secret {
            let expected = "another header than PROXY_AUTH_USER_HEADER";
            return Err(InvalidSetting::new("PROXY_AUTH_SECRET_HEADER", expected));
        }
        Ok(Self {
            headers,
            digest: Sha256::digest(secret).into(),
        })
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ProxySettings({:?})", self.headers)
    }
}

fn header(
    environment: &Environment,
    name: &'static str,
    usual: &str,
) -> Result<String, InvalidSetting> {
    let given = environment.text(name).unwrap_or(usual);
    let parsed: Result<HeaderName, _> = given.parse();
    // It already says who sends the request.
    let parsed = parsed
        .ok()
        .filter(|own| *own != http::header::AUTHORIZATION);
    let expected = "the name of a header other than Authorization";
    let parsed = parsed.ok_or_else(|| InvalidSetting::new(name, expected))?;
    Ok(parsed.as_str().to_owned())
}

/// Recognises users by the header of a proxy that knows the secret.
#[derive(Debug, Clone)]
pub struct ProxyIdentity(pub ProxySettings);

#[async_trait]
impl Identity for ProxyIdentity {
    async fn identify(&self, credentials: &Credentials<'_>) -> Result<UserId, AuthError> {
        let Header::Text(secret) = credentials.proxy_secret else {
            return Err(not_trusted());
        };
        let digest: [u8; 32] = Sha256::digest(secret).into();
        if !bool::from(digest.ct_eq(&self.0.digest)) {
            return Err(not_trusted());
        }
        let name = match credentials.proxy_user {
            Header::Text(name) => name.trim(),
            Header::Absent | Header::Unusable => "",
        };
        user(name).ok_or_else(|| AuthError {
            code: ErrorCode::ProxyUserMissing,
            message: format!(
                "the proxy has to send the user in `{}`, once, in 1 to {MAX_USER} characters",
                self.0.headers.user
            )
            .into(),
        })
    }

    fn proxy_headers(&self) -> Option<&ProxyHeaders> {
        Some(&self.0.headers)
    }
}

fn not_trusted() -> AuthError {
    AuthError {
        code: ErrorCode::ProxyNotTrusted,
        message: "the request does not have the secret of the service's proxy".into(),
    }
}

/// The user of this name. A name that is no id, such as an e-mail address, has an id made of
/// its digest; so has one that looks like such an id, so that no two names have the same.
fn user(name: &str) -> Option<UserId> {
    if name.is_empty() || name.chars().count() > MAX_USER {
        return None;
    }
    let plain = UserId::parse(name).ok();
    let plain = plain.filter(|id| !id.as_str().starts_with(MAPPED));
    plain.or_else(|| {
        let digest = hex(&Sha256::digest(name)[..20]);
        UserId::parse(format!("{MAPPED}{digest}")).ok()
    })
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn identity() -> ProxyIdentity {
        let environment = Environment::from_pairs([("PROXY_AUTH_SECRET", SECRET)]);
        ProxyIdentity(ProxySettings::read(&environment).unwrap())
    }

    fn identified(secret: Header<'_>, user: Header<'_>) -> Result<String, ErrorCode> {
        let credentials = Credentials {
            proxy_secret: secret,
            proxy_user: user,
            user_id: Header::Text("root"),
            ..Credentials::default()
        };
        let user = block_on(identity().identify(&credentials));
        user.map(String::from).map_err(|refused| refused.code)
    }

    #[test]
    fn only_the_proxy_is_believed() {
        let anna = Header::Text("anna");
        assert_eq!(identified(Header::Text(SECRET), anna), Ok("anna".into()));
        let longer = format!("{SECRET}0");
        for secret in [
            Header::Absent,
            Header::Unusable,
            Header::Text(""),
            Header::Text(&SECRET[1..]),
            Header::Text(&longer),
        ] {
            assert_eq!(identified(secret, anna), Err(ErrorCode::ProxyNotTrusted));
        }
        let long = "a".repeat(257);
        for user in [
            Header::Absent,
            Header::Unusable,
            Header::Text(" "),
            Header::Text(&long),
        ] {
            let refused = identified(Header::Text(SECRET), user);
            assert_eq!(refused, Err(ErrorCode::ProxyUserMissing));
        }
    }

    #[test]
    fn names_that_are_no_ids_have_ids_of_their_own() {
        let id = |name: &str| identified(Header::Text(SECRET), Header::Text(name)).unwrap();
        let mapped = id("anna@example.com");
        assert!(mapped.starts_with("p-") && mapped.len() == 42, "{mapped}");
        assert_eq!(id("anna@example.com"), mapped);
        assert_ne!(id("ann@example.com"), mapped);
        assert_ne!(id(&mapped), mapped, "the id cannot be had by its name");
        assert_eq!(id("anna_b-1"), "anna_b-1");
    }

    #[test]
    fn wrong_settings_are_named_and_secrets_not_shown() {
        for (name, value) in [
            ("PROXY_AUTH_SECRET", "short"),
            ("PROXY_AUTH_SECRET", "with spaces in the secret 0123456789"),
            ("PROXY_AUTH_USER_HEADER", "no header"),
            ("PROXY_AUTH_USER_HEADER", "Authorization"),
            ("PROXY_AUTH_SECRET_HEADER", "X-Forwarded-User"),
        ] {
            let environment = Environment::from_pairs([("PROXY_AUTH_SECRET", SECRET)]);
            let environment = environment.and(name, value);
            let error = ProxySettings::read(&environment).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
            assert!(
                !error.contains(value) || name.ends_with("HEADER"),
                "{error}"
            );
        }
        let missing = ProxySettings::read(&Environment::default()).unwrap_err();
        assert_eq!(missing.name, "PROXY_AUTH_SECRET");
        assert!(!format!("{:?}", identity()).contains(SECRET));
    }
}
