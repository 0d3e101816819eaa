//! What a caller is told of a token.

use domain::{ErrorCode, ports::AuthError};

/// The refusal, which quotes nothing from the token.
pub(super) fn refused(code: ErrorCode) -> AuthError {
    AuthError {
        code,
        message: message(code).into(),
    }
}

const fn message(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::TokenMissing => {
            "send the header `Authorization: Bearer` with a Firebase ID token"
        }
        ErrorCode::TokenTooLarge => "the token has more than 8192 bytes",
        ErrorCode::TokenMalformed => {
            "the token is not a Firebase ID token, or is not sent once and whole"
        }
        ErrorCode::TokenAlgorithm => "the token is not signed in the way that ID tokens are",
        ErrorCode::TokenNoKey => {
            "the token names no key; a custom token has to be exchanged for an ID token"
        }
        ErrorCode::TokenUnknownKey => {
            "the token is signed with a key that is not in use; get a fresh one"
        }
        ErrorCode::TokenBadSignature => "the token's signature is wrong",
        ErrorCode::TokenWrongAudience => "the token is for another Firebase project",
        ErrorCode::TokenWrongIssuer => "the token is no ID token of this Firebase project",
        ErrorCode::TokenSubject => {
            "the token's user id has to have 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`"
        }
        ErrorCode::TokenExpired => "the token has expired; get a fresh one",
        ErrorCode::TokenNotYetValid => "the token is from the future",
        _ => "tokens cannot be verified at the moment; try again",
    }
}
