//! The index of passages ([`domain::search`]), kept in the transaction of each document.
//!
//! `SQLite`'s FTS5 has for each word the rows that have it, in their order. A row's number is
//! the passage's place in the results, so that a page is read from where it begins, however
//! many results there are. Words are written with the number of their user before them.

use std::collections::BTreeSet;

use domain::{
    paths::DocPath,
    ports::{Document, Query},
    search::{ORDER, PASSAGES, PLACES, Phrases, TEXT, TOKENS_VERSION, Token, USER, tokens},
};
use rusqlite::{Connection, OptionalExtension as _, types::Value as Sql};
use serde_json::Value;

use crate::{
    error::StoreError,
    query::{column, documents, sql_value},
};

/// The counter that has the version of the tokens that the index was made with.
const VERSION: &str = "passage_tokens";

/// Follows a document of the collections `passages` that has changed.
pub(crate) fn follow(
    transaction: &Connection,
    path: &DocPath,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), StoreError> {
    let (parent, _) = path.split();
    if parent.rsplit('/').next() != Some(PASSAGES) || old == new {
        return Ok(());
    }
    if let Some(old) = old.and_then(Content::read) {
        remove(transaction, path, &old)?;
    }
    match new.and_then(Content::read) {
        Some(new) => add(transaction, path, &new),
        None => Ok(()),
    }
}

/// What is indexed of a passage.
struct Content<'a> {
    user: &'a str,
    text: &'a str,
    order: i64,
}

impl<'a> Content<'a> {
    fn read(fields: &'a Value) -> Option<Self> {
        Some(Self {
            user: fields.get(USER)?.as_str()?,
            text: fields.get(TEXT)?.as_str()?,
            order: fields.get(ORDER)?.as_i64()?,
        })
    }

    /// The words as the index has them: in their order, then what is found without it.
    fn words(&self, number: i64) -> String {
        let found = tokens(self.text);
        let ordered = found.iter().map(|token| token.text.as_str());
        let others: BTreeSet<&str> = found.iter().flat_map(Token::singles).collect();
        let prefixed: Vec<String> = ordered
            .chain(others)
            .map(|token| word(number, token))
            .collect();
        prefixed.join(" ")
    }
}

/// A word of a user. No word of another user is the same, because the number ends with the
/// first letter.
fn word(number: i64, token: &str) -> String {
    format!("{number}u{token}")
}

fn add(transaction: &Connection, path: &DocPath, new: &Content<'_>) -> Result<(), StoreError> {
    let number = number_or_next(transaction, new.user)?;
    let id = free_id(transaction, new.order)?;
    transaction
        .prepare_cached("INSERT INTO passages (id, path) VALUES (?1, ?2)")?
        .execute((id, path.as_str()))?;
    transaction
        .prepare_cached("INSERT INTO passage_words (rowid, words) VALUES (?1, ?2)")?
        .execute((id, new.words(number)))?;
    Ok(())
}

fn remove(transaction: &Connection, path: &DocPath, old: &Content<'_>) -> Result<(), StoreError> {
    let id: Option<i64> = id_of(transaction, path)?;
    let (Some(id), Some(number)) = (id, number(transaction, old.user)?) else {
        return Ok(());
    };
    transaction
        .prepare_cached(
            "INSERT INTO passage_words (passage_words, rowid, words) VALUES ('delete', ?1, ?2)",
        )?
        .execute((id, old.words(number)))?;
    transaction
        .prepare_cached("DELETE FROM passages WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// The place of a passage, or the next one behind it that is free: two interviews may have been
/// created in the same millisecond, and two notes be about the same second.
fn free_id(transaction: &Connection, order: i64) -> Result<i64, StoreError> {
    let mut taken = transaction.prepare_cached("SELECT 1 FROM passages WHERE id = ?1")?;
    let mut id = order;
    while taken.exists([id])? {
        id -= 1;
    }
    Ok(id)
}

fn id_of(connection: &Connection, path: &DocPath) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM passages WHERE path = ?1")?;
    Ok(statement
        .query_row([path.as_str()], |row| row.get(0))
        .optional()?)
}

fn number(connection: &Connection, user: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT number FROM passage_users WHERE user = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([user], |row| row.get(0)).optional()?)
}

fn number_or_next(transaction: &Connection, user: &str) -> Result<i64, StoreError> {
    if let Some(number) = number(transaction, user)? {
        return Ok(number);
    }
    transaction.execute("INSERT INTO passage_users (user) VALUES (?1)", [user])?;
    Ok(transaction.last_insert_rowid())
}

/// Answers a query for passages, the newest first.
pub(crate) fn run(
    connection: &Connection,
    query: &Query,
    phrases: &Phrases,
) -> Result<Vec<Document>, StoreError> {
    let mut equal = query.equal.iter();
    let user = equal.find(|(field, _)| field == USER);
    let user = user.and_then(|(_, value)| value.as_str()).unwrap_or("");
    let Some(number) = number(connection, user)? else {
        return Ok(Vec::new());
    };
    if phrases.is_empty() {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut parameters = vec![
        Sql::Text(expression(number, phrases)),
        Sql::Integer(before(connection, query)?),
        Sql::Integer(limit),
    ];
    let mut conditions = vec![
        "passage_words MATCH ?1".to_owned(),
        "passage_words.rowid < ?2".to_owned(),
    ];
    for (field, value) in query.equal.iter().filter(|(field, _)| field != USER) {
        parameters.push(sql_value(value));
        conditions.push(format!("{} = ?{}", column(field), parameters.len()));
    }
    add_bounds(query, &mut parameters, &mut conditions);
    // `CROSS JOIN` keeps the order: words, then their passages.
    let sql = format!(
        "SELECT documents.path, documents.fields, documents.version
         FROM passage_words
         CROSS JOIN passages ON passages.id = passage_words.rowid
         CROSS JOIN documents ON documents.path = passages.path
         WHERE {}
         ORDER BY passage_words.rowid DESC LIMIT ?3",
        conditions.join(" AND ")
    );
    documents(connection, &sql, parameters)
}

/// Adds the bounds of the order, by which a page reads the rows of one interview alone. A row may
/// lie behind its place ([`free_id`]), by far less than an interview has places: the fields say
/// which passages are meant.
fn add_bounds(query: &Query, parameters: &mut Vec<Sql>, conditions: &mut Vec<String>) {
    let slack = i64::try_from(PLACES).unwrap_or(i64::MAX);
    if let Some((field, value)) = &query.at_least {
        parameters.push(sql_value(value));
        let bound = parameters.len();
        conditions.push(format!("{} >= ?{bound}", column(field)));
        if let (ORDER, Some(order)) = (field.as_str(), value.as_i64()) {
            parameters.push(Sql::Integer(order.saturating_sub(slack)));
            let bound = parameters.len();
            conditions.push(format!("passage_words.rowid >= ?{bound}"));
        }
    }
    if let Some((field, value)) = &query.less_than {
        parameters.push(sql_value(value));
        let bound = parameters.len();
        conditions.push(format!("{} < ?{bound}", column(field)));
        if field == ORDER {
            conditions.push(format!("passage_words.rowid < ?{bound}"));
        }
    }
}

/// What FTS5 is asked. Tokens are letters and digits, so that none ends the quotation marks.
fn expression(number: i64, phrases: &Phrases) -> String {
    let phrases = phrases.phrases().iter().map(|phrase| {
        let words: Vec<String> = phrase.iter().map(|token| word(number, token)).collect();
        format!("\"{}\"", words.join(" "))
    });
    phrases.collect::<Vec<_>>().join(" AND ")
}

/// The row that a page lies behind. The passage at which the page before ended may have been
/// deleted: then the page begins behind its place.
fn before(connection: &Connection, query: &Query) -> Result<i64, StoreError> {
    let Some((order, path)) = &query.after else {
        return Ok(i64::MAX);
    };
    let id = id_of(connection, path)?;
    Ok(id.or(order.as_i64()).unwrap_or(i64::MAX))
}

/// Makes the index anew where it was made with other tokens than those of this release.
pub(crate) fn renew(transaction: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT value FROM counters WHERE name = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let version: Option<i64> = statement
        .query_row([VERSION], |row| row.get(0))
        .optional()?;
    if version == Some(TOKENS_VERSION) {
        return Ok(());
    }
    rebuild(transaction)?;
    transaction.execute(
        "INSERT OR REPLACE INTO counters (name, value) VALUES (?1, ?2)",
        (VERSION, TOKENS_VERSION),
    )?;
    Ok(())
}

/// Makes the index anew from the documents.
pub(crate) fn rebuild(transaction: &Connection) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO passage_words (passage_words) VALUES ('delete-all')",
        [],
    )?;
    transaction.execute("DELETE FROM passages", [])?;
    let sql = format!("SELECT path, fields FROM documents WHERE collection = '{PASSAGES}'");
    let mut statement = transaction.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        let fields: Value = serde_json::from_str(row.get_ref(1)?.as_str().unwrap_or(""))?;
        if let (Some(path), Some(content)) = (DocPath::parse(&path), Content::read(&fields)) {
            add(transaction, &path, &content)?;
        }
    }
    Ok(())
}
