//! The highlights of all interviews of a collection.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Interview, InterviewId, Private, Timestamp, UserId,
    collections::COLLECTION_ID,
    highlights::Highlight,
    paths::{DocPath, interviews_of},
    ports::{Direction, Query},
    tags::{self, MAX_TAG},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use steps::readable;

use super::{place, shown::HighlightBody};
use crate::{
    Api,
    error::ApiError,
    extract::{OwnCollection, QueryParameters, parameter},
    list::MAX_LIMIT,
    openapi::{examples, parameters::CollectionId},
    page::{Page, PageCursor, limit, not_given_out, read_token, token, usual_limit},
    validation::{LINE, is_name},
};

/// How many interviews are read at once.
const INTERVIEWS: usize = 50;

/// The most interviews that one request looks at: with a tag that few have, the rest is on the
/// next pages.
const MAX_EXAMINED: usize = 200;

/// Of how many interviews the words are looked up at once.
const CONCURRENT_INTERVIEWS: usize = 4;

/// Which highlights of a collection are listed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionHighlightsQuery {
    /// How many items the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = MAX_LIMIT))]
    limit: usize,
    /// The `next_page_token` of the page before.
    #[serde(default)]
    page_token: Option<String>,
    /// Only those with this tag, whatever its case.
    #[serde(default, deserialize_with = "tag")]
    #[schemars(length(min = 1, max = MAX_TAG), regex(pattern = LINE))]
    tag: Option<Private>,
}

fn tag<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Private>, D::Error> {
    let parse = |text: &str| {
        let tag = Private::from(text);
        is_name(&tag, MAX_TAG).then(|| Some(tags::key(text)))
    };
    let expected = format!("`tag` takes 1 to {MAX_TAG} characters, without line ends and the like");
    parameter(input, parse, &expected)
}

/// A highlight of an interview of a collection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CollectionHighlight")]
pub(crate) struct CollectionHighlightBody {
    /// The interview.
    interview_id: InterviewId,
    /// The title of the interview.
    title: Private,
    /// When the recording of the interview was made, else when the interview was created.
    date: Timestamp,
    /// The path in the console at which it plays.
    url: String,
    #[serde(flatten)]
    highlight: HighlightBody,
}

/// Behind which item a page begins: the interview, by when it was created and its id, and the
/// highlight in it; behind all highlights of the interview where there is none.
type HighlightCursor = (Timestamp, InterviewId, Option<PageCursor>);

/// List the highlights of a collection
///
/// Those of the newest interview first, and of one interview by when their words began when they
/// were marked. A page can have fewer items than `limit`, or none: the last one has no
/// `next_page_token`.
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/highlights",
    operation_id = "list_collection_highlights", tag = "Collections",
    params(CollectionId, QueryParameters<CollectionHighlightsQuery>),
    responses((status = 200, description = "A page of highlights.", body = ref("#/components/schemas/CollectionHighlightPage"), example = json!(examples::page(&examples::collection_highlight())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    QueryParameters(query): QueryParameters<CollectionHighlightsQuery>,
    OwnCollection { user, collection }: OwnCollection,
) -> Result<Json<Page<CollectionHighlightBody>>, ApiError> {
    let after = query.page_token.as_deref().map(read_token).transpose()?;
    let search = Across {
        api: &api,
        user: &user,
        collection: &collection.id,
        tag: query.tag.as_ref(),
        limit: query.limit,
    };
    let (found, next) = search.page(after).await?;
    let shown = found.into_iter().map(|own| api.shown_of(own));
    let shown: Vec<Vec<CollectionHighlightBody>> = stream::iter(shown)
        .buffered(CONCURRENT_INTERVIEWS)
        .try_collect()
        .await?;
    Ok(Json(Page {
        items: shown.into_iter().flatten().collect(),
        next_page_token: next.map(|cursor| token(&json!(cursor))),
    }))
}

/// The highlights of an interview that are on a page.
type OfInterview = (Interview, Vec<Highlight>);

/// A list across a collection.
struct Across<'a> {
    api: &'a Api,
    user: &'a UserId,
    collection: &'a str,
    /// The key of the tag.
    tag: Option<&'a Private>,
    limit: usize,
}

impl Across<'_> {
    async fn page(
        &self,
        after: Option<HighlightCursor>,
    ) -> Result<(Vec<OfInterview>, Option<HighlightCursor>), Problem> {
        let mut page = PageOfHighlights::new(self.limit);
        let mut query = Query {
            equal: vec![(COLLECTION_ID.to_owned(), json!(self.collection))],
            order_by: Some("created_at".to_owned()),
            direction: Direction::Descending,
            limit: INTERVIEWS,
            ..Query::collection(interviews_of(self.user))
        };
        if let Some((created_at, id, place)) = after {
            let path = DocPath::parse(&format!("{}/{id}", interviews_of(self.user)));
            query.after = Some((json!(created_at), path.ok_or_else(not_given_out)?));
            if place.is_some()
                && let Some(interview) = self.member(id).await?
            {
                let highlights = self.of(&interview, place.as_ref()).await?;
                page.add(interview, highlights);
            }
        }
        let mut examined = 0;
        while !page.is_full() {
            let documents = self.api.records.list(&query).await?;
            examined += documents.len();
            let last = documents.last();
            let last = last.map(|last| (last.fields["created_at"].clone(), last.path.clone()));
            // One that cannot be read, perhaps of a newer release, does not hide the others.
            let interviews: Vec<Interview> = readable(&documents);
            for interview in interviews {
                if interview.deleted_at.is_none() && !page.is_full() {
                    let highlights = self.of(&interview, None).await?;
                    page.add(interview, highlights);
                }
            }
            if documents.len() < INTERVIEWS || page.is_full() {
                break;
            }
            if examined >= MAX_EXAMINED {
                return Ok((page.found, last.and_then(behind)));
            }
            query.after = last;
        }
        let next = page.cut();
        Ok((page.found, next))
    }

    /// An interview, if it is in the collection.
    async fn member(&self, interview_id: InterviewId) -> Result<Option<Interview>, Problem> {
        let found = self.api.interview(self.user, interview_id).await?;
        Ok(found.filter(|own| own.collection_id.as_deref() == Some(self.collection)))
    }

    /// The highlights of an interview behind a place, with the tag.
    async fn of(
        &self,
        interview: &Interview,
        after: Option<&PageCursor>,
    ) -> Result<Vec<Highlight>, Problem> {
        let mut all = self.api.counted_highlights(interview).await?;
        all.retain(|own| {
            let is_behind = after.is_none_or(|after| place(own) > *after);
            let mut keys = own.tags.iter().map(|tag| tags::key(tag.reveal()));
            is_behind && self.tag.is_none_or(|wanted| keys.any(|own| own == *wanted))
        });
        Ok(all)
    }
}

/// The place behind all highlights of the interview of a document.
fn behind((created_at, path): (serde_json::Value, DocPath)) -> Option<HighlightCursor> {
    let id = InterviewId::parse(path.split().1).ok()?;
    Some((serde_json::from_value(created_at).ok()?, id, None))
}

/// What is found for a page, with one more item where there are more.
struct PageOfHighlights {
    found: Vec<OfInterview>,
    limit: usize,
    count: usize,
}

impl PageOfHighlights {
    const fn new(limit: usize) -> Self {
        Self {
            found: Vec::new(),
            limit,
            count: 0,
        }
    }

    const fn is_full(&self) -> bool {
        self.count > self.limit
    }

    fn add(&mut self, interview: Interview, mut highlights: Vec<Highlight>) {
        highlights.truncate(self.limit + 1 - self.count);
        if !highlights.is_empty() {
            self.count += highlights.len();
            self.found.push((interview, highlights));
        }
    }

    /// Leaves out what is on the next page, and answers behind which item that begins.
    fn cut(&mut self) -> Option<HighlightCursor> {
        if !self.is_full() {
            return None;
        }
        let (_, highlights) = self.found.last_mut()?;
        highlights.pop();
        if highlights.is_empty() {
            self.found.pop();
        }
        let (interview, highlights) = self.found.last()?;
        let last = highlights.last().map(place);
        Some((interview.created_at, interview.id.clone(), last))
    }
}

impl Api {
    async fn shown_of(
        &self,
        (interview, highlights): OfInterview,
    ) -> Result<Vec<CollectionHighlightBody>, Problem> {
        let shown = self.shown_highlights(&interview, highlights).await?;
        let item = |highlight: HighlightBody| CollectionHighlightBody {
            interview_id: interview.id.clone(),
            title: interview.title.clone(),
            date: interview.derive_date(),
            url: format!("/app/interviews/{}?t={}", interview.id, highlight.start_ms),
            highlight,
        };
        Ok(shown.into_iter().map(item).collect())
    }
}
