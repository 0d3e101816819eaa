//! Schemas as tables of fields.

use serde_json::{Map, Value};

use super::html::{escape_text, inline};

/// All schemas, each with an anchor of its own.
pub(super) fn all(document: &Value) -> String {
    let schemas = document["components"]["schemas"].as_object();
    let parts = schemas.into_iter().flatten().map(|(name, schema)| {
        let about = inline(schema["description"].as_str().unwrap_or(""));
        let fields = fields(schema);
        format!("<article id=\"data-{name}\"><h3>{name}</h3><p>{about}</p>{fields}</article>\n")
    });
    format!("<h2 id=\"data\">Data</h2>\n{}", parts.collect::<String>())
}

/// The fields of an object, or nothing.
pub(super) fn fields(schema: &Value) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        let others = schema["allOf"].as_array().into_iter().flatten();
        let names = others.filter_map(|part| part["$ref"].as_str()).map(link);
        let names: Vec<String> = names.collect();
        return format!("<p>{}</p>", names.join(", "));
    };
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let (needed, others): (Vec<_>, Vec<_>) =
        properties.iter().partition(|(name, _)| is_required(name));
    let needed = needed.into_iter().map(|(name, one)| row(name, one, true));
    let rows = needed.chain(others.into_iter().map(|(name, one)| row(name, one, false)));
    table("Field", &rows.collect::<String>()) + &alternatives(schema)
}

/// The fields that an object has besides, in one way or another.
fn alternatives(schema: &Value) -> String {
    let ways = schema["oneOf"].as_array().into_iter().flatten();
    let ways = ways.map(|way| {
        let about = inline(way["description"].as_str().unwrap_or(""));
        format!("<p>{about}</p>{}", fields(way))
    });
    ways.collect()
}

pub(super) fn table(first: &str, rows: &str) -> String {
    format!(
        "<div class=\"scroll\"><table><tr><th>{first}</th><th>Type</th><th>Meaning</th></tr>\
         {rows}</table></div>"
    )
}

/// A field or parameter.
pub(super) fn row(name: &str, schema: &Value, needed: bool) -> String {
    let about = inline(schema["description"].as_str().unwrap_or(""));
    let (name, kind, limits) = (escape_text(name), kind(schema), limits(schema));
    let optional = if needed {
        ""
    } else {
        " <small>optional</small>"
    };
    format!(
        "<tr><td><code>{name}</code>{optional}</td><td>{kind}</td><td>{about}{limits}</td></tr>"
    )
}

/// A schema's type in words, with links.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return link(reference);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            let names = kinds.iter().filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(" or ")
        }
        Value::String(kind) if kind == "array" => {
            format!("array of {}", self::kind(&schema["items"]))
        }
        Value::String(kind) => kind.clone(),
        _ => "any".to_owned(),
    }
}

/// What a value may be, besides its type.
fn limits(schema: &Value) -> String {
    let mut said = Vec::new();
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| match value {
            Value::String(text) => format!("<code>{}</code>", escape_text(text)),
            other => format!("<code>{other}</code>"),
        });
        said.push(values.collect::<Vec<_>>().join(", "));
    }
    for (name, word) in [
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxLength", "at most, in characters:"),
        ("maxItems", "at most, in items:"),
        ("default", "without it:"),
    ] {
        let value = &schema[name];
        // That a count begins at zero needs no saying.
        let plain = name == "minimum" && *value == 0;
        if !value.is_null() && !plain {
            said.push(format!("{word} {}", escape_text(&value.to_string())));
        }
    }
    if said.is_empty() {
        return String::new();
    }
    format!(" <small>{}</small>", said.join("; "))
}

fn link(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or("");
    format!("<a href=\"#data-{name}\">{name}</a>")
}

/// What a reference of the document leads to, or the value itself.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"]
        .as_str()
        .and_then(|text| text.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}

/// The events of a stream.
pub(super) fn events(media: &Value) -> String {
    let events = media["x-events"].as_object();
    let rows = events.into_iter().flat_map(Map::iter).map(|(name, event)| {
        let about = inline(event["description"].as_str().unwrap_or(""));
        let data = kind(&event["data"]);
        format!("<tr><td><code>{name}</code></td><td>{data}</td><td>{about}</td></tr>")
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<h4>Events</h4>{}", table("Event", &rows))
}
