//! Personal access tokens: making, listing and revoking them. `access` recognises them.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Private, Timestamp, UserId,
    access_token::{
        AccessToken, MAX_TOKEN_LIFETIME, MAX_TOKEN_NAME, MAX_TOKENS, MIN_TOKEN_LIFETIME,
        TOKEN_LIFETIME, TokenEntry, TokenScope, TokenSecret,
    },
    paths,
    ports::{Precondition, Query as RecordsQuery, RecordsError, Write},
    versions::{StripUnknown as _, UnknownFields, closed},
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, PathValues, QueryParameters},
    lifetime::lifetime,
    openapi::{errors, examples, parameters::TokenId},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::{LINE, invalid, is_name, whole},
};

/// The most that the JSON of a new token may have, in bytes.
const MAX_BODY: usize = 4 * 1024;

/// A new personal access token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// A name by which you know it again.
    #[schemars(length(min = 1, max = MAX_TOKEN_NAME), regex(pattern = LINE))]
    name: Private,
    /// What it permits: to read, or to read and to change.
    #[serde(deserialize_with = "closed")]
    scope: TokenScope,
    /// For how long it is good, in seconds; 90 days without it.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = MIN_TOKEN_LIFETIME.as_secs(), max = MAX_TOKEN_LIFETIME.as_secs()))]
    expires_in_s: Option<i64>,
}

/// A personal access token. Its secret is not shown again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(crate) struct TokenBody {
    /// Its id, which says nothing about the secret.
    id: String,
    /// The name.
    name: Private,
    /// What it permits.
    scope: TokenScope,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it is good.
    expires_at: Timestamp,
    /// The hour in which it was last used; `null` for one that never was.
    last_used_at: Option<Timestamp>,
}

/// A personal access token that has just been made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedToken")]
pub(crate) struct CreatedTokenBody {
    /// The token without its secret.
    #[serde(flatten)]
    body: TokenBody,
    /// The secret, which goes into `Authorization: Bearer`: shown in this response alone.
    #[schemars(with = "String")]
    token: Private,
}

impl From<AccessToken> for TokenBody {
    fn from(token: AccessToken) -> Self {
        let token = token.known_only();
        Self {
            id: token.id,
            name: token.name,
            scope: token.scope,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// List your access tokens
///
/// Newest first, those that have expired included. A token cannot list tokens.
#[utoipa::path(
    get, path = "/v1/tokens", operation_id = "list_tokens", tag = "Tokens",
    params(QueryParameters<PageQuery>),
    responses((status = 200, description = "The tokens, without their secrets.", body = ref("#/components/schemas/TokenPage"), example = json!(examples::page(&examples::token())))),
    extensions(("x-errors" = json!(errors(&[ErrorCode::InsufficientScope])))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<TokenBody>>, ApiError> {
    let tokens: Vec<AccessToken> = api
        .tokens(&user)
        .await?
        .into_iter()
        .map(|(_, own)| own)
        .collect();
    let place = |token: &AccessToken| -> PageCursor {
        (-token.created_at.as_millis(), 0, token.id.clone())
    };
    Ok(Json(sorted_page(&query, tokens, place, TokenBody::from)?))
}

/// Make an access token
///
/// Programs send it as `Authorization: Bearer` in the place of your own sign-in. The secret is
/// shown once. A repeated `Idempotency-Key` makes no second token and gets 409, because the
/// secret of the first is not kept. A token cannot make tokens.
#[utoipa::path(
    post, path = "/v1/tokens", operation_id = "create_token", tag = "Tokens",
    params(IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewToken"), examples(
        ("backup" = (summary = "To read, for 90 days", value = json!({"name": "Nightly export", "scope": "read"}))),
        ("upload" = (
            summary = "To change as well, for a week",
            value = json!({"name": "Upload script", "scope": "write", "expires_in_s": 604_800})
        )),
    )),
    responses((status = 201, description = "The token with its secret.", body = ref("#/components/schemas/CreatedToken"), example = examples::created_token)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::IdempotencyKeyUsed, ErrorCode::TooManyTokens])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewToken, MAX_BODY>,
) -> Result<Response, ApiError> {
    let lifetime = check(&new)?;
    let id = idempotency_key.id_in(&format!("{user}/tokens"));
    let entry_path = paths::token_entry(&user, &id).ok_or_else(no_token)?;
    if api.records.read(&entry_path).await?.is_some() {
        return Err(made_before().into());
    }
    let now = api.clock.now();
    let mut writes = api.make_room(&user, now).await?;
    let secret = TokenSecret::generate();
    let token = AccessToken {
        id,
        user_id: user,
        name: new.name,
        scope: new.scope,
        created_at: now,
        expires_at: now + lifetime,
        last_used_at: None,
        unknown: UnknownFields::default(),
    };
    let entry = TokenEntry {
        digest: secret.digest(),
        unknown: UnknownFields::default(),
    };
    let path = paths::access_token(&entry.digest);
    writes.push(Write::put(path, &token, Precondition::Absent)?);
    writes.push(Write::put(
        entry_path.clone(),
        &entry,
        Precondition::Absent,
    )?);
    match api.records.commit(writes).await {
        Err(stale @ RecordsError::Stale { .. }) => {
            let found = api.records.read(&entry_path).await?;
            // By the same key, at the same time; otherwise another writer was faster.
            let problem = found.map_or_else(|| stale.into(), |_| made_before());
            return Err(problem.into());
        }
        committed => committed?,
    }
    let body = CreatedTokenBody {
        body: token.into(),
        token: secret.reveal().into(),
    };
    let not_kept = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, not_kept, Json(body)).into_response())
}

/// Revoke an access token
///
/// From this response on it permits nothing. A token cannot revoke tokens.
#[utoipa::path(
    delete, path = "/v1/tokens/{token_id}", operation_id = "revoke_token", tag = "Tokens",
    params(TokenId),
    responses((status = 204, description = "The token is revoked.")),
)]
pub(crate) async fn revoke(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let path = paths::token_entry(&user, values.get("token_id")).ok_or_else(no_token)?;
    let entry: TokenEntry = api.stored(&path).await?.ok_or_else(no_token)?;
    let writes = vec![
        Write::delete(paths::access_token(&entry.digest)),
        Write::delete(path),
    ];
    api.records.commit(writes).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// A user's tokens with the digests of their secrets.
    async fn tokens(&self, user: &UserId) -> Result<Vec<(String, AccessToken)>, RecordsError> {
        let all = RecordsQuery::collection(paths::tokens_of(user));
        let entries: Vec<TokenEntry> = steps::readable(&self.records.list(&all).await?);
        let mut tokens = Vec::new();
        for entry in entries {
            let found = self
                .records
                .read(&paths::access_token(&entry.digest))
                .await?;
            let found = found.map(|document| steps::readable(&[document]));
            tokens.extend(
                found
                    .into_iter()
                    .flatten()
                    .map(|own| (entry.digest.clone(), own)),
            );
        }
        Ok(tokens)
    }

    /// What has to be deleted for one more token: where there are as many as a user may have,
    /// those that have expired.
    async fn make_room(&self, user: &UserId, now: Timestamp) -> Result<Vec<Write>, Problem> {
        let tokens = self.tokens(user).await?;
        if tokens.len() < MAX_TOKENS {
            return Ok(Vec::new());
        }
        let expired = tokens.iter().filter(|(_, own)| !own.is_good(now));
        let deletes: Vec<Write> = expired
            .flat_map(|(digest, own)| {
                let token = Write::delete(paths::access_token(digest));
                let entry = paths::token_entry(user, &own.id).map(Write::delete);
                std::iter::once(token).chain(entry)
            })
            .collect();
        if deletes.is_empty() {
            let detail = format!("a user has at most {MAX_TOKENS} access tokens; revoke one first");
            return Err(Problem::new(ErrorCode::TooManyTokens, detail));
        }
        Ok(deletes)
    }
}

/// The lifetime of a new token, if everything about it is accepted.
fn check(new: &NewToken) -> Result<Duration, Problem> {
    if !is_name(&new.name, MAX_TOKEN_NAME) {
        let why = format!("1 to {MAX_TOKEN_NAME} characters, without line ends and the like");
        return Err(invalid("name", &why));
    }
    lifetime(
        new.expires_in_s,
        TOKEN_LIFETIME,
        MIN_TOKEN_LIFETIME..=MAX_TOKEN_LIFETIME,
    )
}

fn made_before() -> Problem {
    let detail = "this key has made a token, whose secret is not kept: revoke that token if its \
        secret was lost, and send another key";
    Problem::new(ErrorCode::IdempotencyKeyUsed, detail)
}

fn no_token() -> Problem {
    Problem::new(ErrorCode::NoSuchToken, "there is no such token")
}
