//! Words in all interviews.

use axum::{Extension, Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Caller, WithNotice};
use crate::{
    error::ApiError,
    extract::QueryParameters,
    page::Page,
    search::{self, SearchHit, SearchQuery},
};

pub(super) const ABOUT: &str = "\
Finds passages of transcripts, titles, notes, highlights and analyses of the user's interviews \
that have all words of `q`; put phrases in quotation marks. Words are found whole, whatever their case and \
accents, and not by their meaning: try other words and inflections too. Each hit has the \
interview's id, who says it, when, a snippet and a `url` of that moment; read around it by \
`get_transcript` with `from_ms`. A hit in the field `highlight` is a passage that a person has \
marked, maybe of a transcript that is not shown any more. A page can be empty and still have a `next_page_token`.";

/// A page of what was found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// The passages of this page: those of the newest interview first.
    items: Vec<Hit>,
    /// What requests the next page; `null` on the last one.
    next_page_token: Option<String>,
}

/// A passage.
#[derive(Serialize, JsonSchema)]
struct Hit {
    #[serde(flatten)]
    hit: SearchHit,
    /// Where a person reads and hears it.
    url: String,
}

pub(super) async fn found(
    caller: &Caller,
    query: SearchQuery,
) -> Result<WithNotice<Found>, ApiError> {
    let (api, user) = (caller.api.clone(), caller.user.clone());
    let page = search::search(State(api), Extension(user), QueryParameters(query)).await?;
    let Json(Page {
        items,
        next_page_token,
    }) = page;
    let hits = items.into_iter().map(|hit| Hit {
        url: caller.link(&hit.interview_id, hit.start_ms),
        hit,
    });
    Ok(Found {
        items: hits.collect(),
        next_page_token,
    }
    .into())
}
