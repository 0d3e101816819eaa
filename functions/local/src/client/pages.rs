//! Lists of a service, page after page.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{arguments::PageOptions, connection::Connection, error::ClientError};

/// The most items that the service puts on a page.
const MAX_PAGE: usize = 100;

/// A part of a list.
#[derive(Serialize, Deserialize)]
pub(super) struct Page {
    /// The items.
    pub(super) items: Vec<Value>,
    /// Where the list goes on.
    pub(super) next_page_token: Option<String>,
}

/// Reads as much of a list, by the filters that are given, as was requested. Pages can have fewer
/// items than their limit.
pub(super) async fn read(
    connection: &Connection,
    path: &[&str],
    filters: &[(&str, Option<String>)],
    options: PageOptions,
) -> Result<Page, ClientError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let limit = if options.all { usize::MAX } else { limit };
    let mut items = Vec::new();
    let mut next_page_token = options.page_token;
    loop {
        let count = (limit - items.len()).min(MAX_PAGE);
        let given = filters.iter();
        let given = given.filter_map(|(name, value)| Some((*name, value.clone()?)));
        let mut query: Vec<_> = given.collect();
        query.push(("limit", count.to_string()));
        query.extend(next_page_token.map(|token| ("page_token", token)));
        let page = connection.get(path, &query).await?;
        let page: Page = serde_json::from_value(page)
            .map_err(|error| ClientError::Unreadable(error.to_string()))?;
        items.extend(page.items);
        next_page_token = page.next_page_token;
        if next_page_token.is_none() || items.len() >= limit {
            return Ok(Page {
                items,
                next_page_token,
            });
        }
    }
}
