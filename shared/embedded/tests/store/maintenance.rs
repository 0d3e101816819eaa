//! Repair, backup, restore and audit.

use std::{fs, path::Path};

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    audio::Audio,
    audit::{self, Finding},
    interview::Status,
    ports::{ObjectStore, Overwrite, Precondition, Write},
};
use embedded::{
    Store,
    maintenance::{self, MaintenanceError, Repair},
};
use rusqlite::Connection;
use serde_json::json;

use crate::{
    Fixture, body, put, read,
    startup::{assemble, contents, copy_database, first_release, open, text, write},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

async fn commit(store: &Store, at: &str) {
    let write = put(at, json!({"text": at}), Precondition::None);
    store.records().commit(vec![write]).await.unwrap();
}

#[tokio::test]
async fn backup_of_a_running_store_is_restored_whole() {
    let bench = Fixture::new().await;
    for name in ["a", "b"] {
        write(&bench, name).await;
    }
    commit(&bench.store, "users/u/notes/n").await;
    fs::write(bench.folder.path().join("webhook-secret"), "whsec_x").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (to, data_dir) = (folder.path().join("backup"), folder.path().join("data"));
    let manifest = maintenance::backup(bench.folder.path(), &to, NOW).unwrap();
    assert_eq!((manifest.objects, manifest.bytes), (2, 2));
    assert_eq!(manifest.missing, [""; 0]);
    write(&bench, "later").await;

    let restored = maintenance::restore(&to, &data_dir, false, NOW).unwrap();
    assert_eq!((restored.manifest, restored.replaced), (manifest, None));
    let store = open(&data_dir).await.unwrap();
    for name in ["a", "b"] {
        assert_eq!(text(&store, name).await.unwrap(), name.as_bytes());
    }
    assert_eq!(text(&store, "later").await, None);
    assert!(read(&store, "users/u/notes/n").await.is_some());
    for key in ["signing-key", "webhook-secret"] {
        let [old, new] = [bench.folder.path(), &data_dir].map(|dir| fs::read(dir.join(key)));
        assert_eq!(old.unwrap(), new.unwrap(), "{key}");
    }
    let inspection = maintenance::inspect(&data_dir).unwrap();
    assert!(inspection.is_clean(), "{inspection:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_is_consistent_while_objects_come_and_go() {
    let bench = Fixture::new().await;
    for number in 0..20 {
        write(&bench, &format!("old-{number}")).await;
    }
    let store = bench.store.clone();
    let (started, starts) = tokio::sync::oneshot::channel();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let bucket = store.bucket("uploads");
        let (mut number, mut started) = (0, Some(started));
        while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            let name = format!("new-{number}");
            let written = bucket.write(&name, "t/t", body(&name), Overwrite::Refused);
            written.await.unwrap();
            commit(&store, &format!("users/u/notes/n{number}")).await;
            if number < 20 {
                bucket.delete(&format!("old-{number}")).await.unwrap();
            } else if number % 2 == 0 {
                bucket.delete(&name).await.unwrap();
            }
            if let Some(started) = started.take() {
                started.send(()).unwrap();
            }
            number += 1;
        }
        number
    });
    starts.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (bench.folder.path().to_owned(), folder.path().join("backup"));
    let target = to.clone();
    let backed_up = tokio::task::spawn_blocking(move || maintenance::backup(&from, &target, NOW));
    let manifest = backed_up.await.unwrap().unwrap();
    let _ = stop.send(());
    assert!(writing.await.unwrap() > 0);

    let data_dir = folder.path().join("data");
    maintenance::restore(&to, &data_dir, false, NOW).unwrap();
    let inspection = maintenance::inspect(&data_dir).unwrap();
    assert!(inspection.is_clean(), "{inspection:?}");
    let store = open(&data_dir).await.unwrap();
    let names = store.bucket("uploads").list("").await.unwrap();
    assert_eq!(names.len() as u64, manifest.objects);
    for name in names {
        assert_eq!(text(&store, &name).await.unwrap(), name.as_bytes());
    }
}

#[tokio::test]
async fn restore_moves_aside_what_it_replaces() {
    let (bench, other) = (Fixture::new().await, Fixture::new().await);
    write(&bench, "saved").await;
    write(&other, "replaced").await;
    let folder = tempfile::tempdir().unwrap();
    let (to, data_dir) = (folder.path().join("backup"), folder.path().join("data"));
    maintenance::backup(bench.folder.path(), &to, NOW).unwrap();
    crate::startup::copy_folder(other.folder.path(), &data_dir);
    let before = contents(&data_dir);

    let refused = maintenance::restore(&to, &data_dir, false, NOW);
    assert!(
        matches!(refused, Err(MaintenanceError::WouldReplace(_))),
        "{refused:?}"
    );
    assert_eq!(contents(&data_dir), before, "nothing has changed");

    let restored = maintenance::restore(&to, &data_dir, true, NOW).unwrap();
    let aside = restored.replaced.unwrap();
    assert_eq!(contents(&aside.join("objects")), [b"replaced".to_vec()]);
    assert!(aside.join("interviewlens.db").exists());
    let store = open(&data_dir).await.unwrap();
    assert_eq!(text(&store, "saved").await.unwrap(), b"saved");
    drop(store);

    let in_use = maintenance::restore(&to, bench.folder.path(), true, NOW);
    assert!(in_use.unwrap_err().to_string().contains("in use"));
}

#[tokio::test]
async fn incomplete_backup_is_not_restored() {
    let bench = Fixture::new().await;
    write(&bench, "a").await;
    let folder = tempfile::tempdir().unwrap();
    let (to, data_dir) = (folder.path().join("backup"), folder.path().join("data"));
    maintenance::backup(bench.folder.path(), &to, NOW).unwrap();
    let again = maintenance::backup(bench.folder.path(), &to, NOW);
    assert!(matches!(again, Err(MaintenanceError::TargetInUse(_))));

    let manifest = fs::read(to.join("backup.json")).unwrap();
    fs::remove_file(to.join("backup.json")).unwrap();
    let refused = restore_error(&to, &data_dir);
    assert!(refused.contains("backup.json"), "{refused}");
    fs::write(to.join("backup.json"), manifest).unwrap();

    let object = fs::read_dir(to.join("objects")).unwrap();
    let mut objects = object.map(|entry| entry.unwrap().path());
    let object = objects
        .find(|path| !path.ends_with("installation"))
        .unwrap();
    fs::write(object, "").unwrap();
    let refused = restore_error(&to, &data_dir);
    assert!(refused.contains("has 0 of 1 bytes"), "{refused}");
    assert!(!data_dir.exists(), "it is checked before anything is made");
}

fn restore_error(from: &Path, data_dir: &Path) -> String {
    let refused = maintenance::restore(from, data_dir, false, NOW);
    refused.unwrap_err().to_string()
}

#[tokio::test]
async fn repair_restores_quarantined_files_the_database_names() {
    let folder = first_release(&["a"], &["a", "b", "c"]);
    let today = folder.path().join("today.db");
    copy_database(folder.path(), &today);
    let database = Connection::open(&today).unwrap();
    let sql = "INSERT INTO objects VALUES ('uploads', 'b', 1, 1, 't/t', 'file-b')";
    database.execute(sql, ()).unwrap();
    drop(database);
    // Yesterday's database over today's folder, of a release without identities.
    drop(open(folder.path()).await.unwrap());

    let repaired = assemble(&today, &folder.path().join("objects"));
    let seen = maintenance::inspect(repaired.path()).unwrap();
    assert!(seen.mismatch.is_some());
    let linkable: Vec<bool> = seen.missing.iter().map(|file| file.can_be_linked).collect();
    assert_eq!(linkable, [true]);
    assert_eq!(seen.quarantined.len(), 1, "{seen:?}");

    maintenance::repair(repaired.path(), Repair::Relink).unwrap_err();
    let (before, after) = maintenance::repair(repaired.path(), Repair::Adopt).unwrap();
    assert_eq!(before, seen);
    assert_eq!((&after.mismatch, after.missing.len()), (&None, 0));
    assert_eq!(after.quarantined[0].file, "file-c");
    let store = open(repaired.path()).await.unwrap();
    for name in ["a", "b"] {
        assert_eq!(text(&store, name).await.unwrap(), name.as_bytes());
    }
}

#[tokio::test]
async fn adopting_an_older_database_deletes_nothing() {
    let bench = Fixture::new().await;
    write(&bench, "monday").await;
    let copy = tempfile::tempdir().unwrap();
    copy_database(bench.folder.path(), &copy.path().join("yesterday.db"));
    write(&bench, "tuesday").await;
    let folder = assemble(&copy.path().join("yesterday.db"), &bench.objects());
    let objects = folder.path().join("objects");
    fs::write(objects.join("unfinished.part"), "half").unwrap();
    let before = contents(&objects);
    let (_, after) = maintenance::repair(folder.path(), Repair::Adopt).unwrap();
    assert_eq!(contents(&objects), before);
    assert_eq!((after.mismatch, after.quarantined.len()), (None, 2));
    let store = open(folder.path()).await.unwrap();
    assert_eq!(text(&store, "monday").await.unwrap(), b"monday");
    assert_eq!(text(&store, "tuesday").await, None);
}

fn interview(id: &str) -> (InterviewKey, Interview) {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse(id).unwrap(),
    };
    let mut interview = Interview::new(&key, "t".into(), NOW);
    interview.status = Status::Failed;
    let object = format!("{}audio/x", key.object_prefix());
    interview.audio = Some(Audio {
        generation: Some(1),
        ..Audio::new("a.wav".into(), "audio/wav".into(), 1, object)
    });
    (key, interview)
}

async fn store_interview(store: &Store, interview: &Interview) {
    let path = interview.key().document();
    let write = Write::put(path, interview, Precondition::None).unwrap();
    store.records().commit(vec![write]).await.unwrap();
}

async fn findings(store: &Store) -> Vec<Finding> {
    let (uploads, artifacts) = (store.bucket("uploads"), store.bucket("artifacts"));
    let records = store.records();
    let report = audit::run(&*records, &*uploads, &*artifacts).await;
    report.unwrap().findings
}

#[tokio::test]
async fn audit_finds_inconsistencies() {
    let bench = Fixture::new().await;
    let (uploads, artifacts) = (
        bench.store.bucket("uploads"),
        bench.store.bucket("artifacts"),
    );
    let ((whole, document), (lost, lost_document)) = (interview("whole"), interview("lost"));
    for interview in [&document, &lost_document] {
        store_interview(&bench.store, interview).await;
    }
    let audio = document.audio.as_ref().unwrap();
    let refused = Overwrite::Refused;
    uploads
        .write(&audio.object, "t/t", body("x"), refused)
        .await
        .unwrap();
    commit(&bench.store, &whole.data("transcript").to_string()).await;
    let stream = "users/u/streams/b.passing";
    artifacts
        .write(stream, "t/t", body("x"), refused)
        .await
        .unwrap();
    let lost_audio = lost_document.audio.unwrap().object;
    let missing = Finding::ObjectMissing {
        document: lost.document(),
        bucket: audit::BucketRole::Uploads,
        object: lost_audio,
    };
    assert_eq!(findings(&bench.store).await, std::slice::from_ref(&missing));

    let late = format!("{}callbacks/late", whole.object_prefix());
    let orphan = "users/u/interviews/gone/audio/y".to_owned();
    artifacts
        .write(&late, "t/t", body("x"), refused)
        .await
        .unwrap();
    uploads
        .write(&orphan, "t/t", body("x"), refused)
        .await
        .unwrap();
    let chunk = "users/u/interviews/gone/data/transcript/chunks/000002-000000";
    commit(&bench.store, chunk).await;
    let found = findings(&bench.store).await;
    let expected = [
        missing,
        Finding::ObjectUnreferenced {
            bucket: audit::BucketRole::Artifacts,
            object: late,
        },
        Finding::ObjectWithoutInterview {
            bucket: audit::BucketRole::Uploads,
            object: orphan,
        },
        Finding::DocumentWithoutInterview {
            document: crate::path(chunk),
        },
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn audit_reads_more_than_a_page() {
    let bench = Fixture::new().await;
    for number in 0..301 {
        let (_, mut document) = interview(&format!("i{number}"));
        document.audio = None;
        store_interview(&bench.store, &document).await;
    }
    commit(&bench.store, "users/u/interviews/i300/notes/n").await;
    let (uploads, artifacts) = (
        bench.store.bucket("uploads"),
        bench.store.bucket("artifacts"),
    );
    let records = bench.store.records();
    let report = audit::run(&*records, &*uploads, &*artifacts).await;
    let report = report.unwrap();
    assert_eq!((report.interviews, report.documents), (301, 1));
    assert!(report.is_clean(), "{:?}", report.findings);
}
