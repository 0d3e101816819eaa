//! Permissions in a text.

/// Signs short texts, such as a permission to listen to a recording.
pub trait Signer: Send + Sync {
    /// The signature of `text`; one made for a purpose is worth nothing for another.
    fn sign(&self, purpose: &str, text: &str) -> String;
}
