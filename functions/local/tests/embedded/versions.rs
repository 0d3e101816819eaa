//! Two releases over one store: a newer one has written documents, this one reads,
//! changes, runs and deletes.

use std::time::Duration;

use domain::{
    Interview, interview_store, lease::Acquire, paths::DocPath, ports::Records, steps::StepName,
};
use http::Method;
use serde_json::{Map, Value, json};

use crate::{
    corpus::{corpus, paths_of, store},
    mutations::fail,
    support::{START, TestHost, key, wav},
};

/// A field that no release has.
const NEWER: &str = "newer_release_field";

/// A value that no enumeration has.
const NEWER_WORD: &str = "newer_release_value";

/// Puts an unknown field into every structure of an interview, an unknown step into its
/// steps, and a kind that is not known.
async fn make_newer(records: &dyn Records, id: &str) {
    let newer = |fields: &mut Map<String, Value>| {
        let mut whole = Value::Object(std::mem::take(fields));
        for place in [
            "",
            "/audio",
            "/steps",
            "/steps/transcription",
            "/steps/waveform",
            "/steps/analysis",
            "/steps/report",
        ] {
            let structure = whole.pointer_mut(place).and_then(Value::as_object_mut);
            let structure = structure.unwrap_or_else(|| panic!("no {place}"));
            structure.insert(NEWER.to_owned(), json!({"place": place}));
        }
        whole["steps"]["translation"] = json!({"state": "running", "token": 7});
        whole["kind"] = json!(NEWER_WORD);
        *fields = whole.as_object().cloned()?;
        Some(())
    };
    let changed = interview_store::amend(records, &key(id).document(), newer).await;
    assert_eq!(changed.unwrap(), Some(()));
}

/// Asserts that nothing of [`make_newer`] is lost.
async fn assert_kept(test: &TestHost, id: &str, after: &str) {
    let records = test.host.store.records();
    let document = records.read(&key(id).document()).await.unwrap().unwrap();
    let fields = document.fields;
    assert_eq!(fields["kind"], NEWER_WORD, "{after}");
    assert_eq!(fields["steps"]["translation"]["token"], 7, "{after}");
    assert_eq!(
        fields.to_string().matches(NEWER).count(),
        7,
        "{after}: {fields}"
    );
}

/// An interview of a newer release whose steps are done.
async fn newer_interview(test: &TestHost) -> String {
    let id = test.submit(wav(3)).await;
    test.drain().await;
    make_newer(&*test.host.store.records(), &id).await;
    id
}

#[tokio::test]
async fn patch_keeps_fields_of_a_newer_release() {
    let test = TestHost::start().await;
    let id = newer_interview(&test).await;
    let path = format!("/v1/interviews/{id}");
    let (status, shown) = test
        .ask(Method::PATCH, &path, Some(json!({"title": "b"})))
        .await;
    assert_eq!((status, &shown["title"]), (200, &json!("b")));
    assert_kept(&test, &id, "PATCH").await;
}

#[tokio::test]
async fn retry_keeps_fields_of_a_newer_release() {
    let test = TestHost::start().await;
    let id = newer_interview(&test).await;
    for step in ["transcription", "waveform"] {
        fail(&test, &id, step).await;
    }
    assert_kept(&test, &id, "a failure").await;
    let retry = format!("/v1/interviews/{id}/retry");
    assert_eq!(test.ask(Method::POST, &retry, None).await.0, 202);
    assert_kept(&test, &id, "retry").await;
    test.drain().await;
    assert_eq!(test.interview(&id).await["status"], "completed");
    assert_kept(&test, &id, "the steps").await;
}

#[tokio::test]
async fn sweep_keeps_fields_of_a_newer_release() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    let (records, now) = (test.host.store.records(), START);
    make_newer(&*records, &id).await;
    let step = StepName::Transcription;
    let acquire = |interview: &mut Interview| interview.acquire(step, "1", None, now);
    let acquired = interview_store::transition(&*records, &key(&id), now, acquire).await;
    assert!(matches!(acquired, Ok(Some(Acquire::Start(_)))));
    let deliveries = test.host.store.deliveries();
    // All that would go on with it is lost.
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 100).await.unwrap() {
            deliveries.done(&delivery).await.unwrap();
        }
    }
    test.sweep().await;
    test.sweep_for(Duration::from_hours(2)).await;
    assert_eq!(test.step_error(&id, "transcription").await, "worker_lost");
    assert_kept(&test, &id, "the sweep").await;
}

/// A status that only a newer release knows stays while nothing changes by which it was
/// worked out.
#[tokio::test]
async fn a_status_of_a_newer_release_is_shown_as_the_steps_say() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let records = test.host.store.records();
    let document = key(&id).document();
    let newer = |fields: &mut Map<String, Value>| fields.insert("status".into(), json!("archived"));
    interview_store::amend(&*records, &document, newer)
        .await
        .unwrap();
    let path = format!("/v1/interviews/{id}");
    let (_, shown) = test
        .ask(Method::PATCH, &path, Some(json!({"title": "b"})))
        .await;
    assert_eq!(shown["status"], "completed");
    let stored = async || records.read(&document).await.unwrap().unwrap().fields;
    assert_eq!(stored().await["status"], "archived");
    fail(&test, &id, "report").await;
    assert_eq!(stored().await["status"], "partial");
}

#[tokio::test]
async fn unknown_fields_are_hidden_from_clients_and_rejected_from_them() {
    let test = TestHost::start().await;
    let id = newer_interview(&test).await;
    let note = json!({"text": "n"});
    let path = format!("/v1/interviews/{id}");
    let (_, note) = test
        .ask(Method::POST, &format!("{path}/notes"), Some(note))
        .await;
    let records = test.host.store.records();
    let newer = |fields: &mut Map<String, Value>| {
        fields["usable"][NEWER] = json!(1);
        let label = json!({"name": "Ada", "role": NEWER_WORD, NEWER: 1});
        fields.insert("speakers".into(), json!({"1": label}));
        Some(())
    };
    let document = key(&id).document();
    let changed = interview_store::amend(&*records, &document, newer).await;
    assert_eq!(changed.unwrap(), Some(()));
    let below = [
        key(&id).data("analysis"),
        key(&id).data("report"),
        key(&id).data("transcript"),
        key(&id).data("waveform"),
        key(&id)
            .document()
            .child("notes", note["id"].as_str().unwrap()),
    ];
    for document in &below {
        let newer = |fields: &mut Map<String, Value>| {
            fields.insert(NEWER.to_owned(), json!(1));
            if let Some(kind) = fields.get_mut("kind") {
                *kind = json!(NEWER_WORD);
            }
            Some(())
        };
        let changed = interview_store::amend(&*records, document, newer)
            .await
            .unwrap();
        assert_eq!(changed, Some(()), "{document}");
    }
    for (path, shown) in [
        (path.clone(), 5),
        ("/v1/interviews".to_owned(), 0),
        (format!("{path}/analysis"), 0),
        (format!("{path}/transcript"), 0),
        (format!("{path}/waveform"), 0),
        (format!("{path}/notes"), 0),
    ] {
        let answer = test.get(&path).await;
        let text = answer.to_string();
        assert!(!text.contains("newer_release"), "{path}: {text}");
        assert!(shown == 0 || answer["notes"][0]["kind"] == "note", "{path}");
    }
    let shown = test.get(&format!("{path}/transcript")).await;
    assert_eq!(shown["speakers"][1]["role"], "other");
    let request = test.client.get(format!("{}{path}/events", test.url));
    let events = request.send().await.unwrap().text().await.unwrap();
    assert!(
        events.contains("usable") && !events.contains("newer_release"),
        "{events}"
    );
    assert_eq!(test.interview(&id).await["kind"], "other");
    let written = json!({"text": "changed"});
    let path = format!("{path}/notes/{}", note["id"].as_str().unwrap());
    let (status, changed) = test.ask(Method::PATCH, &path, Some(written)).await;
    assert_eq!((status, &changed["kind"]), (200, &json!("note")));
    let stored = records.read(&below[4]).await.unwrap().unwrap().fields;
    assert_eq!(
        (&stored["kind"], &stored[NEWER]),
        (&json!(NEWER_WORD), &json!(1))
    );
    let criterion = json!({"name": "tact", NEWER: 1});
    let anchors = json!({"low": "a", "mid": "b", "high": "c", NEWER: 1});
    for wrong in [
        json!({"title": "t", NEWER: 1}),
        json!({"title": "t", "kind": NEWER_WORD}),
        json!({"title": "t", "rubric": {"competencies": [{"name": "tact"}], NEWER: 1}}),
        json!({"title": "t", "rubric": {"competencies": [criterion]}}),
        json!({"title": "t", "rubric": {"competencies": [{"name": "tact", "anchors": anchors}]}}),
    ] {
        let (status, problem) = test.ask(Method::POST, "/v1/interviews", Some(wrong)).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_body")),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("newer_release"),
            "{problem}"
        );
    }
}

/// Every interview of the corpus is listed, shown, changed and deleted.
#[tokio::test]
async fn documents_of_every_release_are_used_like_ones_own() {
    for (name, stored) in corpus() {
        let test = TestHost::start().await;
        let records = test.host.store.records();
        store(&*records, &stored).await;
        test.drain().await;
        test.clock.advance_to(START + Duration::from_mins(10));
        let listed = test.get("/v1/interviews").await;
        let gone = name == "deleted";
        assert_eq!(
            listed["items"].as_array().unwrap().len(),
            usize::from(!gone),
            "{name}"
        );
        let mut paths = stored.keys().filter_map(|path| DocPath::parse(path));
        let interview = paths.rfind(|path| path.split().0.ends_with("/interviews"));
        let id = interview.unwrap().split().1.to_owned();
        let path = format!("/v1/interviews/{id}");
        if !gone {
            let shown = test.interview(&id).await;
            assert!(
                [&shown["status"], &json!("processing")].contains(&&json!(name))
                    || ["corrected", "parked", "waiting"].contains(&&name[..]),
                "{name}: {shown}"
            );
            for part in ["notes", "webhook-deliveries"] {
                test.get(&format!("{path}/{part}")).await;
            }
            if name == "corrected" {
                use_corrected(&test, &path).await;
            }
            let (status, _) = test
                .ask(Method::PATCH, &path, Some(json!({"title": "b"})))
                .await;
            assert_eq!(status, 200, "{name}");
            assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204, "{name}");
        }
        test.sweep().await;
        assert_eq!(paths_of(&test, &id), [""; 0], "{name}");
    }
}

/// Selects the corrected transcript, and takes its corrections back.
async fn use_corrected(test: &TestHost, path: &str) {
    let runs = test.get(&format!("{path}/runs")).await;
    let mut runs = runs["items"].as_array().unwrap().iter();
    let earlier = runs.find(|run| run["step"] == "transcription" && run["selected"] == false);
    let run_id = earlier.unwrap()["run_id"].as_str().unwrap();
    let post = async |rest: &str, body: Option<Value>| {
        let path = format!("{path}{rest}");
        test.ask(Method::POST, &path, body).await
    };
    assert_eq!(post(&format!("/runs/{run_id}/select"), None).await.0, 200);
    test.drain().await;
    let corrected = test.get(&format!("{path}/transcript")).await;
    assert_eq!(corrected["revision"], 4);
    let texts = |transcript: &Value| {
        let words = transcript["words"].as_array().unwrap().iter();
        let words = words.map(|word| word["text"].as_str().unwrap().to_owned());
        words.collect::<Vec<_>>()
    };
    assert_eq!(texts(&corrected)[..3], ["So", "How", "did"]);
    for revision in [4, 5] {
        let body = json!({"base_revision": revision});
        assert_eq!(post("/transcript/undo", Some(body)).await.0, 200);
    }
    let undone = test.get(&format!("{path}/transcript")).await;
    let recognised = test.get(&format!("{path}/transcript?revision=0")).await;
    assert_eq!(texts(&undone), texts(&recognised));
    let assessment = test.get(&format!("{path}/assessment")).await;
    assert_eq!(
        (&assessment["version"], &assessment["decision"]),
        (&json!(2), &json!("advance"))
    );
    let rubrics = test.get("/v1/rubrics").await;
    assert_eq!(rubrics["items"][0]["name"], "Captains");
}
