//! Nothing is deleted because one clock or one setting says so.

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp,
    event::{Event, PublishedMessage},
    paths::DocPath,
    ports::{Precondition, Write},
};
use embedded::ManualClock;
use http::Method;
use runtime::telemetry::cloud_lines;
use serde_json::{Value, json};
use steps::{Function as _, Trigger};
use sweep::Sweep;
use testing::Lines;
use tracing::subscriber::DefaultGuard;

use crate::support::{START, TestHost, key, wav};

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
const YEAR: Duration = Duration::from_hours(24 * 365);

/// A clock ticks once a minute; of these, every fifth is enough to be regular.
const TICK: Duration = Duration::from_mins(5);

/// Sweeps over one store, by a clock and a setting that are changed at will.
pub(crate) struct Drill {
    pub(crate) test: TestHost,
    pub(crate) now: Timestamp,
    retention: Option<Duration>,
    lines: Lines,
    _logs: DefaultGuard,
}

impl Drill {
    pub(crate) async fn start(retention: Option<Duration>) -> Self {
        let lines = Lines::default();
        let sink = lines.clone();
        let logs = cloud_lines("p", "sweep", "info", move || sink.clone());
        Self {
            test: TestHost::start().await,
            now: START,
            retention,
            lines,
            _logs: tracing::subscriber::set_default(logs),
        }
    }

    /// One sweep; answers its log line.
    pub(crate) async fn sweep(&self) -> Value {
        self.lines.clear();
        let store = &self.test.host.store;
        let sweep = Sweep {
            records: store.records(),
            uploads: store.bucket("uploads"),
            artifacts: store.bucket("artifacts"),
            queue: store.queue(),
            clock: Arc::new(ManualClock::at(self.now)),
            retention: self.retention,
        };
        let tick = Event::MessagePublished(PublishedMessage {
            topic: "sweep".to_owned(),
            id: "1".to_owned(),
            data: b"{}".to_vec(),
            attributes: [].into(),
        });
        sweep.handle(Trigger::Event(tick)).await.unwrap();
        self.line("sweep.completed").expect("a line of each sweep")
    }

    /// The newest line of the last sweep with this event.
    pub(crate) fn line(&self, event: &str) -> Option<Value> {
        let mut lines = self.lines.all().into_iter().rev();
        lines.find(|line| line["event"] == event)
    }

    /// Sweeps that come as they should, for so long; answers the sums of what they did.
    async fn sweep_for(&mut self, time: Duration) -> (u64, u64, u64) {
        let (mut left, mut sums) = (time, (0, 0, 0));
        while !left.is_zero() {
            let step = left.min(TICK);
            self.now = self.now + step;
            left -= step;
            let line = self.sweep().await;
            let count = |name: &str| line[name].as_u64().unwrap();
            sums.0 += count("marked");
            sums.1 += count("unmarked");
            sums.2 += count("deleted");
        }
        sums
    }

    /// Interviews without anything else, as they are stored.
    async fn fill(&self, count: u32) {
        let id = self.test.create(1_000).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let records = self.test.host.store.records();
        let first = records.read(&key(&id).document()).await.unwrap().unwrap();
        for number in 1..count {
            let path = DocPath::parse(&format!("users/u{number}/interviews/{number}")).unwrap();
            let mut fields = first.fields.clone();
            fields["id"] = json!(number.to_string());
            fields["user_id"] = json!(format!("u{number}"));
            let write = Write::put(path, &fields, Precondition::Absent).unwrap();
            records.commit(vec![write]).await.unwrap();
        }
    }

    /// How many interviews the store holds.
    fn count(&self) -> u64 {
        let path = self.test.folder.path().join("interviewlens.db");
        let database = rusqlite::Connection::open(path).unwrap();
        let sql = "SELECT count(*) FROM documents WHERE collection = 'interviews'";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A machine that wakes up with a wrong clock, and has the right one a minute later.
#[tokio::test]
async fn a_clock_400_days_ahead_for_a_minute_deletes_nothing() {
    let mut drill = Drill::start(Some(YEAR)).await;
    let id = drill.test.submit(wav(3)).await;
    drill.test.drain().await;
    drill.fill(20).await;
    assert_eq!(drill.sweep_for(TICK).await, (0, 0, 0));
    let right = drill.now;
    drill.now = right + 400 * DAY;
    let line = drill.sweep().await;
    assert_eq!(
        (line["expired"].as_u64(), line["deleted"].as_u64()),
        (Some(21), Some(0))
    );
    assert!(drill.line("sweep.irregular").is_some());
    drill.now = drill.now + Duration::from_mins(1);
    assert_eq!(drill.sweep().await["deleted"], 0);
    drill.now = right + Duration::from_mins(2);
    let line = drill.sweep().await;
    assert_eq!(
        (line["unmarked"].as_u64(), line["expired"].as_u64()),
        (Some(21), Some(0))
    );
    assert_eq!(drill.sweep_for(DAY + HOUR).await, (0, 0, 0));
    assert_eq!(drill.count(), 21);
    let url = drill.test.interview(&id).await["audio"]["url"].clone();
    let url = format!("{}{}", drill.test.url, url.as_str().unwrap());
    let audio = drill.test.client.get(url).send().await.unwrap();
    assert_eq!(audio.status(), 200, "the recording is there");
}

#[tokio::test]
async fn a_clock_that_stays_ahead_deletes_after_a_day_of_regular_sweeps() {
    let mut drill = Drill::start(Some(YEAR)).await;
    drill.fill(3).await;
    drill.sweep().await;
    drill.now = drill.now + 400 * DAY;
    drill.sweep().await;
    assert_eq!(drill.sweep_for(DAY.saturating_sub(TICK)).await, (0, 0, 0));
    // Jumps are no time that passes.
    for _ in 0..30 {
        drill.now = drill.now + DAY;
        drill.sweep().await;
    }
    assert_eq!(drill.count(), 3);
    assert_eq!(drill.sweep_for(Duration::from_hours(2)).await, (0, 0, 3));
    assert_eq!(drill.count(), 0);
}

/// A digit is missing in `RETENTION_DAYS`, and is put there on the same day.
#[tokio::test]
async fn a_retention_of_3_days_in_place_of_365_deletes_nothing_for_a_day() {
    let mut drill = Drill::start(Some(YEAR)).await;
    drill.fill(20).await;
    drill.sweep().await;
    drill.now = drill.now + 10 * DAY;
    assert_eq!(drill.sweep().await["marked"], 0);
    drill.sweep_for(TICK).await;
    drill.retention = Some(3 * DAY);
    let line = drill.sweep().await;
    assert_eq!(
        (line["marked"].as_u64(), line["deleted"].as_u64()),
        (Some(20), Some(0))
    );
    assert_eq!(drill.sweep_for(DAY.saturating_sub(TICK)).await, (0, 0, 0));
    drill.retention = Some(YEAR);
    let line = drill.sweep().await;
    assert_eq!(
        (line["unmarked"].as_u64(), line["expired"].as_u64()),
        (Some(20), Some(0))
    );
    assert_eq!(drill.sweep_for(DAY + HOUR).await, (0, 0, 0));
    assert_eq!(drill.count(), 20);
}

#[tokio::test]
async fn a_day_deletes_50_or_ten_times_as_many_as_the_day_before() {
    let mut drill = Drill::start(Some(3 * DAY)).await;
    drill.fill(120).await;
    drill.sweep().await;
    drill.now = drill.now + 3 * DAY + TICK;
    assert_eq!(drill.sweep().await["marked"], 120);
    assert_eq!(drill.sweep_for(DAY.saturating_sub(TICK)).await, (0, 0, 0));
    let mut reached = None;
    let mut deleted = 0;
    for _ in 0..13 {
        drill.now = drill.now + TICK;
        deleted += drill.sweep().await["deleted"].as_u64().unwrap();
        reached = reached.or_else(|| drill.line("sweep.retention_ceiling_reached"));
    }
    let reached = reached.expect("reported");
    assert_eq!((deleted, drill.count()), (50, 70));
    assert_eq!(
        (&reached["ceiling"], &reached["held"]),
        (&json!(50), &json!(70))
    );
    assert_eq!(reached["severity"], "ERROR");
    // Ten times fifty are enough for the rest.
    assert_eq!(drill.sweep_for(DAY + HOUR).await, (0, 0, 70));
    assert_eq!(drill.count(), 0);
}

#[tokio::test]
async fn extending_retention_removes_the_mark_at_once() {
    let mut drill = Drill::start(None).await;
    let id = drill.test.submit(wav(3)).await;
    drill.test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let days = |days: u32| Some(json!({ "retention_days": days }));
    assert_eq!(drill.test.ask(Method::PATCH, &path, days(2)).await.0, 200);
    drill.sweep().await;
    drill.now = drill.now + 2 * DAY + TICK;
    drill.sweep().await;
    let records = drill.test.host.store.records();
    let marked = async || {
        let document = records.read(&key(&id).document()).await.unwrap().unwrap();
        document.fields.get("expiring_at").is_some()
    };
    assert!(marked().await);
    // Another title is no reason.
    let title = Some(json!({"title": "Another"}));
    assert_eq!(drill.test.ask(Method::PATCH, &path, title).await.0, 200);
    assert!(marked().await);
    assert_eq!(
        drill.test.ask(Method::PATCH, &path, days(3_000)).await.0,
        200
    );
    assert!(!marked().await);
    assert_eq!(drill.sweep_for(DAY + HOUR).await, (0, 0, 0));
    // What an owner deletes is gone at once.
    assert_eq!(drill.test.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(drill.count(), 0);
}

/// 250 of them at the head of every list.
#[tokio::test]
async fn documents_that_cannot_be_decoded_expire_and_keep_no_others_waiting() {
    let mut drill = Drill::start(Some(3 * DAY)).await;
    let records = drill.test.host.store.records();
    for number in 0..250 {
        let path = format!("users/a/interviews/{number}");
        let fields = json!({
            "created_at": "2020-01-01T00:00:00.000Z", "updated_at": "2020-01-01T00:00:00.000Z",
            "expires_at": "2020-01-02T00:00:00.000Z", "status": "awaiting_upload",
            "kind": ["of a newer release"],
        });
        let path = DocPath::parse(&path).unwrap();
        let write = Write::put(path, &fields, Precondition::Absent).unwrap();
        records.commit(vec![write]).await.unwrap();
    }
    let id = drill.test.create(1_000).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    drill.sweep().await;
    drill.now = drill.now + 4 * DAY;
    assert_eq!(
        drill.sweep().await["marked"],
        1,
        "the others were marked before"
    );
    drill.sweep_for(2 * DAY + 2 * HOUR).await;
    assert_eq!(records.read(&key(&id).document()).await.unwrap(), None);
    assert_eq!(
        drill.count(),
        0,
        "50 on the first day, and the rest on the second"
    );
}
