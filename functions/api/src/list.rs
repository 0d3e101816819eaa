//! Lists of interviews.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use domain::{
    ErrorCode, Interview, InterviewId, Timestamp, UserId,
    interview::Status,
    interview_store,
    paths::{DocPath, interviews_of},
    ports::{Direction, Query as RecordsQuery, RecordsError},
};
use futures::{TryStreamExt, stream};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use steps::readable;

use crate::{
    Api,
    error::ApiError,
    extract::{QueryParameters, parameter},
    openapi::{
        errors::{STORE, USER, errors},
        examples,
    },
    page::{Page, limit, not_given_out, read_token, token, usual_limit},
    view::InterviewBody,
};

/// The most items of a page.
pub(crate) const MAX_LIMIT: usize = 100;

/// The items of a page whose size is not requested.
pub(crate) const DEFAULT_LIMIT: usize = 20;

/// What `?status=` takes, and what a status can be.
pub(crate) const STATUSES: [&str; 5] = [
    Status::AwaitingUpload.as_str(),
    Status::Processing.as_str(),
    Status::Completed.as_str(),
    Status::Partial.as_str(),
    Status::Failed.as_str(),
];

/// The progress of how many running interviews is read at once.
const CONCURRENT_READS: usize = 16;

/// The parameters of the list of interviews.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// How many items the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = MAX_LIMIT))]
    limit: usize,
    /// The `next_page_token` of the page before.
    #[serde(default)]
    page_token: Option<String>,
    /// Only those with this status.
    #[serde(default, deserialize_with = "status")]
    #[schemars(extend("enum" = STATUSES))]
    status: Option<String>,
}

fn status<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let parse = |text: &str| STATUSES.contains(&text).then(|| Some(text.to_owned()));
    parameter(
        input,
        parse,
        &format!("`status` takes {}", STATUSES.join(", ")),
    )
}

/// List interviews, newest first
#[utoipa::path(
    get, path = "/v1/interviews", operation_id = "list_interviews", tag = "Interviews",
    params(QueryParameters<ListQuery>),
    responses((status = 200, description = "A page of interviews.", body = ref("#/components/schemas/InterviewPage"), example = json!(examples::page(&examples::interview())))),
    extensions(("x-errors" = json!(errors(
        &[&USER, &STORE, &[ErrorCode::UnknownParameter, ErrorCode::InvalidParameter]])))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<ListQuery>,
) -> Result<Json<Page<InterviewBody>>, ApiError> {
    let limit = query.limit;
    let after = query.page_token.as_deref();
    let wanted = RecordsQuery {
        equal: query
            .status
            .map(|status| ("status".into(), json!(status)))
            .into_iter()
            .collect(),
        order_by: Some("created_at".into()),
        direction: Direction::Descending,
        after: after.map(|token| place(token, &user)).transpose()?,
        // One more shows whether there is a next page.
        limit: limit + 1,
        ..RecordsQuery::collection(interviews_of(&user))
    };
    let mut found = api.records.list(&wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| {
        let (_, id) = last.path.split();
        token(&json!([last.fields["created_at"], id]))
    });
    // One that cannot be read, perhaps of a newer release, does not hide the others.
    let mut interviews: Vec<Interview> = readable(&found);
    interviews.retain(|interview| interview.deleted_at.is_none());
    let renewed = interviews.iter_mut().map(Ok::<_, RecordsError>);
    stream::iter(renewed)
        .try_for_each_concurrent(CONCURRENT_READS, |found| {
            interview_store::add_renewals(&*api.records, found)
        })
        .await?;
    let items = interviews.iter().map(|found| api.view(found)).collect();
    Ok(Json(Page {
        items,
        next_page_token: next,
    }))
}

/// Where the page begins.
fn place(token: &str, user: &UserId) -> Result<(Value, DocPath), Problem> {
    // A store refuses what cannot be the place of a document.
    let (created_at, id): (Timestamp, InterviewId) = read_token(token)?;
    let path = DocPath::parse(&format!("{}/{id}", interviews_of(user)));
    Ok((json!(created_at), path.ok_or_else(not_given_out)?))
}
