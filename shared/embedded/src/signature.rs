//! Signed URLs: permissions that a client cannot make, alter or extend.
//!
//! HMAC-SHA256 over everything that is permitted, with a key that stays in the
//! data directory.

use std::{fs, io, path::Path};

use domain::{
    Timestamp,
    ids::{hex, random_name},
    ports::UploadGrant,
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::data_dir::write_private;

/// What a signed URL lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedOperation {
    /// `PUT` the whole object.
    Put,
    /// `POST` to begin a resumable upload.
    Resumable,
    /// `GET` the object.
    Get,
}

impl SignedOperation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Resumable => "resumable",
            Self::Get => "get",
        }
    }
}

/// Why a URL permits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It is not as it was signed.
    #[error("the URL's signature is missing or does not match")]
    Signature,
    /// Its time is over.
    #[error("the URL has expired")]
    Expired,
}

/// The key, kept in the data directory and nowhere else.
pub(crate) struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Reads the key, or makes one at the first start.
    pub(crate) fn load(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join("signing-key");
        match fs::read(&path) {
            Ok(key) if !key.is_empty() => return Ok(Self(key)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let key = format!("{}{}", random_name(), random_name());
        write_private(&path, key.as_bytes())?;
        Ok(Self(key.into_bytes()))
    }

    /// The query string that permits `operation` on an object of `bucket`.
    pub(crate) fn query(
        &self,
        operation: SignedOperation,
        bucket: &str,
        grant: &UploadGrant,
    ) -> String {
        let signature = self.sign(operation, bucket, grant);
        form_urlencoded::Serializer::new(String::new())
            .append_pair("type", &grant.content_type)
            .append_pair("size", &format!("{}-{}", grant.size.0, grant.size.1))
            .append_pair("expires", &grant.expires_at.as_secs().to_string())
            .append_pair("signature", &signature)
            .finish()
    }

    /// What a query string permits.
    pub(crate) fn verify(
        &self,
        operation: SignedOperation,
        bucket: &str,
        name: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<UploadGrant, BadUrl> {
        let (grant, signature) = parse(name, query).ok_or(BadUrl::Signature)?;
        let expected = self.sign(operation, bucket, &grant);
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return Err(BadUrl::Signature);
        }
        if grant.expires_at <= now {
            return Err(BadUrl::Expired);
        }
        Ok(grant)
    }

    /// Signs any text for a purpose of its own.
    pub(crate) fn sign_text(&self, purpose: &str, text: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    fn sign(&self, operation: SignedOperation, bucket: &str, grant: &UploadGrant) -> String {
        let text = format!(
            "{}\n{bucket}\n{}\n{}\n{}-{}\n{}",
            operation.as_str(),
            grant.name,
            grant.content_type,
            grant.size.0,
            grant.size.1,
            grant.expires_at.as_secs(),
        );
        self.sign_text("upload", &text)
    }
}

fn parse(name: &str, query: &str) -> Option<(UploadGrant, String)> {
    let mut grant = UploadGrant {
        name: name.to_owned(),
        content_type: String::new(),
        size: (0, 0),
        expires_at: Timestamp::from_millis(0),
    };
    let mut signature = None;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "type" => grant.content_type = value.into_owned(),
            "size" => {
                let (least, most) = value.split_once('-')?;
                grant.size = (least.parse().ok()?, most.parse().ok()?);
            }
            "expires" => {
                let seconds: i64 = value.parse().ok()?;
                grant.expires_at = Timestamp::from_millis(seconds.checked_mul(1_000)?);
            }
            "signature" => signature = Some(value.into_owned()),
            _ => return None,
        }
    }
    Some((grant, signature?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> UploadGrant {
        UploadGrant {
            name: "users/u/interviews/i/audio/a".into(),
            content_type: "audio/wav".into(),
            size: (10, 20),
            expires_at: Timestamp::from_millis(2_000_000),
        }
    }

    fn verify(
        operation: SignedOperation,
        bucket: &str,
        name: &str,
        query: &str,
        at: i64,
    ) -> Result<UploadGrant, BadUrl> {
        let key = SigningKey(b"key".to_vec());
        key.verify(operation, bucket, name, query, Timestamp::from_millis(at))
    }

    #[test]
    fn a_signed_url_permits_exactly_what_it_says() {
        let query = SigningKey(b"key".to_vec()).query(SignedOperation::Put, "uploads", &grant());
        let name = grant().name;
        assert_eq!(
            verify(SignedOperation::Put, "uploads", &name, &query, 0),
            Ok(grant())
        );
        let altered = [
            verify(SignedOperation::Resumable, "uploads", &name, &query, 0),
            verify(SignedOperation::Put, "artifacts", &name, &query, 0),
            verify(
                SignedOperation::Put,
                "uploads",
                "users/u/interviews/j/audio/a",
                &query,
                0,
            ),
            verify(
                SignedOperation::Put,
                "uploads",
                &name,
                &query.replace("20", "21"),
                0,
            ),
            verify(
                SignedOperation::Put,
                "uploads",
                &name,
                &query.replace("wav", "mp3"),
                0,
            ),
            verify(
                SignedOperation::Put,
                "uploads",
                &name,
                &query.replace("2000", "9000"),
                0,
            ),
            verify(
                SignedOperation::Put,
                "uploads",
                &name,
                &format!("{query}&more=1"),
                0,
            ),
            verify(SignedOperation::Put, "uploads", &name, "", 0),
        ];
        for outcome in altered {
            assert_eq!(outcome, Err(BadUrl::Signature));
        }
        assert_eq!(
            verify(SignedOperation::Put, "uploads", &name, &query, 2_000_000),
            Err(BadUrl::Expired)
        );
    }

    #[test]
    fn signing_key_is_stable_and_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = SigningKey::load(folder.path()).unwrap();
        let second = SigningKey::load(folder.path()).unwrap();
        assert_eq!(first.0, second.0);
        let mode = fs::metadata(folder.path().join("signing-key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
