//! `interviewlens get`.

use reqwest::Method;
use serde_json::Value;

use super::{
    arguments::GetArguments,
    connection::Connection,
    error::ClientError,
    shown::{Interview, checked_id},
    wait,
};
use crate::{
    exit::Exit,
    print::{self, cell, clock, plain, plain_lines},
};

/// Shows an interview.
pub(super) async fn run(
    connection: &Connection,
    arguments: GetArguments,
    json: bool,
) -> Result<Exit, ClientError> {
    let id = checked_id("the argument", &arguments.id)?;
    let mut exit = Exit::Done;
    if arguments.wait {
        let finished = wait::until_finished(connection, id).await?;
        exit = Exit::of_status(finished["status"].as_str().unwrap_or_default());
    }
    let parts = [
        ("transcript", arguments.transcript.is_some()),
        ("analysis", arguments.analysis),
    ];
    let parts = parts.into_iter().filter(|(_, is_wanted)| *is_wanted);
    let parts: Vec<&str> = parts.map(|(name, _)| name).collect();
    if json {
        let query = [("fields", parts.join(","))];
        let interview = connection.get(&["v1", "interviews", id], &query).await?;
        print::json(&interview)?;
        return Ok(exit);
    }
    if parts.is_empty() {
        let interview = wait::read(connection, id).await?;
        print::write_lines(&describe(&Interview::read(&interview)?))?;
        return Ok(exit);
    }
    if let Some(format) = &arguments.transcript {
        let file = format!("transcript.{format}");
        let url = connection.url(&["v1", "interviews", id, &file], &[]);
        let get = || connection.request(Method::GET, url.clone());
        let response = connection.send(get).await?;
        let text = response.text().await;
        let text = text.map_err(|error| ClientError::transport("the service", error))?;
        print::write_lines(&plain_lines(&text))?;
    }
    if arguments.analysis {
        let path = ["v1", "interviews", id, "analysis"];
        let analysis = connection.get(&path, &[]).await?;
        print::write_lines(&analysis_text(&analysis))?;
    }
    Ok(exit)
}

/// An interview and where its steps stand.
fn describe(interview: &Interview) -> String {
    let rows = [
        ("title", interview.title.clone()),
        ("id", interview.id.clone()),
        ("status", interview.status.clone()),
        ("kind", interview.kind.clone()),
        ("language", interview.language.clone().unwrap_or_default()),
        (
            "recorded",
            interview.recorded_at.clone().unwrap_or_default(),
        ),
        ("created", interview.created_at.clone()),
        ("recording", recording(interview)),
        (
            "collection",
            interview.collection_id.clone().unwrap_or_default(),
        ),
        ("tags", interview.tags.join(", ")),
        ("usable", reliability(interview)),
    ];
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let rows = rows.map(|(name, value)| format!("{name:<14}{}", plain(value)));
    let steps = interview.steps().map(|(name, step)| {
        let error = step.error.as_ref();
        let error = error.map(|error| format!("{}: {}", error.code, error.message));
        let progress = step.progress.filter(|_| step.state == "running");
        let progress = progress.map(|percent| format!("{percent} %"));
        let details = [&step.engine, &step.finished_at, &progress, &error];
        let details: Vec<&str> = details.into_iter().flatten().map(String::as_str).collect();
        plain(&format!(
            "{name:<14}{:<9}{}",
            step.state,
            details.join(", ")
        ))
    });
    rows.chain(steps).collect::<Vec<_>>().join("\n")
}

fn recording(interview: &Interview) -> String {
    let Some(audio) = &interview.audio else {
        return String::new();
    };
    let length = audio
        .duration_ms
        .map_or(String::new(), |ms| format!(", {}", clock(ms)));
    format!("{}, {} bytes{length}", audio.filename, audio.size_bytes)
}

/// Whether the transcript can be relied on.
fn reliability(interview: &Interview) -> String {
    match &interview.usable {
        None => String::new(),
        Some(usable) if usable.ok => "yes".into(),
        Some(usable) => format!("no: {}", usable.reasons.join(", ")),
    }
}

/// The analysis for people: what is in it for programs, `--json` prints.
fn analysis_text(analysis: &Value) -> String {
    let text = |value: &Value| plain(value.as_str().unwrap_or_default());
    let list = |name: &str| analysis[name].as_array().cloned().unwrap_or_default();
    let mut lines = vec![text(&analysis["summary"])];
    let mut section = |heading: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.extend([String::new(), heading.to_owned()]);
            lines.extend(items.into_iter().map(|item| format!("- {item}")));
        }
    };
    let statements = |name: &str| {
        let statements = list(name);
        let statements = statements.iter().map(|item| match item.as_str() {
            Some(statement) => plain(statement),
            None => text(&item["text"]),
        });
        statements.collect::<Vec<_>>()
    };
    section("Key points", statements("key_points"));
    let competencies = list("competencies");
    let competencies = competencies.iter().map(|item| {
        let name = cell(item["name"].as_str().unwrap_or_default());
        let rating = item["rating"].as_f64();
        let rating =
            rating.map_or_else(|| text(&item["status"]), |rating| format!("{rating} of 5"));
        format!("{name}: {rating}. {}", text(&item["rationale"]))
    });
    section("Competencies", competencies.collect());
    section("Strengths", statements("strengths"));
    section("Concerns", statements("concerns"));
    section("Follow-ups", statements("follow_ups"));
    let warnings = list("warnings");
    let warnings = warnings.iter().map(|warning| text(&warning["message"]));
    section("Warnings", warnings.collect());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn analysis_is_shown_with_ratings_or_why_there_are_none() {
        let analysis = json!({"summary": "Ada built a boat.", "key_points": [{"text": "A boat"}],
            "competencies": [{"name": "Ownership", "status": "assessed", "rating": 4, "rationale": "Finished it."},
                {"name": "Depth", "status": "insufficient_evidence", "rating": null, "rationale": ""}],
            "follow_ups": ["What was hard?"], "warnings": []});
        let text = analysis_text(&analysis);
        let expected = "Ada built a boat.\n\nKey points\n- A boat\n\nCompetencies\n\
                        - Ownership: 4 of 5. Finished it.\n- Depth: insufficient_evidence. \n\n\
                        Follow-ups\n- What was hard?";
        assert_eq!(text, expected);
    }
}
