//! One table from what is wrong with a token to what a caller is told.

use domain::ports::{AuthError, Reason};

/// What is wrong with a token, or with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenError {
    Missing,
    TooLarge,
    Malformed,
    Algorithm,
    NoKey,
    UnknownKey,
    BadSignature,
    WrongAudience,
    WrongIssuer,
    Subject,
    Expired,
    NotYetValid,
    /// The keys cannot be fetched.
    NoKeys,
}

impl TokenError {
    /// The refusal, which quotes nothing from the token.
    pub(super) fn refused(self) -> AuthError {
        let (code, message) = self.row();
        let reason = match self {
            Self::Missing => Reason::Anonymous,
            Self::NoKeys => Reason::Unavailable,
            _ => Reason::Untrusted,
        };
        AuthError {
            reason,
            code,
            message: message.into(),
        }
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => (
                "token_missing",
                "send the header `Authorization: Bearer` with a Firebase ID token",
            ),
            Self::TooLarge => ("token_too_large", "the token has more than 8192 bytes"),
            Self::Malformed => (
                "token_malformed",
                "the token is not a Firebase ID token, or is not sent once and whole",
            ),
            Self::Algorithm => (
                "token_algorithm",
                "the token is not signed in the way that ID tokens are",
            ),
            Self::NoKey => (
                "token_no_key",
                "the token names no key; a custom token has to be exchanged for an ID token",
            ),
            Self::UnknownKey => (
                "token_unknown_key",
                "the token is signed with a key that is not in use; get a fresh one",
            ),
            Self::BadSignature => ("token_bad_signature", "the token's signature is wrong"),
            Self::WrongAudience => (
                "token_wrong_audience",
                "the token is for another Firebase project",
            ),
            Self::WrongIssuer => (
                "token_wrong_issuer",
                "the token is no ID token of this Firebase project",
            ),
            Self::Subject => (
                "token_subject",
                "the token's user id has to have 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`",
            ),
            Self::Expired => ("token_expired", "the token has expired; get a fresh one"),
            Self::NotYetValid => ("token_not_yet_valid", "the token is from the future"),
            Self::NoKeys => (
                "identity_unavailable",
                "tokens cannot be checked just now; try again",
            ),
        }
    }
}
