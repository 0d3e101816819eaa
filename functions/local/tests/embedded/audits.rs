//! The daily audit, as a part of the sweep.

use std::time::Duration;

use domain::{
    paths::DocPath,
    ports::{ByteStream, ObjectStore as _, Overwrite, Precondition, Write},
};
use futures::{StreamExt as _, stream};
use serde_json::json;

use crate::{
    corpus::documents,
    retention::Drill,
    support::{key, wav},
};

#[tokio::test]
async fn reports_inconsistencies_once_a_day_and_changes_nothing() {
    let mut drill = Drill::start(None).await;
    let id = drill.test.submit(wav(3)).await;
    drill.test.drain().await;
    drill.sweep().await;
    assert!(drill.line("audit.completed").is_some(), "all is well");
    let uploads = drill.test.host.store.bucket("uploads");
    // The recording is lost, another one and a note are of an interview that is not there.
    let recording = uploads.list(&key(&id).object_prefix()).await.unwrap();
    uploads.delete(&recording[0]).await.unwrap();
    let stray = "users/u/interviews/gone/audio/x";
    let bytes: ByteStream = stream::iter([Ok("abc".into())]).boxed();
    let stored = uploads
        .write(stray, "audio/wav", bytes, Overwrite::Refused)
        .await;
    stored.unwrap();
    let note = DocPath::parse("users/u/interviews/gone/notes/n").unwrap();
    let write = Write::put(note, &json!({"text": "t"}), Precondition::Absent).unwrap();
    let records = drill.test.host.store.records();
    records.commit(vec![write]).await.unwrap();
    let mut before = documents(&drill.test);
    drill.sweep().await;
    assert!(drill.line("audit.findings").is_none(), "not twice a day");
    drill.now = drill.now + Duration::from_hours(24);
    drill.sweep().await;
    let found = drill.line("audit.findings").expect("reported");
    for (name, count) in [
        ("objectsMissing", 1),
        ("objectsUnreferenced", 0),
        ("objectsWithoutInterview", 1),
        ("documentsWithoutInterview", 1),
    ] {
        assert_eq!(found[name], count, "{name}: {found}");
    }
    let mut after = documents(&drill.test);
    for documents in [&mut before, &mut after] {
        for own in [domain::paths::sweep(), domain::paths::search()] {
            documents.remove(own.as_str());
        }
    }
    assert_eq!(before, after);
    assert!(uploads.stat(stray).await.unwrap().is_some());
}
