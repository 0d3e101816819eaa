//! Lists of documents.

use domain::{
    paths::DocPath,
    ports::{Direction, Document, Query, Scope, Version},
};
use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::Value;

use crate::error::StoreError;

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
    let (sql, parameters) = compile(query, "path, fields, version");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        if let Some(path) = DocPath::parse(&path) {
            documents.push(document(
                path,
                row.get_ref(1)?.as_str().unwrap_or(""),
                row.get(2)?,
            )?);
        }
    }
    Ok(documents)
}

/// The paths of a query's results, without their fields.
pub(crate) fn run_paths(
    connection: &Connection,
    query: &Query,
) -> Result<Vec<DocPath>, StoreError> {
    let (sql, parameters) = compile(query, "path");
    let mut statement = connection.prepare_cached(&sql)?;
    let paths = statement.query_map(params_from_iter(parameters), |row| row.get(0))?;
    let paths: Vec<String> = paths.collect::<Result<_, _>>()?;
    Ok(paths
        .iter()
        .filter_map(|path| DocPath::parse(path))
        .collect())
}

fn compile(query: &Query, columns: &str) -> (String, Vec<Sql>) {
    let mut parameters = Vec::new();
    let mut conditions = vec![scope(&query.scope, &mut parameters)];
    for (field, value) in &query.equal {
        parameters.push(sql_value(value));
        conditions.push(format!("{} = ?{}", column(field), parameters.len()));
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

/// The literal collection name lets `SQLite` use the partial indexes.
fn scope(scope: &Scope, parameters: &mut Vec<Sql>) -> String {
    let (condition, name) = match scope {
        Scope::Collection(path) => {
            parameters.push(Sql::Text(path.clone()));
            ("parent = ?1 AND ", path.rsplit('/').next().unwrap_or(path))
        }
        Scope::Group(name) => ("", name.as_str()),
    };
    format!("{condition}collection = '{}'", quoted(name))
}

/// A field's value; the field's name comes from code, never from a client.
fn column(field: &str) -> String {
    format!("json_extract(fields, '$.{}')", quoted(field))
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

fn sql_value(value: &Value) -> Sql {
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
