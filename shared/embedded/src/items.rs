//! The table of items of lists, by which documents are found whose list has an item.

use domain::paths::{DocPath, INTERVIEWS};
use rusqlite::Transaction;
use serde_json::Value;

use crate::error::StoreError;

/// The lists of texts that queries look into: the collections' name, and the field.
const LISTS: [(&str, &str); 1] = [(INTERVIEWS, "tag_keys")];

/// Whether the table has the items of that field in the collection with this path.
pub(crate) fn has(parent: &str, field: &str) -> bool {
    lists_of(parent).any(|own| own == field)
}

fn lists_of(parent: &str) -> impl Iterator<Item = &'static str> {
    let name = parent.rsplit('/').next().unwrap_or(parent);
    let lists = LISTS
        .iter()
        .filter(move |(collection, _)| *collection == name);
    lists.map(|(_, field)| *field)
}

/// Replaces the items of a document's lists by those of its new fields; without any they are
/// deleted.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    path: &DocPath,
    fields: Option<&Value>,
) -> Result<(), StoreError> {
    let (parent, _) = path.split();
    for field in lists_of(parent) {
        transaction
            .prepare_cached("DELETE FROM list_items WHERE path = ?1 AND field = ?2")?
            .execute((path.as_str(), field))?;
        let items = fields.and_then(|fields| fields[field].as_array());
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO list_items (parent, field, item, path) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for item in items.into_iter().flatten().filter_map(Value::as_str) {
            insert.execute((parent, field, item, path.as_str()))?;
        }
    }
    Ok(())
}
