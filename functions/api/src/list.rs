//! Lists of interviews.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use domain::{
    Interview, InterviewId, Timestamp, UserId,
    dates::{self, DATE},
    interview::{Kind, Status},
    interview_store,
    paths::{DocPath, interviews_of},
    ports::{Direction, Query as RecordsQuery, RecordsError},
    tags::{self, MAX_TAG},
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
    openapi::examples,
    page::{Page, cut, limit, not_given_out, read_token, usual_limit},
    validation::{LINE, is_name},
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
    /// Only those of this kind.
    #[serde(default, deserialize_with = "kind")]
    #[schemars(extend("enum" = Kind::WORDS))]
    kind: Option<String>,
    /// Only those in the collection with this id.
    #[serde(default)]
    collection_id: Option<String>,
    /// Only those with this tag, whatever its case.
    #[serde(default, deserialize_with = "tag")]
    #[schemars(length(min = 1, max = MAX_TAG), regex(pattern = LINE))]
    tag: Option<String>,
    /// Only those that were recorded at this time or later, or created then where it is not
    /// known when they were recorded: RFC 3339. The list is by that time then.
    #[serde(default, deserialize_with = "from")]
    #[schemars(extend("format" = "date-time"))]
    from: Option<Timestamp>,
    /// Only those that were recorded before this time, or created before where it is not known
    /// when they were recorded: RFC 3339. The list is by that time then.
    #[serde(default, deserialize_with = "to")]
    #[schemars(extend("format" = "date-time"))]
    to: Option<Timestamp>,
}

impl ListQuery {
    /// The field by which the list is in order.
    const fn order(&self) -> &'static str {
        if self.from.is_some() || self.to.is_some() {
            DATE
        } else {
            "created_at"
        }
    }

    /// What is read for a page: one more shows whether there is a next one.
    fn records_query(self, user: &UserId) -> Result<RecordsQuery, Problem> {
        let order = self.order();
        let after = self.page_token.as_deref();
        let after = after.map(|token| place(token, user)).transpose()?;
        let equal = [
            ("collection_id", self.collection_id),
            ("kind", self.kind),
            ("status", self.status),
        ];
        let equal = equal.into_iter();
        let date = |value: Option<Timestamp>| Some((DATE.to_owned(), json!(value?)));
        Ok(RecordsQuery {
            equal: equal
                .filter_map(|(field, value)| Some((field.to_owned(), json!(value?))))
                .collect(),
            contains: self
                .tag
                .map(|tag| ("tag_keys".to_owned(), json!(tags::key(&tag)))),
            at_least: date(self.from),
            less_than: date(self.to),
            order_by: Some(order.to_owned()),
            direction: Direction::Descending,
            after,
            limit: self.limit + 1,
            ..RecordsQuery::collection(interviews_of(user))
        })
    }
}

fn kind<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let parse = |text: &str| Kind::WORDS.contains(&text).then(|| Some(text.to_owned()));
    let expected = format!("`kind` takes {}", Kind::WORDS.join(", "));
    parameter(input, parse, &expected)
}

pub(crate) fn tag<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let is_tag = |text: &str| is_name(&text.into(), MAX_TAG);
    let parse = |text: &str| is_tag(text).then(|| Some(text.to_owned()));
    let expected = format!("`tag` takes 1 to {MAX_TAG} characters, without line ends and the like");
    parameter(input, parse, &expected)
}

fn from<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    moment(input, "from")
}

fn to<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    moment(input, "to")
}

fn moment<'de, D: Deserializer<'de>>(input: D, name: &str) -> Result<Option<Timestamp>, D::Error> {
    let parse = |text: &str| Timestamp::parse(text).ok().map(Some);
    let expected = format!("`{name}` takes a time in RFC 3339, such as `2026-05-04T00:00:00Z`");
    parameter(input, parse, &expected)
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
///
/// The filters can be combined. What is created while you read page after page does not move
/// what is on the next one.
#[utoipa::path(
    get, path = "/v1/interviews", operation_id = "list_interviews", tag = "Interviews",
    params(QueryParameters<ListQuery>),
    responses((status = 200, description = "A page of interviews.", body = ref("#/components/schemas/InterviewPage"), example = json!(examples::page(&examples::interview())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<ListQuery>,
) -> Result<Json<Page<InterviewBody>>, ApiError> {
    let (limit, order) = (query.limit, query.order());
    let wanted = query.records_query(&user)?;
    if order == DATE {
        dates::migrate(&*api.records, &user, api.clock.now()).await?;
    }
    let mut found = api.records.list(&wanted).await?;
    let next = cut(&mut found, limit, order);
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
    let (time, id): (Timestamp, InterviewId) = read_token(token)?;
    let path = DocPath::parse(&format!("{}/{id}", interviews_of(user)));
    Ok((json!(time), path.ok_or_else(not_given_out)?))
}
