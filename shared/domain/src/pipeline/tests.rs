use super::*;

#[test]
fn a_pattern_matches_whole_paths_only() {
    let pattern = "users/{user}/interviews/{interview}";
    assert!(path_matches(pattern, "users/u/interviews/i"));
    assert!(!path_matches(
        pattern,
        "users/u/interviews/i/data/transcript"
    ));
    assert!(!path_matches(pattern, "users/u/notes/i"));
}

#[test]
fn a_filter_matches_the_changes_of_its_type() {
    let [created, updated, deleted] = DocumentChange::ALL;
    for (event_type, expected) in [
        (DOCUMENT_CREATED, vec![created]),
        (DOCUMENT_UPDATED, vec![updated]),
        (DOCUMENT_DELETED, vec![deleted]),
        (DOCUMENT_WRITTEN, DocumentChange::ALL.to_vec()),
        (OBJECT_FINALIZED, vec![]),
    ] {
        let filter = EventFilter {
            event_type: event_type.to_owned(),
            bucket: None,
            document: Some("notes/{note}".to_owned()),
            topic: None,
        };
        let matches = |change: &DocumentChange| {
            let (path, change) = ("notes/n", *change);
            filter.matches(TriggerKey::Document { path, change })
        };
        let found = DocumentChange::ALL.into_iter().filter(matches);
        assert_eq!(found.collect::<Vec<_>>(), expected, "{event_type}");
    }
}

#[test]
fn announce_listens_to_announcements_and_deletions_only() {
    let (pipeline, interview) = (Pipeline::ours(), "users/u/interviews/i");
    let announcement = format!("{interview}/announcements/msg_1");
    let [created, updated, deleted] = DocumentChange::ALL;
    for (path, change, is_started) in [
        (interview, created, false),
        (interview, updated, false),
        (interview, deleted, true),
        (&announcement, created, true),
        (&announcement, updated, false),
        (&announcement, deleted, false),
    ] {
        let listeners = pipeline.listeners(TriggerKey::Document { path, change });
        assert_eq!(listeners == ["announce"], is_started, "{path} {change:?}");
        assert!(pipeline.listens_to_document(path));
    }
    assert!(!pipeline.listens_to_document("users/u/interviews/i/notes/n"));
}

#[test]
fn our_manifest_can_be_used() {
    assert_eq!(Pipeline::ours().functions.len(), 8);
}

#[test]
fn transcribe_deletes_uploads_and_writes_none() {
    let pipeline = Pipeline::ours();
    for (right, expected) in [
        (Right::Read, true),
        (Right::Delete, true),
        (Right::Write, false),
    ] {
        let found = pipeline.may("transcribe", right, "uploads");
        assert_eq!(found, expected, "{right:?}");
    }
    assert!(!pipeline.may("announce", Right::Read, "uploads"));
    assert!(!pipeline.may("unknown", Right::Read, "uploads"));
}

#[test]
fn functions_that_queue_tasks_can_name_their_account() {
    for (name, function) in Pipeline::ours().functions {
        let account = "TASKS_SERVICE_ACCOUNT".to_owned();
        let can_queue = function.environment.contains(&account);
        assert_eq!(can_queue, !function.enqueues.is_empty(), "{name}");
    }
}

#[test]
fn manifest_with_an_unknown_queue_is_rejected() {
    let json = r#"{"topics": [], "queues": {}, "schedules": {}, "functions": {"notify": {
        "timeout_s": 60, "memory": "256Mi", "cpu": 1, "concurrency": 20, "enqueues": ["webhooks"]}}}"#;
    let error = Pipeline::parse(json).unwrap_err();
    assert!(error.to_string().contains("queue `webhooks`"), "{error}");
}

#[test]
fn manifest_with_dangling_names_is_rejected() {
    let json = r#"{"topics": [], "queues": {}, "functions": {},
        "schedules": {"sweep": {"cron": "* * * * *", "topic": "sweep"}}}"#;
    let error = Pipeline::parse(json).unwrap_err();
    assert!(error.to_string().contains("`sweep`"), "{error}");
}
