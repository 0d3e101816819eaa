//! `interviewlens list` and `interviewlens search`.

use std::io::{self, Write as _};

use serde::Deserialize;

use super::{
    arguments::{ListArguments, SearchArguments},
    connection::Connection,
    error::ClientError,
    pages::{self, Page},
    shown::{Interview, checked_id},
};
use crate::{
    exit::Exit,
    print::{self, cell, clock, plain},
};

/// The length of a date in RFC 3339.
const DATE: usize = "2026-05-04".len();

/// Lists interviews.
pub(super) async fn interviews(
    connection: &Connection,
    arguments: ListArguments,
    json: bool,
) -> Result<Exit, ClientError> {
    if let Some(collection) = &arguments.collection {
        checked_id("--collection", collection)?;
    }
    let filters = [
        ("status", arguments.status),
        ("kind", arguments.kind),
        ("collection_id", arguments.collection),
        ("tag", arguments.tag),
        ("from", arguments.from.map(moment)),
        ("to", arguments.to.map(moment)),
    ];
    let path = ["v1", "interviews"];
    let page = pages::read(connection, &path, &filters, arguments.page).await?;
    if json {
        print::json(&page)?;
        return Ok(Exit::Done);
    }
    let mut rows = Vec::new();
    for item in &page.items {
        let interview = Interview::read(item)?;
        let date = interview.recorded_at.as_ref();
        let date = date.unwrap_or(&interview.created_at);
        rows.push(vec![
            plain(&interview.id),
            plain(date).chars().take(DATE).collect(),
            plain(&interview.kind),
            plain(&interview.status),
            interview.duration_ms().map_or("–".into(), clock),
            cell(&interview.title),
        ]);
    }
    print::table(&["ID", "DATE", "KIND", "STATUS", "LENGTH", "TITLE"], &rows)?;
    say_more(&page)?;
    Ok(Exit::Done)
}

/// A passage that was found.
#[derive(Deserialize)]
struct Hit {
    interview_id: String,
    title: String,
    field: String,
    speaker_name: Option<String>,
    start_ms: Option<u64>,
    snippet: String,
}

/// Finds words.
pub(super) async fn search(
    connection: &Connection,
    arguments: SearchArguments,
    json: bool,
) -> Result<Exit, ClientError> {
    if let Some(collection) = &arguments.collection {
        checked_id("--collection", collection)?;
    }
    let filters = [
        ("q", Some(arguments.words.join(" "))),
        ("collection_id", arguments.collection),
        ("tag", arguments.tag),
    ];
    let page = pages::read(connection, &["v1", "search"], &filters, arguments.page).await?;
    if json {
        print::json(&page)?;
        return Ok(Exit::Done);
    }
    let mut shown = None;
    let mut lines = Vec::new();
    for item in &page.items {
        let hit = Hit::deserialize(item);
        let hit = hit.map_err(|error| ClientError::Unreadable(error.to_string()))?;
        if shown.as_ref() != Some(&hit.interview_id) {
            let gap = if shown.is_some() { "\n" } else { "" };
            let (id, title) = (plain(&hit.interview_id), cell(&hit.title));
            lines.push(format!("{gap}{id}  {title}"));
        }
        lines.push(format!("  {}", found(&hit)));
        shown = Some(hit.interview_id);
    }
    print::write_lines(&lines.join("\n"))?;
    if page.items.is_empty() {
        writeln!(io::stderr(), "nothing was found")?;
    }
    say_more(&page)?;
    Ok(Exit::Done)
}

/// A hit on one line: when, where or by whom, and the words.
fn found(hit: &Hit) -> String {
    let time = hit.start_ms.map_or(String::new(), clock);
    let source = match &hit.speaker_name {
        Some(name) if hit.field == "transcript" => cell(name),
        _ => plain(&hit.field),
    };
    format!("{time:>7}  {source}: {}", plain(&hit.snippet))
}

/// A date stands for its first moment in UTC.
fn moment(text: String) -> String {
    let is_date = text.len() == DATE && text.chars().all(|it| it.is_ascii_digit() || it == '-');
    if is_date {
        return format!("{text}T00:00:00Z");
    }
    text
}

/// Says on standard error how the list goes on.
fn say_more(page: &Page) -> io::Result<()> {
    match &page.next_page_token {
        None => Ok(()),
        Some(token) => {
            let token = plain(token);
            writeln!(
                io::stderr(),
                "there are more: --all, or --page-token {token}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_its_first_moment() {
        assert_eq!(moment("2026-05-04".into()), "2026-05-04T00:00:00Z");
        let exact = "2026-05-04T11:30:00+02:00";
        assert_eq!(moment(exact.into()), exact);
    }
}
