//! Pages: their tokens, and the pages of what belongs to one interview, which is read
//! whole.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{ErrorCode, ports::Document};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    extract::parameter,
    list::{DEFAULT_LIMIT, MAX_LIMIT},
};

/// Where an item stands among the others: it is found again by that, also when it has
/// been deleted meanwhile. The id tells apart what would stand at the same place.
pub(crate) type PageCursor = (i64, i64, String);

/// The parameters of lists.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// How many items the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = MAX_LIMIT))]
    pub(crate) limit: usize,
    /// The `next_page_token` of the page before.
    #[serde(default)]
    pub(crate) page_token: Option<String>,
}

pub(crate) const fn usual_limit() -> usize {
    DEFAULT_LIMIT
}

pub(crate) fn limit<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    let parse = |text: &str| {
        text.parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
    };
    parameter(
        input,
        parse,
        &format!("`limit` takes a number from 1 to {MAX_LIMIT}"),
    )
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T> {
    /// The items of this page, in the order of the list.
    pub(crate) items: Vec<T>,
    /// The token that requests the next page; `null` on the last one.
    pub(crate) next_page_token: Option<String>,
}

/// The requested page of all items: sorted by their places, each as clients see it.
pub(crate) fn sorted_page<T, S>(
    query: &PageQuery,
    mut all: Vec<T>,
    place: impl Fn(&T) -> PageCursor,
    show: impl FnMut(T) -> S,
) -> Result<Page<S>, Problem> {
    all.sort_by_key(&place);
    let places: Vec<PageCursor> = all.iter().map(place).collect();
    page(query, &places, all.into_iter().map(show).collect())
}

/// The requested page, of items in the order of their places.
pub(crate) fn page<T>(
    query: &PageQuery,
    places: &[PageCursor],
    items: Vec<T>,
) -> Result<Page<T>, Problem> {
    let begin = match &query.page_token {
        None => 0,
        Some(token) => {
            let last: PageCursor = read_token(token)?;
            places.partition_point(|place| *place <= last)
        }
    };
    let end = items.len().min(begin + query.limit);
    let last = places[begin..end].last();
    let next = last.filter(|_| end < items.len());
    let next = next.map(|place| token(&json!(place)));
    let items = items.into_iter().skip(begin).take(end - begin);
    Ok(Page {
        items: items.collect(),
        next_page_token: next,
    })
}

/// Cuts documents, of which one more was read than a page has, to the page. Answers the token of
/// the next page, where there is one, by the field that they are sorted by.
pub(crate) fn cut(found: &mut Vec<Document>, limit: usize, order: &str) -> Option<String> {
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more)?;
    Some(token(&json!([last.fields[order], last.path.split().1])))
}

/// What to ask the page by that begins behind `last`.
pub(crate) fn token(last: &Value) -> String {
    URL_SAFE_NO_PAD.encode(last.to_string())
}

/// What a page begins behind.
pub(crate) fn read_token<T: DeserializeOwned>(token: &str) -> Result<T, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let last = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    last.ok_or_else(not_given_out)
}

pub(crate) fn not_given_out() -> Problem {
    let detail = "`page_token` is invalid";
    Problem::new(ErrorCode::InvalidParameter, detail)
}
