//! Shares: links that open an interview, its report or a highlight without an account.
//! `shares::open` has what a link opens, `shares::quotation` the page of a highlight,
//! `shares::link` how a link is signed.

mod dress;
pub(crate) mod link;
pub(crate) mod open;
mod quotation;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Interview, InterviewKey, Timestamp,
    interview_store::Decision,
    ports::{Precondition, Query as RecordsQuery, RecordsError, Write},
    share::{
        MAX_SHARE_LIFETIME, MAX_SHARES, MIN_SHARE_LIFETIME, SHARE_LIFETIME, Share, ShareScope,
    },
    versions::{StripUnknown as _, UnknownFields, closed},
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use steps::readable;

use self::link::PublicUrl;
use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnInterview, PathValues, QueryParameters},
    highlights::{self, no_highlight},
    lifetime::lifetime,
    openapi::{errors, examples, parameters::ShareId},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::whole,
};

/// The most that the JSON of a new share may have, in bytes.
const MAX_BODY: usize = 4 * 1024;

/// A new share.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// What it shows: the report as it is stored (`report`), what is known of the interview
    /// now, with its transcript (`interview`), or the words of one highlight (`highlight`).
    #[serde(deserialize_with = "closed")]
    scope: ShareScope,
    /// The id of the highlight, where it shows one.
    #[serde(default)]
    highlight_id: Option<String>,
    /// Whether the recording can be listened to; of a highlight its own part alone.
    #[serde(default)]
    with_audio: bool,
    /// For how long the link opens, in seconds; 7 days without it.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = MIN_SHARE_LIFETIME.as_secs(), max = MAX_SHARE_LIFETIME.as_secs()))]
    expires_in_s: Option<i64>,
}

/// A link that opens without an account, until it expires or is revoked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Share")]
pub(crate) struct ShareBody {
    /// Its id.
    id: String,
    /// The link. Everybody who has it can open it.
    url: String,
    /// What it shows.
    scope: ShareScope,
    /// The id of the highlight that it shows; `null` where it shows none.
    highlight_id: Option<String>,
    /// Whether the recording can be listened to.
    with_audio: bool,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it opens.
    expires_at: Timestamp,
    /// How often its page was opened.
    views: u64,
    /// When that was last; `null` where it never was.
    last_viewed_at: Option<Timestamp>,
}

/// List the shares of an interview
///
/// Newest first, those that have expired included.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/shares", operation_id = "list_shares", tag = "Shares",
    params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The shares.", body = ref("#/components/schemas/SharePage"), example = json!(examples::page(&examples::share())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    public_url: PublicUrl,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<ShareBody>>, ApiError> {
    let key = interview.key();
    let shares = api.shares(&key).await?;
    let place =
        |share: &Share| -> PageCursor { (-share.created_at.as_millis(), 0, share.id.clone()) };
    let body = |share| api.share_body(&key, share, &public_url);
    Ok(Json(sorted_page(&query, shares, place, body)?))
}

/// Share an interview
///
/// The link opens by a plain `GET` without an account, until it expires or is revoked, or the
/// interview or the highlight is deleted. It shows and never changes anything.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/shares", operation_id = "create_share", tag = "Shares",
    params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewShare"), examples(
        ("report" = (summary = "The report, for a week", value = json!({"scope": "report"}))),
        ("interview" = (
            summary = "The interview with its recording, for a day",
            value = json!({"scope": "interview", "with_audio": true, "expires_in_s": 86_400})
        )),
        ("highlight" = (
            summary = "One highlight with its part of the recording",
            value = json!({"scope": "highlight", "highlight_id": examples::HIGHLIGHT_ID, "with_audio": true})
        )),
    )),
    responses((status = 201, description = "The share.", body = ref("#/components/schemas/Share"), example = examples::share)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::NoSuchHighlight, ErrorCode::TooManyShares])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    idempotency_key: IdempotencyKey,
    public_url: PublicUrl,
    JsonBody(new): JsonBody<NewShare, MAX_BODY>,
) -> Result<Response, ApiError> {
    let lifetime = lifetime(
        new.expires_in_s,
        SHARE_LIFETIME,
        MIN_SHARE_LIFETIME..=MAX_SHARE_LIFETIME,
    )?;
    let key = interview.key();
    let id = idempotency_key.id_in(&format!("{}/shares", key.interview_id));
    let path = key.share(&id).ok_or_else(no_share)?;
    if let Some(made) = api.stored(&path).await? {
        return Ok(api.created_share(&key, made, &public_url));
    }
    let kept = api.kept_highlight(&key, &new).await?;
    let now = api.clock.now();
    let share = Share {
        id,
        scope: new.scope,
        highlight_id: new.highlight_id,
        with_audio: new.with_audio,
        created_at: now,
        expires_at: now + lifetime,
        views: 0,
        last_viewed_at: None,
        unknown: UnknownFields::default(),
    };
    let mut writes = api.make_room_for_share(&key, now).await?;
    writes.push(Write::put(path.clone(), &share, Precondition::Absent)?);
    writes.extend(kept);
    let written = api.store_share(&key, writes).await?;
    let made = api.made_once(&path, share, written).await?;
    Ok(api.created_share(&key, made, &public_url))
}

/// Revoke a share
///
/// From this response on its link opens nothing.
#[utoipa::path(
    delete, path = "/v1/interviews/{id}/shares/{share_id}", operation_id = "revoke_share",
    tag = "Shares", params(OwnInterview, ShareId),
    responses((status = 204, description = "The share is revoked.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn revoke(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let path = interview.key().share(values.get("share_id"));
    let path = path.ok_or_else(no_share)?;
    if api.remove(&path).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_share().into())
    }
}

impl Api {
    /// All shares of an interview.
    async fn shares(&self, key: &InterviewKey) -> Result<Vec<Share>, RecordsError> {
        let all = RecordsQuery::collection(key.shares());
        Ok(readable(&self.records.list(&all).await?))
    }

    /// Of the share of a highlight, a write that leaves the highlight as it is: where it is
    /// deleted at the same time there is no share of it.
    async fn kept_highlight(
        &self,
        key: &InterviewKey,
        new: &NewShare,
    ) -> Result<Option<Write>, Problem> {
        let id = match (new.scope == ShareScope::Highlight, &new.highlight_id) {
            (false, None) => return Ok(None),
            (true, Some(id)) => id,
            (true, None) => {
                let why = "`highlight_id`: the id of the highlight that is shared";
                return Err(Problem::new(ErrorCode::InvalidField, why));
            }
            (false, Some(_)) => {
                let why = "`highlight_id`: only with the scope `highlight`";
                return Err(Problem::new(ErrorCode::InvalidField, why));
            }
        };
        let path = highlights::known(key, id)?;
        let found = self.records.read(&path).await?.ok_or_else(no_highlight)?;
        let precondition = Precondition::Version(found.version);
        Ok(Some(Write::Put {
            path,
            fields: found.fields,
            precondition,
        }))
    }

    /// The deletions of all shares of a highlight.
    pub(crate) async fn without_shares_of(
        &self,
        key: &InterviewKey,
        highlight: &str,
    ) -> Result<Vec<Write>, RecordsError> {
        let shares = self.shares(key).await?.into_iter();
        let own = shares.filter(|share| share.highlight_id.as_deref() == Some(highlight));
        let paths = own.filter_map(|share| key.share(&share.id));
        Ok(paths.map(Write::delete).collect())
    }

    /// What has to be deleted for one more share: where there are as many as an interview may
    /// have, those that have expired.
    async fn make_room_for_share(
        &self,
        key: &InterviewKey,
        now: Timestamp,
    ) -> Result<Vec<Write>, Problem> {
        let shares = self.shares(key).await?;
        if shares.len() < MAX_SHARES {
            return Ok(Vec::new());
        }
        let expired = shares.iter().filter(|share| share.expires_at <= now);
        let expired = expired.filter_map(|share| key.share(&share.id));
        let deletes: Vec<Write> = expired.map(Write::delete).collect();
        if deletes.is_empty() {
            let detail = format!("an interview has at most {MAX_SHARES} shares; revoke one first");
            return Err(Problem::new(ErrorCode::TooManyShares, detail));
        }
        Ok(deletes)
    }

    /// Commits the writes of a share in one transaction with its interview: one that is
    /// deleted at the same time has no share.
    async fn store_share(
        &self,
        key: &InterviewKey,
        writes: Vec<Write>,
    ) -> Result<Result<(), RecordsError>, Problem> {
        let decide = |_: &mut Interview| Ok(Decision::Write((), writes.clone()));
        let now = self.clock.now();
        change_interview(&*self.records, key, now, decide).await
    }

    fn share_body(&self, key: &InterviewKey, share: Share, public_url: &PublicUrl) -> ShareBody {
        let url = self.share_url(key, &share, public_url);
        let share = share.known_only();
        ShareBody {
            id: share.id,
            url,
            scope: share.scope,
            highlight_id: share.highlight_id,
            with_audio: share.with_audio,
            created_at: share.created_at,
            expires_at: share.expires_at,
            views: share.views,
            last_viewed_at: share.last_viewed_at,
        }
    }

    fn created_share(&self, key: &InterviewKey, share: Share, public_url: &PublicUrl) -> Response {
        let body = Json(self.share_body(key, share, public_url));
        let not_kept = [(header::CACHE_CONTROL, "no-store")];
        (StatusCode::CREATED, not_kept, body).into_response()
    }
}

fn no_share() -> Problem {
    Problem::new(ErrorCode::NoSuchShare, "there is no such share")
}
