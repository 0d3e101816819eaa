//! Lists of documents.

use domain::{
    paths::DocPath,
    ports::{Direction, Document, Query, Scope, Version},
};
use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::Value;

use crate::{database::first_column, error::StoreError, items, passages};

/// A document from its row.
pub(crate) fn document(path: DocPath, fields: &str, version: i64) -> Result<Document, StoreError> {
    Ok(Document {
        path,
        fields: serde_json::from_str(fields)?,
        version: Version(version),
    })
}

/// Answers a query.
pub(crate) fn run(connection: &Connection, query: &Query) -> Result<Vec<Document>, StoreError> {
    if let Some(phrases) = &query.phrases {
        return passages::run(connection, query, phrases);
    }
    let (sql, parameters) = compile(query, "path, fields, version", are_few(connection, query)?);
    documents(connection, &sql, parameters)
}

/// The documents of a statement that returns their paths, fields and versions.
pub(crate) fn documents(
    connection: &Connection,
    sql: &str,
    parameters: Vec<Sql>,
) -> Result<Vec<Document>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        if let Some(path) = DocPath::parse(&path) {
            let fields = row.get_ref(1)?.as_str().unwrap_or("");
            documents.push(document(path, fields, row.get(2)?)?);
        }
    }
    Ok(documents)
}

/// The paths of a query's results, without their fields.
pub(crate) fn run_paths(
    connection: &Connection,
    query: &Query,
) -> Result<Vec<DocPath>, StoreError> {
    if query.phrases.is_some() {
        let found = run(connection, query)?.into_iter();
        return Ok(found.map(|document| document.path).collect());
    }
    let (sql, parameters) = compile(query, "path", are_few(connection, query)?);
    let paths: Vec<String> = first_column(connection, &sql, params_from_iter(parameters))?;
    Ok(paths
        .iter()
        .filter_map(|path| DocPath::parse(path))
        .collect())
}

/// How many documents with an item are read and put in order, rather than looked for in the
/// order of the list.
const FEW: usize = 500;

/// Whether so few documents have the item that is asked for that they are read first.
fn are_few(connection: &Connection, query: &Query) -> Result<bool, StoreError> {
    let (Scope::Collection(parent), Some((field, Value::String(item)))) =
        (&query.scope, &query.contains)
    else {
        return Ok(false);
    };
    if !items::has(parent, field) {
        return Ok(false);
    }
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM list_items
         WHERE parent = ?1 AND field = ?2 AND item = ?3 LIMIT {})",
        FEW + 1
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let count: usize = statement.query_row((parent, field, item), |row| row.get(0))?;
    Ok(count <= FEW)
}

fn compile(query: &Query, columns: &str, are_few: bool) -> (String, Vec<Sql>) {
    let mut parameters = Vec::new();
    let mut conditions = vec![scope(&query.scope, are_few, &mut parameters)];
    for (field, value) in &query.equal {
        parameters.push(sql_value(value));
        conditions.push(format!("{} = ?{}", column(field), parameters.len()));
    }
    if let Some((field, value)) = &query.contains {
        conditions.push(contains(&query.scope, field, value, &mut parameters));
    }
    if let Some((field, value)) = &query.at_least {
        parameters.push(sql_value(value));
        conditions.push(format!("{} >= ?{}", column(field), parameters.len()));
    }
    if let Some((field, value)) = &query.less_than {
        parameters.push(sql_value(value));
        conditions.push(format!("{} < ?{}", column(field), parameters.len()));
    }
    let (direction, beyond) = match query.direction {
        Direction::Ascending => ("ASC", ">"),
        Direction::Descending => ("DESC", "<"),
    };
    let order = query
        .order_field()
        .map_or_else(|| "path".to_owned(), column);
    if let Some(field) = query.order_field() {
        conditions.push(format!(
            "json_type(fields, '$.{}') IS NOT NULL",
            quoted(field)
        ));
    }
    if let Some((value, path)) = &query.after {
        parameters.push(sql_value(value));
        parameters.push(Sql::Text(path.as_str().to_owned()));
        let (value, path) = (parameters.len() - 1, parameters.len());
        conditions.push(match query.order_field() {
            Some(_) => format!("({order}, path) {beyond} (?{value}, ?{path})"),
            None => format!("?{value} IS ?{value} AND path {beyond} ?{path}"),
        });
    }
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT {columns} FROM documents WHERE {} \
         ORDER BY {order} {direction}, path {direction} LIMIT {limit}",
        conditions.join(" AND "),
    );
    (sql, parameters)
}

/// The literal collection name lets `SQLite` use the partial indexes. Where few documents are
/// named by other conditions it shall not walk the collection: the signs keep it from that.
fn scope(scope: &Scope, are_few: bool, parameters: &mut Vec<Sql>) -> String {
    let sign = if are_few { "+" } else { "" };
    let (condition, name) = match scope {
        Scope::Collection(path) => {
            parameters.push(Sql::Text(path.clone()));
            let name = path.rsplit('/').next().unwrap_or(path);
            (format!("{sign}parent = ?1 AND "), name)
        }
        Scope::Group(name) => (String::new(), name.as_str()),
    };
    format!("{condition}{sign}collection = '{}'", quoted(name))
}

/// That a list has the value among its items: by the table of items where that has the field,
/// by the documents themselves otherwise.
fn contains(scope: &Scope, field: &str, value: &Value, parameters: &mut Vec<Sql>) -> String {
    parameters.push(sql_value(value));
    let item = parameters.len();
    match (scope, value) {
        (Scope::Collection(path), Value::String(_)) if items::has(path, field) => format!(
            "path IN (SELECT path FROM list_items \
             WHERE parent = ?1 AND field = '{}' AND item = ?{item})",
            quoted(field)
        ),
        _ => format!(
            "json_type(fields, '$.{0}') = 'array' AND EXISTS (SELECT 1 \
             FROM json_each(fields, '$.{0}') AS items WHERE items.value = ?{item})",
            quoted(field)
        ),
    }
}

/// A field's value; the field's name comes from code, never from a client.
pub(crate) fn column(field: &str) -> String {
    format!("json_extract(fields, '$.{}')", quoted(field))
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

pub(crate) fn sql_value(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::Integer(i64::from(*truth)),
        Value::Number(number) => number.as_i64().map_or_else(
            || Sql::Real(number.as_f64().unwrap_or(f64::NAN)),
            Sql::Integer,
        ),
        Value::String(text) => Sql::Text(text.clone()),
        nested => Sql::Text(nested.to_string()),
    }
}
