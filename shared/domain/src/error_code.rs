//! Every code with which a request is refused, in one table.

use std::{collections::BTreeSet, fmt};

/// Declares [`ErrorCode`] from rows of variant, code, status and meaning. Those of `api` stand
/// in the description of the API; the `others` are for Google's services and their emulation.
macro_rules! error_codes {
    (
        api { $($variant:ident $code:literal $status:literal $meaning:literal)* }
        others { $($other:ident $other_code:literal $other_status:literal $other_meaning:literal)* }
    ) => {
        /// A stable code, for programs, of why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $variant,)*
            $(#[doc = $other_meaning] $other,)*
        }

        impl ErrorCode {
            /// Those that clients of the API can meet, by status.
            pub const API: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it is sent: a `snake_case` word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    $(Self::$other => $other_code,)*
                }
            }

            /// The HTTP status that it comes with.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                    $(Self::$other => $other_status,)*
                }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                    $(Self::$other => $other_meaning,)*
                }
            }
        }
    };
}

error_codes! {
    api {
        BodyIncomplete "body_incomplete" 400 "The request body is incomplete."
        InvalidBody "invalid_body" 400
            "The body is not the JSON that is expected; the detail names the field."
        InvalidField "invalid_field" 400
            "A field's value is not accepted; the detail names it and says what is."
        InvalidForm "invalid_form" 400 "The form cannot be read."
        InvalidIdempotencyKey "invalid_idempotency_key" 400
            "`Idempotency-Key` does not have 1 to 255 visible characters."
        InvalidParameter "invalid_parameter" 400 "A query parameter's value is not accepted."
        InvalidUser "invalid_user" 400 "`X-User-Id` is not a valid user id."
        UnknownParameter "unknown_parameter" 400 "The endpoint has no query parameter of that name."
        TokenMissing "token_missing" 401 "No token was sent."
        TokenTooLarge "token_too_large" 401 "The token has more than 8192 bytes."
        TokenMalformed "token_malformed" 401
            "The token is not a Firebase ID token, or the header is repeated or malformed."
        TokenAlgorithm "token_algorithm" 401 "The token is not signed as ID tokens are."
        TokenNoKey "token_no_key" 401
            "The token names no key: exchange a custom token for an ID token."
        TokenUnknownKey "token_unknown_key" 401
            "The token's key is not in use; get a fresh token."
        TokenBadSignature "token_bad_signature" 401 "The token's signature is wrong."
        TokenWrongAudience "token_wrong_audience" 401
            "The token is for another Firebase project."
        TokenWrongIssuer "token_wrong_issuer" 401
            "The token was not issued for this Firebase project."
        TokenSubject "token_subject" 401 "The token's user id is invalid."
        TokenExpired "token_expired" 401 "The token has expired; get a fresh one."
        TokenNotYetValid "token_not_yet_valid" 401 "The token is not valid yet."
        AccessTokenInvalid "access_token_invalid" 401
            "The personal access token is unknown or revoked, or has expired."
        ProxyNotTrusted "proxy_not_trusted" 401
            "The request does not have the secret of the service's proxy: send it there."
        ProxyUserMissing "proxy_user_missing" 401
            "The proxy does not say who the user is, or says it twice."
        BudgetExhausted "budget_exhausted" 402
            "The user's budget of minutes or costs is used up; `resets_at` says when it begins anew."
        ForeignOrigin "foreign_origin" 403
            "Pages of this origin may not change anything; `CORS_ALLOWED_ORIGINS` lists those that may."
        InsufficientScope "insufficient_scope" 403
            "The personal access token does not permit this: its scope is `read`, or only the user's own sign-in does."
        InvalidToken "invalid_token" 403
            "The link has expired or is invalid."
        ConsoleNotBuilt "console_not_built" 404 "This program was built without the console."
        InterviewNotFound "interview_not_found" 404
            "There is no such interview, or it belongs to another user."
        NoSuchCollection "no_such_collection" 404
            "There is no such collection, or it belongs to another user."
        NoSuchDelivery "no_such_delivery" 404 "There is no such delivery."
        NoSuchHighlight "no_such_highlight" 404 "There is no such highlight."
        NoSuchNote "no_such_note" 404 "There is no such note."
        NoSuchRevision "no_such_revision" 404
            "The transcript has no such revision; the detail names the newest."
        NoSuchRubric "no_such_rubric" 404
            "There is no such rubric, or it has no such version, or it belongs to another user."
        NoSuchRun "no_such_run" 404
            "The interview has no such run, or the run has no result that could be shown."
        NoSuchShare "no_such_share" 404 "There is no such share."
        NoSuchWebhook "no_such_webhook" 404 "There is no such webhook."
        NoSuchToken "no_such_token" 404 "There is no such token, or it belongs to another user."
        NoSuchPath "no_such_path" 404 "There is nothing at this path."
        NotFound "not_found" 404 "The file no longer exists."
        NotReady "not_ready" 404
            "The interview does not have this part, or not yet: see its steps."
        NothingAwaited "nothing_awaited" 404 "No callback is expected at this URL."
        MethodNotAllowed "method_not_allowed" 405
            "The path does not take this method; `Allow` says which."
        BodyTooSlow "body_too_slow" 408 "The request body arrived too slowly."
        AlreadyUploaded "already_uploaded" 409 "The recording has been uploaded already."
        Conflict "conflict" 409 "Another request changed it at the same time; try again."
        HasRecording "has_recording" 409
            "The interview has a recording, or one is announced: a transcript is imported into an interview that was created without `audio`."
        IdempotencyKeyUsed "idempotency_key_used" 409
            "What this key created is deleted, or is a token, whose secret is shown once; or the interview that it created has another recording."
        NoAudioAnnounced "no_audio_announced" 409 "The interview was created without `audio`."
        NoReceiver "no_receiver" 409 "The interview no longer has a webhook URL."
        NoRecording "no_recording" 409 "The recording has not arrived."
        NotFailed "not_failed" 409 "The step has not failed, or none has."
        NothingToUndo "nothing_to_undo" 409 "No correction is left that could be taken back."
        StaleRevision "stale_revision" 409
            "The transcript has been corrected since; `run_id` and `revision` name the newest revision."
        TooManyCollections "too_many_collections" 409
            "The user has the maximum number of collections."
        TooManyCorrections "too_many_corrections" 409
            "The transcript has the maximum number of corrections."
        NothingChanged "nothing_changed" 409
            "The step failed because of what it was given, and that is still the same; the detail says what to change."
        RunInProgress "run_in_progress" 409
            "The step, or one that it needs, is running or waiting: a run begins when that is settled."
        TooManyAssessments "too_many_assessments" 409
            "The assessment has the maximum number of versions."
        TooManyInterviews "too_many_interviews" 409
            "The collection has more interviews than can be compared."
        TooManyRubrics "too_many_rubrics" 409
            "The user has the maximum number of rubrics, or the rubric of versions."
        TooManyRuns "too_many_runs" 409 "The step has the maximum number of results."
        TooManyShares "too_many_shares" 409 "The interview has the maximum number of shares."
        TooManyTokens "too_many_tokens" 409 "The user has the maximum number of access tokens."
        TooManyWebhooks "too_many_webhooks" 409 "The user has the maximum number of webhooks."
        PrerequisiteFailed "prerequisite_failed" 409
            "A step that this one needs has to be run first."
        TranscriptionBegun "transcription_begun" 409
            "What the speech engine is told can only change before it begins."
        TooManyHighlights "too_many_highlights" 409
            "The interview has the maximum number of highlights."
        TooManyNotes "too_many_notes" 409 "The interview has the maximum number of notes."
        BodyTooLarge "body_too_large" 413 "The request body is too large."
        RecordingTooLarge "recording_too_large" 413
            "The recording is too large."
        TooLarge "too_large" 413 "The result is too large to store."
        ContentTypeMissing "content_type_missing" 415
            "`Content-Type` does not say what the body is."
        RangeNotSatisfiable "range_not_satisfiable" 416
            "The range begins behind the end of the recording."
        UnknownHost "unknown_host" 421
            "The `Host` header does not name the embedded service: `PUBLIC_URL` does."
        EngineNotAvailable "engine_not_available" 422
            "No engine of this name, or none with this model, is set up for the step; the detail names those that are."
        FormatNotAvailable "format_not_available" 422
            "The service lacks the program that writes this format; the detail names it."
        InputUnusable "not_done" 422
            "It cannot be done with this input; the detail begins with the step's own code, such as `no_speech`."
        TranscriptUnreadable "transcript_unreadable" 422
            "The transcript has none of the formats that are read, or is damaged; the detail names what was found."
        TooManyRequests "too_many_requests" 429
            "The user or the address sent more requests than the rate limit allows; retry after `Retry-After`."
        TooManyStreams "too_many_streams" 429
            "The user has the maximum number of open streams."
        Internal "internal" 500 "An internal error occurred; it has been logged."
        IdentityUnavailable "identity_unavailable" 503
            "Tokens cannot be verified at the moment; try again."
        EngineUnavailable "not_done" 503
            "An engine is unavailable; the same request may succeed later."
        StorageFull "storage_full" 503
            "The disk of an embedded service is full: nothing can be stored until there is room."
        Unavailable "unavailable" 503 "The service is temporarily unavailable; try again."
    }
    others {
        WrongSender "foreign" 400 "The delivery is from an unexpected sender."
        Unreadable "unreadable" 400 "The delivery cannot be read."
        PermanentFailure "permanent_failure" 422 "The delivery can never be handled."
        TransientFailure "transient_failure" 503 "The delivery failed and may succeed when repeated."
        Later "later" 503 "The delivery is not due yet."
        InvalidArgument "invalid_argument" 400 "A field of the task is invalid."
        InvalidRequest "invalid_request" 400 "The request is invalid."
        ChecksumMismatch "crc32c_mismatch" 400 "The bytes do not have the declared CRC-32C."
        InvalidContentRange "invalid_content_range" 400 "`Content-Range` makes no sense."
        UploadTooSmall "upload_too_small" 400 "The upload has fewer bytes than were signed for."
        Unauthenticated "unauthenticated" 401 "The request names no function."
        Forbidden "forbidden" 403 "The function does not have the right."
        InvalidSignature "invalid_signature" 403 "The URL's signature is wrong."
        UrlExpired "url_expired" 403 "The URL has expired."
        HeaderNotAsSigned "header_not_as_signed" 403 "A header does not have the signed value."
        NoSuchUpload "no_such_upload" 404 "There is no such upload."
        UploadInterrupted "upload_interrupted" 408 "The upload was interrupted."
        ConditionNotMet "condition_not_met" 412 "The object does not meet the request's precondition."
        ObjectExists "already_uploaded" 412 "There is an object of that name."
        UploadTooLarge "upload_too_large" 413 "The upload has more bytes than were signed for."
    }
}

impl ErrorCode {
    /// The codes that clients of the API can meet, as they are sent.
    pub fn words() -> BTreeSet<&'static str> {
        Self::API.iter().map(|code| code.as_str()).collect()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_api_are_words_by_status() {
        assert!(ErrorCode::API.is_sorted_by_key(|code| code.status()));
        let pairs: BTreeSet<_> = ErrorCode::API
            .iter()
            .map(|code| (code.as_str(), code.status()))
            .collect();
        assert_eq!(pairs.len(), ErrorCode::API.len(), "one row each");
        for code in ErrorCode::API {
            let mut word = code.as_str().bytes();
            assert!(
                word.all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{code}"
            );
            assert!((400..600).contains(&code.status()), "{code}");
        }
    }
}
