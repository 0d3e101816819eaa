//! A receiver that hangs does not keep other users' webhooks waiting.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use config::SystemClock;
use domain::{
    Interview, InterviewId, InterviewKey, UserId,
    ports::{EngineSet, Message, Precondition, Write},
    webhook::{EventType, TOPIC, WebhookEvent},
};
use engines::Extractive;
use local::{Host, HostEngines};
use notify::lanes::LaneLimits;
use testing::{Receiver, listen};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{engine::ScriptedEngine, settings};

/// How often the wait is measured.
const ROUNDS: u32 = 15;

/// Up to this mean a wait is noise of a machine that does other things.
const NOISE: Duration = Duration::from_millis(50);

/// The embedded service with the machine's clock.
async fn host(folder: &tempfile::TempDir) -> Host {
    let engine = Arc::new(ScriptedEngine::default());
    let engines = HostEngines {
        transcribers: EngineSet::of(Arc::clone(&engine) as _),
        live: engine,
        analysts: EngineSet::of(Arc::new(Extractive)),
    };
    let url = "http://127.0.0.1:1".to_owned();
    let host = Host::open(settings(folder), url, engines, Arc::new(SystemClock)).await;
    host.expect("opens")
}

/// Publishes a webhook event of a new interview of `user`.
async fn publish(host: &Host, user: &str, url: &str) {
    let key = InterviewKey {
        user_id: UserId::parse(user).unwrap(),
        interview_id: InterviewId::generate(),
    };
    let mut interview = Interview::new(&key, "t".into(), host.clock.now());
    interview.webhook_url = Some(url.to_owned());
    let write = Write::put(key.document(), &interview, Precondition::Absent).unwrap();
    host.store.records().commit(vec![write]).await.unwrap();
    let event = WebhookEvent::about(&interview, EventType::Completed);
    let message = Message {
        data: serde_json::to_vec(&event).unwrap(),
        ..Message::default()
    };
    host.store.bus().publish(TOPIC, message).await.unwrap();
}

/// A receiver that accepts and never answers: its URL, and how many it has accepted.
async fn hanging() -> (String, watch::Receiver<usize>) {
    let (listener, url) = listen().await;
    let (accepted, count) = watch::channel(0);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
            accepted.send_replace(open.len());
        }
    });
    (url, count)
}

/// How long one webhook of a user with little takes from the event to the receiver.
async fn wait(host: &Host, receiver: &Receiver, hook: &str) -> Duration {
    let before = receiver.received.lock().unwrap().len();
    let begun = Instant::now();
    publish(host, "little", hook).await;
    receiver.different(before + 1).await;
    begun.elapsed()
}

/// How long many of them take, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) mean: Duration,
    pub(crate) slowest: Duration,
}

pub(crate) async fn waits(host: &Host, receiver: &Receiver, hook: &str) -> Waits {
    let mut waits = Vec::new();
    for _ in 0..ROUNDS {
        waits.push(wait(host, receiver, hook).await);
    }
    Waits {
        mean: waits.iter().sum::<Duration>() / ROUNDS,
        slowest: waits.into_iter().max().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout, reason = "figures of the test")]
async fn sixty_hanging_webhooks_keep_no_other_user_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder).await;
    let stop = CancellationToken::new();
    let dispatcher = host.dispatcher();
    let running = dispatcher.run(Arc::new(SystemClock), stop.clone(), Duration::ZERO);
    let running = tokio::spawn(running);
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    let alone = waits(&host, &receiver, &hook).await;
    let (url, mut accepted) = hanging().await;
    for _ in 0..60 {
        publish(&host, "anna", &url).await;
    }
    accepted.wait_for(|count| *count >= 2).await.unwrap();
    let behind = wait(&host, &receiver, &hook).await;
    let in_fast_lane = waits(&host, &receiver, &hook).await;
    let most = *accepted.borrow();
    // The fast lane has cut the first ones short.
    accepted.wait_for(|count| *count > most).await.unwrap();
    let in_slow_lane = waits(&host, &receiver, &hook).await;
    stop.cancel();
    running.await.unwrap();
    println!(
        "alone: {alone:?}; beside 60 to a receiver that hangs: {behind:?} right behind their \
         events, then {in_fast_lane:?}, and {in_slow_lane:?} once they are in the slow lane"
    );
    let limit = LaneLimits::default().fast;
    let most = 3 * alone.mean.max(NOISE);
    assert!(behind < most, "{behind:?}, {alone:?}");
    for beside in [in_fast_lane, in_slow_lane] {
        let Waits { mean, slowest } = beside;
        assert!(mean < most, "{beside:?}, {alone:?}");
        assert!(slowest < limit, "{beside:?}: none waits for one that hangs");
    }
}
