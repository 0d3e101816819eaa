//! Webhooks are signed with the secrets of their owner.

use std::time::Duration;

use domain::{
    paths,
    ports::{Clock as _, Precondition, Write},
    webhook::OwnerSecret,
};
use notify::sign::Secrets;

use crate::bench::{Bench, SECRET};
use crate::receiver::{Receiver, Script, answer};

const PATIENT: Duration = Duration::from_mins(1);

async fn receiver(status: u16) -> Receiver {
    Receiver::start(Script::Answer(answer(status, ""))).await
}

/// The value of a header of a request.
fn header(request: &str, name: &str) -> String {
    let mut lines = request.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.expect("the header").to_owned()
}

#[tokio::test]
async fn owners_secret_signs_beside_the_services_during_the_overlap() {
    let bench = Bench::start(PATIENT).await;
    let good = receiver(204).await;
    let owner = OwnerSecret::first(bench.clock.now());
    let (mine, all) = (owner.secret.reveal(), |secrets: &[&str]| {
        Secrets::parse(&secrets.join(" ")).expect("secrets")
    });
    let event = bench.event("anna", &good.url()).await;
    let path = paths::webhook_secret(&event.key.user_id);
    let write = Write::put(path, &owner, Precondition::Absent).expect("an object");
    let records = bench.store.records();
    records.commit(vec![write]).await.expect("stored");
    bench.publish(&event).await.expect("it is sent");
    bench.clock.advance(Duration::from_hours(24));
    let later = bench.event("anna", &good.url()).await;
    bench.publish(&later).await.expect("it is sent");
    let others = bench.event("ben", &good.url()).await;
    bench.publish(&others).await.expect("it is sent");
    let expected = [all(&[mine, SECRET]), all(&[mine]), all(&[SECRET])];
    let events = [event, later, others];
    for ((request, secrets), event) in good.requests().iter().zip(expected).zip(events) {
        let time = header(request, "webhook-timestamp")
            .parse()
            .expect("a time");
        let signed = secrets.sign(&event.id, time, event.body.as_bytes());
        assert_eq!(header(request, "webhook-signature"), signed);
    }
    assert_eq!(good.connections(), 3);
}

#[tokio::test]
async fn without_a_readable_secret_nothing_is_sent() {
    let bench = Bench::start(PATIENT).await;
    let good = receiver(204).await;
    let event = bench.event("anna", &good.url()).await;
    let path = paths::webhook_secret(&event.key.user_id);
    let damaged = serde_json::json!({"id": "x", "secret": 7});
    let write = Write::put(path, &damaged, Precondition::Absent).expect("an object");
    let records = bench.store.records();
    records.commit(vec![write]).await.expect("stored");
    assert!(bench.publish(&event).await.is_err());
    assert_eq!(good.connections(), 0);
}
