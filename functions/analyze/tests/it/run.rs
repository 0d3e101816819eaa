//! The whole function over the embedded store, with Gemini's engine before a
//! server that plays its provider: honest quotes, invented and stitched ones.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use analyze::Analyze;
use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    analysis::{Analysis, CompetencyStatus, EvidenceStatus},
    chunks,
    event::{Event, WrittenDocument},
    interview::Kind,
    interview_store,
    ledger::{self, Day, SpendingLimits},
    pipeline::Pipeline,
    ports::{EngineSet, Precondition, Write},
    steps::{Step, StepName, StepState},
};
use embedded::{ManualClock, Store, StoreOptions};
use engines::{Gemini, LanguageAnalyst, language};
use serde_json::{Value, json};
use steps::{DeliveredTask, Failure, Function, StepRunner, Trigger};
use tempfile::TempDir;
use testing::{Canned, Provider, RecordedRequest};

use crate::support::interview;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A provider that gives its answers one after the other, the last for ever.
async fn provider(answers: Vec<(u16, Value)>) -> (Arc<Provider>, String) {
    let asked = AtomicUsize::new(0);
    let next = move |_: &RecordedRequest| {
        let index = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        Canned::new(answers[index].0, answers[index].1.to_string())
    };
    Provider::answering(next).await
}

fn says(text: &str) -> (u16, Value) {
    let candidate = json!({"content": {"parts": [{"text": text}]}, "finishReason": "STOP"});
    let usage =
        json!({"promptTokenCount": 2000, "candidatesTokenCount": 500, "thoughtsTokenCount": 100});
    let body = json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"});
    (200, body)
}

struct Test {
    store: Store,
    key: InterviewKey,
    function: Analyze,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Test {
    /// An interview with a transcript, and the function before that provider.
    async fn start(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(NOW));
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: "http://localhost".into(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::clone(&clock) as _,
        });
        let store = store.await.expect("opens");
        let key = InterviewKey {
            user_id: UserId::parse("u").expect("an id"),
            interview_id: InterviewId::generate(),
        };
        let model = Gemini::new(url, "gemini-2.5-flash", "k").expect("a model");
        let options = language::AnalystOptions::new(48_000, 1);
        let test = Self {
            function: Analyze {
                steps: StepRunner {
                    records: store.records(),
                    clock: Arc::clone(&clock) as _,
                },
                analysts: EngineSet::of(Arc::new(LanguageAnalyst::new(Arc::new(model), options))),
                queue: store.queue(),
                limits: SpendingLimits::default(),
            },
            store,
            key,
            clock,
            _folder: folder,
        };
        test.write().await;
        test
    }

    async fn write(&self) {
        let key = &self.key;
        let mut record = Interview::new(key, "t".into(), NOW);
        record.kind = Kind::JobInterview;
        record.steps.transcription.state = StepState::Done;
        record.open(StepName::Analysis, NOW);
        let spoken = interview();
        let chunk = chunks::pack(spoken.head.revision, &spoken.words).remove(0);
        let none = Precondition::None;
        let writes = vec![
            Write::put(key.document(), &record, none),
            Write::put(key.chunk(spoken.head.revision, 0), &chunk, none),
            Write::put(key.data("transcript"), &spoken.head, none),
        ];
        let writes: Result<Vec<Write>, _> = writes.into_iter().collect();
        let records = self.store.records();
        records
            .commit(writes.expect("documents"))
            .await
            .expect("stored");
    }

    /// The task that the transcript's event queues.
    async fn run(&self) -> Result<(), Failure> {
        let task = DeliveredTask {
            queue: "analysis".to_owned(),
            name: "1".to_owned(),
            body: json!(self.key),
            attempt: 1,
            trace: None,
        };
        self.function.handle(Trigger::Task(task)).await
    }

    /// The event of the transcript, as the store would deliver it.
    async fn hear(&self) -> Result<(), Failure> {
        let event = Event::DocumentWritten(WrittenDocument {
            path: self.key.data("transcript"),
            old: None,
            new: Some(json!({})),
        });
        self.function.handle(Trigger::Event(event)).await
    }

    /// Takes the tasks that wait, which are lost with that.
    async fn lose_tasks(&self) -> usize {
        let deliveries = self.store.deliveries();
        let lanes = deliveries.lanes();
        let lane = lanes.iter().find(|lane| lane.name == "queue:analysis");
        let taken = deliveries.take(lane.expect("a queue"), 10).await;
        let taken = taken.expect("taken");
        for delivery in &taken {
            deliveries.done(delivery).await.expect("settled");
        }
        taken.len()
    }

    async fn analysis(&self) -> Analysis {
        let records = self.store.records();
        let found = records
            .read(&self.key.data("analysis"))
            .await
            .expect("read");
        found.expect("an analysis").decode().expect("whole")
    }

    async fn step(&self) -> Step {
        let found = interview_store::interview(&*self.store.records(), &self.key).await;
        found.expect("read").expect("an interview").steps.analysis
    }
}

/// What a model says that quotes, changes, stitches and invents.
fn mixed() -> Value {
    let quote = |turn: u32, quote: &str| json!([{"turn": turn, "quote": quote}]);
    let rated = |name: &str, rating: u8, evidence: Value| json!({"name": name, "rating": rating, "rationale": "Tells of it.", "evidence": evidence});
    let real = quote(1, "I called every customer myself.");
    let changed = quote(
        1,
        "last winter we missed a deadline because the factory closed",
    );
    let stitched = quote(1, "I called every customer and we now keep two suppliers");
    let invented = quote(1, "I learned that planning is everything");
    json!({
        "summary": "A project was late. The candidate seemed nervous. Two suppliers since.",
        "key_points": [{"text": "Keeps two suppliers", "evidence": quote(3, "two suppliers for every part")}],
        "topics": [{"title": "a late project", "first_turn": 0, "last_turn": 3}],
        "questions": [{
            "question": "And what did you change afterwards?", "answer": "Two suppliers.",
            "evidence": quote(2, "And what did you change afterwards?")
        }],
        "competencies": [
            rated("Ownership", 5, real),
            rated("problem solving", 4, changed),
            rated("collaboration", 4, stitched),
            rated("learning", 5, invented),
        ],
        "strengths": [], "concerns": [{"text": "Has a strong accent", "evidence": []}],
        "follow_ups": ["Which customers complained?"],
    })
}

#[tokio::test]
async fn honest_quotes_carry_ratings_and_stitched_or_invented_ones_do_not() {
    use CompetencyStatus::{Assessed, InsufficientEvidence, NotAssessed};
    use EvidenceStatus::{Repaired, Unverified, Verified};
    let (provider, url) = provider(vec![says(&mixed().to_string())]).await;
    let test = Test::start(&url).await;
    test.run().await.expect("done");
    let analysis = test.analysis().await;
    let verdicts: Vec<_> = analysis
        .competencies
        .iter()
        .map(|own| {
            let evidence = own.evidence.first().map(|evidence| evidence.status);
            (&own.name[..], own.status, own.rating, evidence)
        })
        .collect();
    let expected = [
        ("problem solving", Assessed, Some(4), Some(Repaired)),
        (
            "collaboration",
            InsufficientEvidence,
            None,
            Some(Unverified),
        ),
        ("ownership", Assessed, Some(5), Some(Verified)),
        ("learning", InsufficientEvidence, None, Some(Unverified)),
        ("communication", NotAssessed, None, None),
    ];
    assert_eq!(verdicts, expected);
    let rated = &analysis.competencies[2].evidence[0];
    assert_eq!((rated.speaker, rated.turn), (Some(1), Some(1)));
    assert_eq!(
        (rated.start_ms, rated.end_ms),
        (Some(24 * 300), Some(28 * 300 + 200))
    );
    assert_eq!(analysis.evidence_validity, Some(4.0 / 6.0));
    let summary = analysis.summary.as_ref().map(domain::Private::reveal);
    assert_eq!(summary, Some("A project was late. Two suppliers since."));
    assert!(analysis.concerns.is_empty());
    assert_eq!(
        (&analysis.engine[..], &analysis.model[..]),
        ("gemini", "gemini-2.5-flash")
    );
    assert_eq!(analysis.prompt_version, language::PROMPT_VERSION);
    let cost = analysis.cost_usd.expect("a price");
    assert!(
        (cost - (2_000.0 * 0.30 + 600.0 * 2.50) / 1e6).abs() < 1e-12,
        "{cost}"
    );
    assert_eq!(test.step().await.state, StepState::Done);
    let asked: Value = serde_json::from_slice(&provider.seen()[0].body).expect("JSON");
    let shown = asked["contents"][0]["parts"][0]["text"]
        .as_str()
        .expect("text");
    assert!(shown.contains("[1] 00:03 Speaker 2: Well, last spring we missed"));
}

#[tokio::test]
async fn duplicate_transcript_event_is_analyzed_once() {
    let (provider, url) = provider(vec![says(&mixed().to_string())]).await;
    let test = Test::start(&url).await;
    test.run().await.expect("done");
    test.run().await.expect("done before");
    assert_eq!(provider.seen().len(), 1);
}

#[tokio::test]
async fn an_error_ends_as_an_error_and_never_as_content() {
    let words = "the key AIzaSecret is not valid, said about: I called every customer";
    let details = json!([{"reason": "API_KEY_INVALID"}]);
    let refusal = json!({"error": {"code": 400, "message": words, "details": details}});
    let (_, url) = provider(vec![(400, refusal)]).await;
    let test = Test::start(&url).await;
    test.run().await.expect("settled");
    let step = test.step().await;
    let error = step.error.expect("an error");
    assert_eq!(
        (step.state, &error.code[..]),
        (StepState::Failed, "engine_unauthorized")
    );
    assert!(!error.message.contains("AIza") && !error.message.contains("customer"));
    let stored = test.store.records().read(&test.key.data("analysis")).await;
    assert!(stored.expect("read").is_none());
}

#[tokio::test]
async fn transient_failure_is_retried_until_it_succeeds() {
    let busy = json!({"error": {"code": 429, "details": [{"retryDelay": "90s"}]}});
    let answers = vec![(429, busy), says(&mixed().to_string())];
    let (_, url) = provider(answers).await;
    let test = Test::start(&url).await;
    let Err(Failure::Transient { after, .. }) = test.run().await else {
        panic!("not transient");
    };
    assert_eq!(after.map(|wait| wait.as_secs()), Some(90));
    test.run().await.expect("done");
    let codes = test.analysis().await.warnings;
    assert!(
        codes.iter().all(|warning| warning.code == "content_rule"),
        "{codes:?}"
    );
}

#[tokio::test]
async fn a_transcript_is_queued_once_however_often_it_is_heard_of() {
    let test = Test::start("http://127.0.0.1:9").await;
    for _ in 0..2 {
        test.hear().await.expect("queued");
    }
    let deliveries = test.store.deliveries();
    let lanes = deliveries.lanes();
    let lane = lanes.iter().find(|lane| lane.name == "queue:analysis");
    let queued = deliveries.take(lane.expect("a queue"), 10).await;
    assert_eq!(queued.expect("read").len(), 1);
    assert_eq!(test.step().await.state, StepState::Pending);
}

#[tokio::test]
async fn tokens_and_cost_are_counted_once_and_limited() {
    let (provider, url) = provider(vec![says(&mixed().to_string())]).await;
    let mut test = Test::start(&url).await;
    for _ in 0..2 {
        test.run().await.expect("done");
    }
    let (records, month) = (test.store.records(), Day::of(NOW).month());
    let counted = ledger::month(&*records, &test.key.user_id, month).await;
    let used = counted.expect("a ledger").used();
    let tokens = used.tokens();
    assert_eq!((tokens.input_tokens, tokens.output_tokens), (2_000, 500));
    assert_eq!((used.cost_micro_usd, used.unpriced), (2_100, 0));
    // Another interview of the same user, whose budget that was.
    test.function.limits = SpendingLimits {
        minutes_per_day: Some(1),
        micro_usd_per_month: Some(2_100),
        ..SpendingLimits::default()
    };
    test.key.interview_id = InterviewId::generate();
    test.write().await;
    test.run().await.expect("settled");
    let error = test.step().await.error.expect("an error");
    assert_eq!(
        (&error.code[..], error.retryable),
        ("budget_exhausted", false)
    );
    assert_eq!(provider.seen().len(), 1);
}

/// A dead letter that is replayed, after the queue has lost the task of its first delivery.
#[tokio::test]
async fn an_event_that_comes_once_more_queues_what_still_waits() {
    let (_, url) = provider(vec![says(&mixed().to_string())]).await;
    let test = Test::start(&url).await;
    test.hear().await.expect("queued");
    assert_eq!(test.lose_tasks().await, 1);
    test.hear().await.expect("a second delivery");
    assert_eq!(test.lose_tasks().await, 0, "within moments");
    test.clock.advance(Duration::from_mins(2));
    for expected in [1, 0] {
        test.hear().await.expect("replayed");
        assert_eq!(test.lose_tasks().await, expected, "one of a name");
    }
    test.clock.advance(Duration::from_hours(1));
    test.hear().await.expect("replayed later");
    assert_eq!(test.lose_tasks().await, 1);
    test.run().await.expect("done or failed");
    test.clock.advance(Duration::from_hours(1));
    test.hear().await.expect("replayed when all is over");
    assert_eq!(test.lose_tasks().await, 0);
}
