//! The document as a page for people: one file, no script, nothing from elsewhere.

mod call;
mod curl;
mod html;
mod schema;

use std::sync::LazyLock;

use axum::response::IntoResponse;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ErrorCode, steps::Code};
use http::header;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use self::html::escape_text;
use self::html::{escape, prose};
use super::{DOCUMENT, operations};

const STYLE: &str = include_str!("page.css");

static PAGE: LazyLock<String> = LazyLock::new(|| render(&DOCUMENT));

/// Only this style is let in, and nothing else at all.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
});

/// Read this description as a page
#[utoipa::path(
    get, path = "/", operation_id = "documentation", tag = "Service", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
    ];
    (headers, PAGE.as_str())
}

/// A call as the document has it.
struct Call<'a> {
    path: &'a str,
    method: &'a str,
    operation: &'a Value,
}

/// All calls, by their paths, and the one that the service makes.
fn calls(document: &Value) -> Vec<Call<'_>> {
    let paths =
        operations().flat_map(|(path, methods)| methods.iter().map(move |method| (path, method)));
    let calls = paths.map(|(path, method)| Call {
        path,
        method: method.as_str(),
        operation: &document["paths"][path][method.as_str().to_ascii_lowercase()],
    });
    let webhook = Call {
        path: "your webhook_url",
        method: "POST",
        operation: &document["webhooks"]["interview"]["post"],
    };
    calls.chain([webhook]).collect()
}

fn render(document: &Value) -> String {
    let info = &document["info"];
    let calls = calls(document);
    let tags = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let groups = tags.iter().map(|tag| group(document, tag, &calls));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} API</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{nav}\n<main>\n\
         <h1>{title} API</h1>\n<p>{summary}. Version {version}, as \
         <a href=\"/openapi.json\">OpenAPI 3.1</a>. Interviews are shown in the \
         <a href=\"/app\">console</a>.</p>\n{about}\n{security}\n{groups}\n\
         {data}\n{codes}\n</main>\n</body>\n</html>\n",
        title = escape(&info["title"]),
        summary = escape(&info["summary"]),
        version = escape(&info["version"]),
        nav = navigation(tags, &calls),
        about = prose(&info["description"]),
        security = security(document),
        groups = groups.collect::<String>(),
        data = schema::all(document),
        codes = codes(),
    )
}

fn navigation(tags: &[Value], calls: &[Call]) -> String {
    let groups = tags.iter().map(|tag| {
        let own = calls
            .iter()
            .filter(|call| call.operation["tags"][0] == tag["name"]);
        let links = own.map(|call| {
            let (id, summary) = (&call.operation["operationId"], &call.operation["summary"]);
            format!("<a href=\"#{}\">{}</a>", escape(id), escape(summary))
        });
        format!(
            "<b>{}</b>{}",
            escape(&tag["name"]),
            links.collect::<String>()
        )
    });
    format!(
        "<nav aria-label=\"Contents\"><a href=\"#who\">Who is asking</a>{}\
         <b>Reference</b><a href=\"#data\">Data</a><a href=\"#codes\">Error codes</a>\
         <a href=\"#step-codes\">Why a step did not succeed</a></nav>",
        groups.collect::<String>()
    )
}

fn security(document: &Value) -> String {
    let schemes = &document["components"]["securitySchemes"];
    let ways =
        ["bearer", "user_id", "audio_token"].map(|name| prose(&schemes[name]["description"]));
    format!(
        "<h2 id=\"who\">Who is asking</h2>\n{}\n<p>The examples below have the service's address \
         in <code>API_URL</code>, a token in <code>TOKEN</code> and ids in <code>id</code>, \
         <code>note_id</code> and so on:</p>\n<pre>API_URL=…\nTOKEN=…\ncurl \
         \"$API_URL/v1/interviews\" -H \"Authorization: Bearer $TOKEN\"\n\n# locally, without a \
         token\ncurl \"$API_URL/v1/interviews\" -H \"X-User-Id: anna\"</pre>",
        ways.concat()
    )
}

fn group(document: &Value, tag: &Value, calls: &[Call]) -> String {
    let own = calls
        .iter()
        .filter(|call| call.operation["tags"][0] == tag["name"]);
    let own = own.map(|one| call::render(document, one));
    let (name, about) = (escape(&tag["name"]), prose(&tag["description"]));
    format!("<h2>{name}</h2>\n{about}\n{}", own.collect::<String>())
}

fn codes() -> String {
    let rows = ErrorCode::API.iter().map(|code| {
        let why = prose(&Value::from(code.meaning()));
        let status = code.status();
        format!("<tr><td><code>{code}</code></td><td>{status}</td><td>{why}</td></tr>")
    });
    format!(
        "<h2 id=\"codes\">Error codes</h2>\n<div class=\"scroll\"><table><tr><th>Code</th>\
         <th>Status</th><th>Meaning</th></tr>{}</table></div>\n{}",
        rows.collect::<String>(),
        step_codes()
    )
}

fn step_codes() -> String {
    let rows = Code::ALL.iter().map(|code| {
        let meaning = prose(&Value::from(code.meaning()));
        format!(
            "<tr><td><code>{}</code></td><td>{meaning}</td></tr>",
            code.as_str()
        )
    });
    format!(
        "<h2 id=\"step-codes\">Why a step did not succeed</h2>\n<p>In \
         <code>steps.*.error</code>; <code>retryable</code> says whether running the step again \
         may help.</p>\n<div class=\"scroll\"><table><tr><th>Code</th><th>Meaning</th></tr>{}\
         </table></div>",
        rows.collect::<String>()
    )
}
