//! The interviews of a collection beside each other, under one rubric.
//!
//! `members` finds the interviews and the rubrics that they are assessed by, `row` what one of
//! them has for each competency, `tables` writes all of them as CSV or as a spreadsheet. An
//! interview that is assessed by another version or rubric is marked, and its ratings are left
//! out: ratings on different scales are not put beside each other. Nothing is added up.

mod members;
mod row;
mod tables;

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use domain::{ErrorCode, UserId, collections::Collection};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use self::members::MAX_COMPARED;
pub(crate) use self::{
    members::{ComparedRubric, Members},
    row::{CONCURRENT_ROWS, Cell, Comparable, ComparedInterview, ComparedQuote},
    tables::attachment,
};
use crate::{
    Api,
    error::ApiError,
    extract::{OwnCollection, QueryParameters},
    list::MAX_LIMIT,
    openapi::{errors, examples, parameters::CollectionId},
    page::{PageCursor, PageQuery, limit, page, usual_limit},
    shares::link::PublicUrl,
};

/// Which rubric is compared, and which page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonQuery {
    /// How many items the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = MAX_LIMIT))]
    limit: usize,
    /// The `next_page_token` of the page before.
    #[serde(default)]
    page_token: Option<String>,
    /// The `key` of one of `rubrics`; the one that most interviews of the collection are
    /// assessed by where it is left out.
    #[serde(default)]
    rubric: Option<String>,
}

/// Which rubric is compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RubricChoice {
    /// The `key` of one of the `rubrics` of the comparison; the one that most interviews of the
    /// collection are assessed by where it is left out.
    #[serde(default, deserialize_with = "given")]
    pub(crate) rubric: Option<String>,
}

fn given<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    String::deserialize(input).map(Some)
}

/// A page of a comparison.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comparison")]
pub(crate) struct ComparisonBody {
    /// The rubric that is compared; `null` where there are no interviews.
    rubric: Option<ComparedRubric>,
    /// All rubrics that interviews of the collection are assessed by, the most frequent first.
    rubrics: Vec<ComparedRubric>,
    /// The interviews, newest first.
    items: Vec<ComparedInterview>,
    /// The token that requests the next page; `null` on the last one.
    next_page_token: Option<String>,
}

/// Compare the interviews of a collection
///
/// Each interview with the rating of each competency by the engine and by a person, and the best
/// quote for it that is in the newest transcript. One that is assessed by another version or
/// rubric, is out of date or has no analysis is marked. At most 500 interviews can be compared.
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/comparison", operation_id = "compare_collection",
    tag = "Collections",
    params(CollectionId, QueryParameters<ComparisonQuery>),
    responses((status = 200, description = "A page of the comparison.", body = ref("#/components/schemas/Comparison"), example = examples::comparison)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::TooManyInterviews])))),
)]
pub(crate) async fn json(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<ComparisonQuery>,
    OwnCollection { user, collection }: OwnCollection,
) -> Result<Json<ComparisonBody>, ApiError> {
    let members = api.members(&user, &collection).await?;
    let rubric = members.rubric(query.rubric.as_deref())?;
    let places = members
        .interviews
        .iter()
        .map(|(created_at, id)| -> PageCursor {
            // Newest first, and in the order of the store where two are of one moment.
            (-created_at.as_millis(), 0, reversed(id.as_str()))
        });
    let places: Vec<PageCursor> = places.collect();
    let ids = members.interviews.into_iter().map(|(_, id)| id);
    let own = PageQuery {
        limit: query.limit,
        page_token: query.page_token,
    };
    let shown = page(&own, &places, ids.collect())?;
    let items = match &rubric {
        Some(rubric) => api.rows(&user, shown.items, rubric).await?,
        None => Vec::new(),
    };
    Ok(Json(ComparisonBody {
        rubric,
        rubrics: members.rubrics,
        items,
        next_page_token: shown.next_page_token,
    }))
}

/// A text that sorts the other way round than this one of ASCII characters.
fn reversed(text: &str) -> String {
    let bytes = text.bytes().map(|byte| char::from(127 - byte.min(127)));
    bytes.collect()
}

/// Download a comparison as CSV
///
/// A row for each interview, columns for each competency. Texts that a spreadsheet would take for
/// a formula begin with an apostrophe.
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/comparison.csv",
    operation_id = "compare_collection_as_csv", tag = "Collections",
    params(CollectionId, QueryParameters<RubricChoice>),
    responses((
        status = 200,
        description = "The table, by RFC 4180 in UTF-8.",
        body = String,
        content_type = "text/csv",
        headers(("Content-Disposition" = String, description = "An attachment by the name `comparison.csv`."))
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::TooManyInterviews])))),
)]
pub(crate) async fn csv(
    State(api): State<Arc<Api>>,
    QueryParameters(choice): QueryParameters<RubricChoice>,
    OwnCollection { user, collection }: OwnCollection,
    PublicUrl(origin): PublicUrl,
) -> Result<Response, ApiError> {
    let members = api.members(&user, &collection).await?;
    let rubric = members.rubric(choice.rubric.as_deref())?;
    tables::csv(api, user, members, rubric, origin).await
}

/// Download a comparison as a spreadsheet
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/comparison.xlsx",
    operation_id = "compare_collection_as_xlsx", tag = "Collections",
    params(CollectionId, QueryParameters<RubricChoice>),
    responses((
        status = 200,
        description = "An Excel workbook.",
        content(("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "An attachment by the name `comparison.xlsx`."))
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::TooManyInterviews])))),
)]
pub(crate) async fn xlsx(
    State(api): State<Arc<Api>>,
    QueryParameters(choice): QueryParameters<RubricChoice>,
    OwnCollection { user, collection }: OwnCollection,
    PublicUrl(origin): PublicUrl,
) -> Result<Response, ApiError> {
    let members = api.members(&user, &collection).await?;
    let rubric = members.rubric(choice.rubric.as_deref())?;
    tables::xlsx(&api, &user, members, rubric, origin).await
}

impl Api {
    /// The interviews of a user's collection and their rubrics.
    pub(crate) async fn members(
        &self,
        user: &UserId,
        collection: &Collection,
    ) -> Result<Members, Problem> {
        let members = Members::read(&*self.records, user, &collection.id).await?;
        members.ok_or_else(|| {
            let detail = format!(
                "the collection has more than the {MAX_COMPARED} interviews that can be compared: \
                 compare fewer of them in another collection"
            );
            Problem::new(ErrorCode::TooManyInterviews, detail)
        })
    }
}
