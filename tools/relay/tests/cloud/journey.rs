//! The whole journey of an interview, undisturbed and disturbed.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use config::SystemClock;
use domain::{
    pipeline::{Pipeline, Retry},
    ports::{Query, Records},
};
use embedded::{Store, StoreOptions};
use futures::StreamExt as _;
use http::Method;
use relay::pubsub::{Admin, PushSubscription};
use serde_json::{Value, json};
use testing::{
    Receiver,
    fake_providers::{Providers, RecordedRequest, Said, assert_made_by_providers, recorded},
    openapi_client::ask_everything,
};

use crate::support::{Cloud, Embedded, key, recording};

/// All documents of an interview by their paths below it, without what differs
/// from run to run.
async fn documents(records: &dyn Records, id: &str) -> BTreeMap<String, Value> {
    let document = key(id).document();
    let mut found = BTreeMap::new();
    let interview = records.read(&document).await.unwrap().unwrap();
    found.insert(String::new(), comparable(interview.fields));
    let transcript = key(id).data("transcript").collection("chunks");
    for collection in [document.collection("data"), transcript] {
        for one in records.list(&Query::collection(collection)).await.unwrap() {
            let below = one.path.as_str().strip_prefix(document.as_str());
            // A chunk's name begins with its revision, which is a fencing token.
            let name = below
                .unwrap()
                .rsplit_once('-')
                .map_or(below, |(_, number)| Some(number));
            found.insert(name.unwrap().to_owned(), comparable(one.fields));
        }
    }
    found
}

fn comparable(mut value: Value) -> Value {
    strip(&mut value);
    value
}

/// Times, names, and tokens, which are handed out in the order in which steps
/// begin.
fn strip(value: &mut Value) {
    const VOLATILE: [&str; 13] = [
        "date",
        "id",
        "object",
        "generation",
        "token",
        "last_token",
        "input",
        "revision",
        "run_id",
        "trace",
        "transcript_revision",
        "webhook_url",
        "size_bytes",
    ];
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                let time = name.ends_with("_at") || name == "due_since";
                !time && !VOLATILE.contains(&name.as_str())
            });
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn a_recording_gives_the_same_documents_as_in_the_embedded_service() {
    let cloud = Cloud::up(&[]);
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    let id = cloud.submit(recording(0), Some(&hook)).await;
    let settled = cloud.settled(&id).await;
    assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    let in_cloud = documents(&cloud.firestore, &id).await;
    let mut kinds: Vec<String> = receiver.different(3).await.into_values().collect();
    kinds.sort();
    let expected = [
        "interview.analyzed",
        "interview.completed",
        "interview.transcribed",
    ];
    assert_eq!(kinds, expected);

    let service = Embedded::start();
    let own = service.submit(recording(0)).await;
    service.settled(&own).await;
    let shown = service.get(&format!("/v1/interviews/{own}")).await;
    let folder = service.stop();
    let store = Store::open(StoreOptions {
        data_dir: folder.path().to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(SystemClock),
    });
    let embedded = documents(&*store.await.unwrap().records(), &own).await;
    assert_eq!(
        in_cloud.keys().collect::<Vec<_>>(),
        embedded.keys().collect::<Vec<_>>()
    );
    for (name, fields) in &embedded {
        assert_eq!(&in_cloud[name], fields, "{name}");
    }
    assert!(in_cloud.len() >= 6, "{:?}", in_cloud.keys());
    let in_cloud = cloud.get(&format!("/v1/interviews/{id}")).await;
    for part in ["transcript", "analysis", "waveform", "metadata"] {
        let (ours, theirs) = (
            comparable(in_cloud[part].clone()),
            comparable(shown[part].clone()),
        );
        assert_eq!(ours, theirs, "{part}");
    }
    assert_eq!(in_cloud["metadata"], json!({"job": [[7]]}));
    let (client, url) = cloud.as_user();
    let asked = ask_everything(&client, url, &id, &recording(1)).await;
    assert!(asked >= 40, "{asked}");
}

/// Steps killed while they run, the Firestore emulator frozen, Pub/Sub and the
/// relay delivering everything twice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn killed_frozen_and_duplicated_runs_complete_with_one_engine_call() {
    let cloud = Cloud::up_with_emulators(&[("RELAY_TWICE", "true")]);
    push_twice(&cloud).await;
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    let mut ids = Vec::new();
    let mut numbers = 1..20;
    for (function, step) in [
        ("transcribe", "transcription"),
        ("waveform", "waveform"),
        ("analyze", "analysis"),
        ("report", "report"),
        ("announce", "transcription"),
        ("notify", "analysis"),
        ("api", "waveform"),
    ] {
        // Long enough to be killed in the middle.
        let slow = ["transcribe", "analyze", "report"].contains(&function);
        cloud
            .engine
            .say_much(function == "analyze" || function == "report");
        loop {
            let number = numbers.next().expect("a step that is seen while it runs");
            cloud.engine.hold(function == "transcribe");
            let id = cloud.submit(recording(number), Some(&hook)).await;
            ids.push(id.clone());
            let state = |interview: &Value| interview["steps"][step]["state"].clone();
            let begun =
                |interview: &Value| state(interview) == "running" || state(interview) == "done";
            let seen = cloud.until(&id, begun).await;
            // The listener may merge several changes into one, which has the last state.
            if slow && state(&seen) == "done" {
                continue;
            }
            cloud.tell("kill", function);
            cloud.engine.hold(false);
            cloud.tell("start", function);
            break;
        }
    }
    cloud.engine.say_much(false);
    ids.push(cloud.submit(recording(20), Some(&hook)).await);
    freeze(&cloud, Duration::from_secs(20)).await;
    for id in &ids {
        let settled = cloud.settled(id).await;
        assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    }
    let (calls, _) = cloud.engine.calls();
    assert_eq!(calls.len(), ids.len(), "one engine call for each recording");
    // The answer of the one whose transcribe was killed may have been lost.
    let repeated = calls.values().filter(|count| **count > 1).count();
    assert!(
        repeated <= 1 && calls.values().all(|count| *count <= 2),
        "{calls:?}"
    );
    let webhooks = receiver.different(3 * ids.len()).await;
    assert_eq!(
        webhooks.len(),
        3 * ids.len(),
        "each with one id: {webhooks:?}"
    );
}

/// A second subscription to each topic: every message comes twice, under its id.
async fn push_twice(cloud: &Cloud) {
    let environment = &cloud.environment;
    let project = environment["GCS_PROJECT_ID"].clone();
    let admin = Admin::connect(project, &environment["PUBSUB_EMULATOR_HOST"]).await;
    let admin = admin.unwrap();
    for (topic, function) in [("interview-events", "notify"), ("sweep", "sweep")] {
        let port = &environment[&format!("PORT_{function}")];
        let push = PushSubscription {
            subscription: format!("{topic}.{function}-again"),
            topic: topic.to_owned(),
            url: format!("http://127.0.0.1:{port}"),
            retry: Retry {
                max_attempts: 20,
                min_backoff_s: 1,
                max_backoff_s: 1,
            },
        };
        admin.create_push(&push, 60).await.unwrap();
    }
}

/// Stops the Firestore emulator's processes for a while.
async fn freeze(cloud: &Cloud, length: Duration) {
    let group = format!("-{}", cloud.process("emulators/firestore"));
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, "--", &group]).status();
        assert!(sent.unwrap().success(), "{name}");
    };
    signal("-STOP");
    tokio::time::sleep(length).await;
    signal("-CONT");
}

/// A step that takes long is renewed all the while, and `announce` is not invoked for it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn renewals_of_a_running_step_start_no_function() {
    let cloud = Cloud::up(&[("RUST_LOG", "info,relay=debug,firestore=error")]);
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    cloud.engine.hold(true);
    let id = cloud.submit(recording(0), Some(&hook)).await;
    let running = cloud.until(&id, |interview| {
        let steps = &interview["steps"];
        steps["transcription"]["state"] == "running" && steps["waveform"]["state"] == "done"
    });
    let token = running.await["steps"]["transcription"]["token"].as_u64();
    let mut renewals = cloud.firestore.watch(&key(&id).lease(token.unwrap()));
    let invocations = || {
        let relay = cloud.log("relay");
        let posted = relay.lines().filter(|line| line.contains("event posted"));
        posted.filter(|line| line.contains("announce")).count()
    };
    for _ in 0..6 {
        assert!(renewals.next().await.unwrap().unwrap().is_some());
        assert_eq!(invocations(), 0);
    }
    cloud.engine.hold(false);
    let settled = cloud.settled(&id).await;
    assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    receiver.different(3).await;
    assert_eq!(invocations(), 3, "one for each event that was due");
}

/// 80,000 words: every document and every event within Google's limits, which the
/// emulator and the relay enforce.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn an_interview_of_eight_hours_fits_into_firestore_and_its_events() {
    let cloud = Cloud::up(&[("RUST_LOG", "info,relay=debug,firestore=error")]);
    cloud.engine.say_much(true);
    let id = cloud.submit(recording(0), None).await;
    let settled = cloud.settled(&id).await;
    assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    let transcript = cloud.get(&format!("/v1/interviews/{id}/transcript")).await;
    assert_eq!(
        transcript["words"].as_array().map(Vec::len),
        Some(crate::support::MANY_WORDS)
    );
    let correction = json!({"base_revision": 0, "operations": [
        {"op": "replace_words", "from": "w40000", "to": "w40000", "text": "corrected"},
    ]});
    let path = format!("/v1/interviews/{id}/transcript");
    let begun = Instant::now();
    let (status, made) = cloud.ask(Method::PATCH, &path, Some(correction)).await;
    assert_eq!((status, &made["revision"]), (200, &json!(1)), "{made}");
    eprintln!("a correction of eight hours took {:?}", begun.elapsed());
    let corrected = cloud.get(&path).await;
    assert_eq!(corrected["words"][40_000]["text"], "corrected");
    let relay = cloud.log("relay");
    let sizes = relay.lines().filter_map(|line| {
        let (_, rest) = line.split_once("event posted")?;
        let (_, size) = rest.split_once("size=")?;
        size.split_whitespace().next()?.parse::<usize>().ok()
    });
    let largest = sizes.max().unwrap();
    eprintln!("largest event of an eight-hour interview: {largest} bytes");
    assert!(largest < 512 * 1024);
}

/// An interview made by these providers; answers how often each was asked.
async fn made_by(providers: Providers, more: &[(&str, &str)]) -> (usize, usize) {
    let providers = Arc::new(providers);
    let settings = providers.listen().await;
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = settings.chain(more.iter().copied()).collect();
    let cloud = Cloud::up(&settings);
    let id = cloud.submit(recording(0), None).await;
    cloud.settled(&id).await;
    assert_made_by_providers(&cloud.get(&format!("/v1/interviews/{id}")).await);
    (providers.count("/v1/listen"), providers.count("/v1beta/"))
}

/// Deepgram, which calls back, and Gemini, as they answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn each_provider_is_called_once_per_interview() {
    let calling_back = [("DEEPGRAM_CALLBACK_BYTES", "1")];
    let asked = made_by(Providers::default(), &calling_back).await;
    assert_eq!(asked, (1, 1));
}

/// What each was once seen to answer when it had too much to do, and then as usual.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn busy_providers_are_retried() {
    let mut busy = BTreeMap::from([
        (false, (429, "deepgram/docs/errors-21.json")),
        (
            true,
            (503, "gemini/recorded-errors_503-high-demand-2026.json"),
        ),
    ]);
    let mood = move |asked: &RecordedRequest| {
        let refusal = busy.remove(&asked.is_gemini());
        refusal.map(|(status, name)| Said::Whole(status, recorded(name)))
    };
    assert_eq!(made_by(Providers::in_mood(mood), &[]).await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Google's emulators"]
async fn twenty_at_once_complete_within_bounds() {
    let cloud = Cloud::up(&[]);
    let submitting = (0..20).map(|number| cloud.submit(recording(number), None));
    let ids = futures::future::join_all(submitting).await;
    for id in &ids {
        let settled = cloud.settled(id).await;
        assert_eq!(settled["status"], "completed", "{}", settled["steps"]);
    }
    let (calls, most) = cloud.engine.calls();
    assert!(calls.values().all(|count| *count == 1), "{calls:?}");
    let limit = Pipeline::ours().queues["transcription"].max_concurrent_dispatches;
    assert!(most <= limit as usize, "{most} engines at once");
    for name in [
        "api",
        "transcribe",
        "waveform",
        "analyze",
        "report",
        "announce",
    ] {
        let peak = cloud.peak_memory_mib(name);
        eprintln!("{name}: {peak} MiB at most, {most} engines at once");
        assert!(peak < 200, "{name}: {peak} MiB");
    }
}
