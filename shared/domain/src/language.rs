//! The language of a conversation as a client gives it: a BCP 47 tag, or several languages.

/// Given in place of a tag where several languages are spoken in one conversation. Deepgram's
/// name for it: <https://developers.deepgram.com/docs/multilingual-code-switching>.
pub const MULTI: &str = "multi";

/// The tag that was given, unless several languages were.
pub fn single(given: Option<&str>) -> Option<&str> {
    given.filter(|tag| !is_multi(tag))
}

/// Whether it stands for several languages.
pub fn is_multi(given: &str) -> bool {
    given.eq_ignore_ascii_case(MULTI)
}
