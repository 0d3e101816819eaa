//! The report of a collection as a Word document.

use std::io::Read as _;

use domain::{
    Interview, InterviewId, InterviewKey, UserId,
    ports::{Clock as _, Precondition, Write},
};
use http::Method;
use serde_json::json;

use crate::{
    comparison::{collection, start, submit},
    support::TestHost,
    themes::Scene,
};

/// The text of the report, a line to each paragraph, and where it leads to.
async fn report(test: &TestHost, path: &str) -> (String, String) {
    let response = test.client.get(format!("{}{path}", test.url));
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"report.docx\""
    );
    assert_eq!(
        headers["content-type"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    );
    let bytes = response.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    let mut part = archive.by_name("word/document.xml").unwrap();
    part.read_to_string(&mut xml).unwrap();
    let between = |text: &str, from: &str, to: &str| -> Vec<String> {
        let parts = text.split(from).skip(1);
        let parts = parts.filter_map(|rest| rest.split_once(to));
        parts.map(|(own, _)| own.to_owned()).collect()
    };
    let paragraphs = xml.split("</w:p>").map(|paragraph| {
        let texts = between(paragraph, "<w:t xml:space=\"preserve\">", "</w:t>");
        texts.concat()
    });
    let text: Vec<String> = paragraphs.filter(|text| !text.is_empty()).collect();
    let links = between(&xml, "HYPERLINK", "</w:instrText>");
    (text.join("\n"), links.join("\n"))
}

fn assert_has(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test]
async fn report_has_the_comparison_the_highlights_and_every_interview() {
    let test = start().await;
    let (rubric, id, _) = collection(&test).await;
    let path = format!("/v1/collections/{}/report.docx", id.as_str().unwrap());
    let (text, _) = report(&test, &path).await;
    assert_has(
        &text,
        &["Engineer", "The collection has no interviews yet."],
    );
    let ada = submit(&test, "Ada & <Co>", &id).await;
    let bob = submit(&test, "Bob", &id).await;
    let change = json!({"competencies": [{"name": "Ownership"}]});
    let rubric_path = format!("/v1/rubrics/{}", rubric["id"].as_str().unwrap());
    test.ask(Method::PATCH, &rubric_path, Some(change)).await;
    submit(&test, "Cy", &id).await;
    let assessment = json!({"competencies": [{"name": "ownership", "rating": 2,
        "comment": "Few examples."}], "decision": "Advance", "author": "Grace"});
    let of = |rest: &str| format!("/v1/interviews/{ada}{rest}");
    test.ask(Method::PUT, &of("/assessment"), Some(assessment))
        .await;
    let highlight = json!({"from": "w0", "to": "w2", "tags": ["Boats"]});
    let (status, _) = test
        .ask(Method::POST, &of("/highlights"), Some(highlight))
        .await;
    assert_eq!(status, 201);
    let (text, links) = report(&test, &path).await;
    assert_has(
        &text,
        &[
            "2 of 3 interviews are compared by the rubric \u{201c}Engineers\u{201d}, version 1.",
            "Assessed by another rubric or version: ratings are not mixed.",
            "Ada &amp; &lt;Co&gt;",
            "Engine\u{a0}4   Person\u{a0}2",
            "Engine\u{a0}4   Person\u{a0}–",
            "Few examples.",
            "✓\u{a0}\u{201c}I built a small boat with my sister\u{201d} Ada,\u{a0}0:35",
            "Boats (1)",
            "\u{201c}what did you\u{201d} Grace, Ada &amp; &lt;Co&gt;,\u{a0}0:00",
            "Decision: Advance (by Grace)",
            "Length 1:19",
            "How quotes were checked",
            "Analysed by rater (scripted).",
        ],
    );
    assert!(!text.contains("Themes"), "they were not looked for: {text}");
    assert!(!text.contains("never said by anyone"), "{text}");
    for id in [&ada, &bob] {
        let moment = format!("{}/app/interviews/{id}?t=35000", test.url);
        assert!(links.contains(&moment), "{moment}: {links}");
    }
    // The other version.
    let compared = test
        .get(&format!(
            "/v1/collections/{}/comparison",
            id.as_str().unwrap()
        ))
        .await;
    let second = compared["rubrics"][1]["key"].as_str().unwrap();
    let (text, _) = report(&test, &format!("{path}?rubric={second}")).await;
    assert_has(&text, &["1 of 3 interviews are compared", "version 2"]);
    let (status, problem) = test
        .ask(Method::GET, &format!("{path}?rubric=x"), None)
        .await;
    let found = (status, problem["code"].as_str());
    assert_eq!(found, (400, Some("invalid_parameter")));
}

#[tokio::test]
async fn a_correction_takes_its_quote_out_of_the_report() {
    let test = start().await;
    let (_, id, _) = collection(&test).await;
    let path = format!("/v1/collections/{}/report.docx", id.as_str().unwrap());
    let bob = submit(&test, "Bob", &id).await;
    let transcript = format!("/v1/interviews/{bob}/transcript");
    let words = test.get(&transcript).await;
    let words = words["words"].as_array().unwrap();
    let word = |text: &str| {
        let found = words.iter().find(|word| word["text"] == text);
        found.unwrap()["id"].clone()
    };
    let correction = json!({"base_revision": 0, "operations": [
        {"op": "replace_words", "from": word("built"), "to": word("sister"), "text": "nothing"},
    ]});
    test.ask(Method::PATCH, &transcript, Some(correction)).await;
    let (text, _) = report(&test, &path).await;
    assert_has(
        &text,
        &[
            "⚠ Out of date",
            "1 analysis is out of date",
            "⚠ The transcript or the speakers have changed since the analysis.",
        ],
    );
    assert!(!text.contains("small boat"), "{text}");
}

#[tokio::test]
async fn themes_of_the_report_follow_the_collection() {
    let scene = Scene::set().await;
    let path = format!("/v1/collections/{}/report.docx", scene.collection);
    scene.made().await;
    let (text, links) = report(&scene.test, &path).await;
    assert_has(
        &text,
        &[
            "Boats of the family",
            "They work on wooden boats.",
            "Supported by 2 interviews",
            "small wooden boat",
            "Contradicted by 1 interview",
            "Themes by themer (scripted).",
        ],
    );
    assert!(!text.contains("Out of date"), "{text}");
    for id in &scene.ids {
        assert!(links.contains(id), "{links}");
    }
    let out = json!({"collection_id": null});
    let contradicts = format!("/v1/interviews/{}", scene.ids[2]);
    scene.test.ask(Method::PATCH, &contradicts, Some(out)).await;
    let (text, _) = report(&scene.test, &path).await;
    let stale = "⚠ Out of date. 1 interview is not in the collection any more since.";
    assert_has(&text, &[stale]);
    let delete = format!("/v1/interviews/{}", scene.ids[0]);
    assert_eq!(scene.test.ask(Method::DELETE, &delete, None).await.0, 204);
    let (text, _) = report(&scene.test, &path).await;
    assert!(!text.contains("small wooden boat"), "{text}");
    assert!(!text.contains("Boats of the family"), "{text}");
}

#[tokio::test]
async fn interviews_without_an_analysis_are_listed_with_the_reason() {
    let test = start().await;
    let (_, id, _) = collection(&test).await;
    submit(&test, "Ada", &id).await;
    let new = json!({"title": "Dora", "collection_id": id});
    let (status, made) = test.ask(Method::POST, "/v1/interviews", Some(new)).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1/collections/{}/report.docx", id.as_str().unwrap());
    let (text, _) = report(&test, &path).await;
    assert_has(
        &text,
        &[
            "1 of 2 interviews are compared",
            "It has no recording yet.",
            "There is no summary.",
        ],
    );
}

#[tokio::test]
async fn a_collection_with_too_many_interviews_is_refused() {
    let test = TestHost::start().await;
    let new = json!({"title": "All"});
    let (_, made) = test.ask(Method::POST, "/v1/collections", Some(new)).await;
    let id = made["id"].as_str().unwrap();
    let (records, now) = (test.host.store.records(), test.clock.now());
    let writes = (0..501).map(|_| {
        let key = InterviewKey {
            user_id: UserId::parse("local").unwrap(),
            interview_id: InterviewId::generate(),
        };
        let mut interview = Interview::new(&key, "One of many".into(), now);
        interview.collection_id = Some(id.to_owned());
        Write::put(key.document(), &interview, Precondition::Absent).unwrap()
    });
    let mut writes: Vec<Write> = writes.collect();
    let last = writes.pop().unwrap();
    records.commit(writes).await.unwrap();
    let path = format!("/v1/collections/{id}/report.docx");
    let (text, _) = report(&test, &path).await;
    assert_has(
        &text,
        &[
            "500 interviews",
            "There is no summary. It has no recording yet.",
        ],
    );
    records.commit(vec![last]).await.unwrap();
    let (status, problem) = test.ask(Method::GET, &path, None).await;
    let found = (status, problem["code"].as_str());
    assert_eq!(found, (409, Some("too_many_interviews")), "{problem}");
}
