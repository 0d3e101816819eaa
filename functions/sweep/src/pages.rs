//! Long lists a page at a time: what cannot be dealt with does not keep the sweep from
//! what comes behind it.

use domain::ports::{Document, Query, Records, RecordsError};
use serde_json::Value;

/// How many documents are read at once.
const PAGE: usize = 200;

/// A list that is read a page at a time, to its end.
pub(crate) struct Pages<'a> {
    records: &'a dyn Records,
    query: Query,
    finished: bool,
}

impl<'a> Pages<'a> {
    /// Of a query that is ordered by a field.
    pub(crate) fn new(records: &'a dyn Records, query: Query) -> Self {
        let query = Query {
            limit: PAGE,
            ..query
        };
        Self {
            records,
            query,
            finished: false,
        }
    }

    /// The next page; nothing behind the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Document>>, RecordsError> {
        if self.finished {
            return Ok(None);
        }
        let page = self.records.list(&self.query).await?;
        self.finished = page.len() < PAGE;
        if let Some(last) = page.last() {
            let place = self
                .query
                .order_field()
                .map(|field| at(&last.fields, field));
            self.query.after = Some((place.unwrap_or(Value::Null), last.path.clone()));
        }
        Ok(Some(page))
    }
}

/// A field by its name, or by names joined by `.`.
fn at(fields: &Value, field: &str) -> Value {
    let found = field
        .split('.')
        .try_fold(fields, |value, name| value.get(name));
    found.cloned().unwrap_or_default()
}
