//! `GET /v1/search`: words in all interviews of a user, or in those of a collection or a tag.
//!
//! `page` fills a page with what is found; `within` finds in some interviews alone.

mod page;
mod within;

use std::{ops::Range, sync::Arc};

use axum::{Extension, Json, extract::State};
use domain::{
    InterviewId, InterviewKey, Private, Timestamp, UserId,
    paths::DocPath,
    search::{Field, Phrases},
    tags::MAX_TAG,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::{
    Api,
    error::ApiError,
    extract::{QueryParameters, parameter},
    openapi::examples,
    page::{Page, limit, not_given_out, read_token, token, usual_limit},
    validation::{LINE, is_short},
};

use self::page::HitPage;

/// The longest query, in characters: at most a hundred words.
const MAX_QUERY: usize = 200;

/// How many passages are read at once at least.
const MIN_READ: usize = 50;

/// The parameters of a search.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchQuery {
    /// Words, and phrases in quotation marks: 1 to 200 characters.
    #[serde(deserialize_with = "wanted")]
    #[schemars(length(min = 1, max = MAX_QUERY), extend("example" = "\"small boat\" sister"))]
    q: String,
    /// How many items the page has at most.
    #[serde(default = "usual_limit", deserialize_with = "limit")]
    #[schemars(range(min = 1, max = crate::list::MAX_LIMIT))]
    limit: usize,
    /// The `next_page_token` of the page before.
    #[serde(default)]
    page_token: Option<String>,
    /// Only in interviews of the collection with this id.
    #[serde(default)]
    collection_id: Option<String>,
    /// Only in interviews with this tag, whatever its case.
    #[serde(default, deserialize_with = "crate::list::tag")]
    #[schemars(length(min = 1, max = MAX_TAG), regex(pattern = LINE))]
    tag: Option<String>,
}

fn wanted<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let parse = |text: &str| {
        let is_valid = !text.is_empty() && is_short(text, MAX_QUERY);
        is_valid.then(|| text.to_owned())
    };
    let expected = format!("`q` takes 1 to {MAX_QUERY} characters");
    parameter(input, parse, &expected)
}

/// A passage that was found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SearchHit {
    /// The interview.
    pub(crate) interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// When it was created.
    created_at: Timestamp,
    /// What was found: a part of its `title`, its `transcript`, a `note`, its `analysis` or a
    /// `highlight`.
    field: Field,
    /// The id of the speaker who says it; `null` where it has none.
    speaker: Option<u32>,
    /// What the speaker is called.
    speaker_name: Option<Private>,
    /// When it is said: up to eight words before what was found; when what a note or an
    /// analysis is about is said; when a highlight begins. `null` where it has no time.
    pub(crate) start_ms: Option<u64>,
    /// The text around what was found, as plain text in one line.
    snippet: String,
    /// What was found in it.
    highlights: Vec<SnippetPart>,
}

/// A part of a snippet.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct SnippetPart {
    /// Its first character, counted in Unicode code points from 0.
    from: usize,
    /// The character behind its last one.
    to: usize,
}

impl From<Range<usize>> for SnippetPart {
    fn from(range: Range<usize>) -> Self {
        Self {
            from: range.start,
            to: range.end,
        }
    }
}

/// Find words in all interviews
///
/// Finds passages of titles, transcripts as they are corrected, notes, analyses, and highlights
/// with their tags, that have all words and phrases of `q`. A passage of a transcript has some three hundred words. Upper and
/// lower case and accents make no difference; words are found whole, and apostrophes and hyphens
/// separate them. The newest
/// interview comes first, and within it what is said first. Quotes of an analysis are found in
/// the transcript.
///
/// A page can have fewer items than its limit, or none, and still a next one: a request looks
/// at a limited number of passages.
#[utoipa::path(
    get, path = "/v1/search", operation_id = "search", tag = "Search",
    params(QueryParameters<SearchQuery>),
    responses((status = 200, description = "A page of what was found.", body = ref("#/components/schemas/SearchHitPage"), example = json!(examples::page(&examples::search_hit())))),
)]
pub(crate) async fn search(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<SearchQuery>,
) -> Result<Json<Page<SearchHit>>, ApiError> {
    let phrases = Phrases::parse(&query.q);
    let page = HitPage::new(&api, &user, &phrases, query.limit);
    if query.collection_id.is_some() || query.tag.is_some() {
        let interviews = within::Interviews::new(query.collection_id, query.tag);
        let begin = query.page_token.as_deref().map(within::place);
        return Ok(Json(page.within(&interviews, begin.transpose()?).await?));
    }
    let begin = query.page_token.as_deref();
    let begin = begin.map(|token| place(token, &user)).transpose()?;
    Ok(Json(page.of_all(begin).await?))
}

/// Behind which passage the next page begins.
fn place_token((order, path): &(i64, DocPath)) -> String {
    let (_, passage) = path.split();
    let interview = InterviewKey::from_path(path.as_str()).map(|key| key.interview_id);
    token(&json!([order, interview, passage]))
}

/// Where the page begins.
fn place(token: &str, user: &UserId) -> Result<(i64, DocPath), runtime::http::Problem> {
    let (order, interview, passage): (i64, InterviewId, String) = read_token(token)?;
    let key = InterviewKey {
        user_id: user.clone(),
        interview_id: interview,
    };
    Ok((order, passage_path(&key, &passage)?))
}

/// The path of a passage that a token names.
fn passage_path(key: &InterviewKey, passage: &str) -> Result<DocPath, runtime::http::Problem> {
    let path = DocPath::parse(&format!("{}/{passage}", key.passages()));
    // A store refuses what cannot be the place of a document.
    let is_ours =
        passage.len() < 100 && !passage.contains("__") && passage != "." && passage != "..";
    path.filter(|_| is_ours).ok_or_else(not_given_out)
}
