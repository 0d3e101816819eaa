//! Signatures with a secret that all instances share.

use domain::{ids::hex, ports::Signer};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const LEAST: usize = 32;

/// HMAC-SHA256.
pub struct HmacSigner(Vec<u8>);

impl HmacSigner {
    /// With a secret of at least 32 characters.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= LEAST).then(|| Self(secret.as_bytes().to_vec()))
    }
}

impl Signer for HmacSigner {
    fn sign(&self, purpose: &str, text: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        // A purpose has no line feed, so that no two pairs give the same bytes.
        for part in [purpose, "\n", text] {
            mac.update(part.as_bytes());
        }
        hex(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_purpose_one_text_and_one_secret() {
        let signer = |secret: &str| HmacSigner::new(&secret.repeat(32)).unwrap();
        let first = signer("a").sign("listen", "x");
        assert_eq!(first, signer("a").sign("listen", "x"));
        for other in [
            signer("b").sign("listen", "x"),
            signer("a").sign("watch", "x"),
            signer("a").sign("listen", "y"),
        ] {
            assert_ne!(first, other);
        }
        assert!(HmacSigner::new("short").is_none());
    }
}
