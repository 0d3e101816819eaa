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

/// A list, filtered.
pub(super) struct Listing<'a> {
    /// The path of the list.
    pub(super) path: &'a [&'a str],
    /// The filters.
    pub(super) query: Vec<(&'static str, String)>,
}

impl Listing<'_> {
    /// Reads as much as was requested. Pages can have fewer items than their limit.
    pub(super) async fn read(
        &self,
        connection: &Connection,
        options: PageOptions,
    ) -> Result<Page, ClientError> {
        let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
        let limit = if options.all { usize::MAX } else { limit };
        self.read_up_to(connection, limit, options.page_token).await
    }

    /// Reads all of it.
    pub(super) async fn read_all(
        &self,
        connection: &Connection,
    ) -> Result<Vec<Value>, ClientError> {
        let page = self.read_up_to(connection, usize::MAX, None).await?;
        Ok(page.items)
    }

    async fn read_up_to(
        &self,
        connection: &Connection,
        limit: usize,
        page_token: Option<String>,
    ) -> Result<Page, ClientError> {
        let mut items = Vec::new();
        let mut next_page_token = page_token;
        loop {
            let count = (limit - items.len()).min(MAX_PAGE);
            let mut query = self.query.clone();
            query.push(("limit", count.to_string()));
            query.extend(next_page_token.map(|token| ("page_token", token)));
            let page = connection.get(self.path, &query).await?;
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
}

/// The filters that are given.
pub(super) fn filters<const N: usize>(
    given: [(&'static str, Option<String>); N],
) -> Vec<(&'static str, String)> {
    let given = given.into_iter();
    given
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
