//! One table from what is wrong with a token to what a caller is told.

use domain::{ErrorCode, ports::AuthError};

/// What is wrong with a token, or with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdTokenError {
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

impl IdTokenError {
    /// The refusal, which quotes nothing from the token.
    pub(super) fn refused(self) -> AuthError {
        let (code, message) = self.row();
        AuthError {
            code,
            message: message.into(),
        }
    }

    const fn row(self) -> (ErrorCode, &'static str) {
        match self {
            Self::Missing => (
                ErrorCode::TokenMissing,
                "send the header `Authorization: Bearer` with a Firebase ID token",
            ),
            Self::TooLarge => (
                ErrorCode::TokenTooLarge,
                "the token has more than 8192 bytes",
            ),
            Self::Malformed => (
                ErrorCode::TokenMalformed,
                "the token is not a Firebase ID token, or is not sent once and whole",
            ),
            Self::Algorithm => (
                ErrorCode::TokenAlgorithm,
                "the token is not signed in the way that ID tokens are",
            ),
            Self::NoKey => (
                ErrorCode::TokenNoKey,
                "the token names no key; a custom token has to be exchanged for an ID token",
            ),
            Self::UnknownKey => (
                ErrorCode::TokenUnknownKey,
                "the token is signed with a key that is not in use; get a fresh one",
            ),
            Self::BadSignature => (
                ErrorCode::TokenBadSignature,
                "the token's signature is wrong",
            ),
            Self::WrongAudience => (
                ErrorCode::TokenWrongAudience,
                "the token is for another Firebase project",
            ),
            Self::WrongIssuer => (
                ErrorCode::TokenWrongIssuer,
                "the token is no ID token of this Firebase project",
            ),
            Self::Subject => (
                ErrorCode::TokenSubject,
                "the token's user id has to have 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`",
            ),
            Self::Expired => (
                ErrorCode::TokenExpired,
                "the token has expired; get a fresh one",
            ),
            Self::NotYetValid => (ErrorCode::TokenNotYetValid, "the token is from the future"),
            Self::NoKeys => (
                ErrorCode::IdentityUnavailable,
                "tokens cannot be verified at the moment; try again",
            ),
        }
    }
}
