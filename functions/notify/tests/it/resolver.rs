//! No name leads the client to an address that is not allowed.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use notify::{
    address::Policy,
    client::{WebhookClient, WebhookClientOptions},
    outcome::SendOutcome,
    resolver::Lookup,
};

use crate::receiver::{Receiver, Script, answer};

const NO_HEADERS: [(&str, String); 0] = [];

/// Answers the first look-up with the first list, and so on.
struct Lookups {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Lookup for Lookups {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(name, "hooks.example.com");
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(turn).expect("no further look-up");
        Ok(answer
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect())
    }
}

/// Never answers.
struct NoAnswer;

#[async_trait]
impl Lookup for NoAnswer {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}

/// Knows no name.
struct NoSuchName;

#[async_trait]
impl Lookup for NoSuchName {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::Error::other("resolver 10.0.0.2: no such name"))
    }
}

fn lookups<const N: usize>(answers: [&[&'static str]; N]) -> Arc<Lookups> {
    Arc::new(Lookups {
        answers: answers.map(<[_]>::to_vec).into(),
        asked: AtomicUsize::new(0),
    })
}

fn client(policy: Policy, lookup: Arc<dyn Lookup>) -> WebhookClient {
    let options = WebhookClientOptions {
        lookup,
        ..WebhookClientOptions::new(policy)
    };
    WebhookClient::with(options).expect("a client")
}

async fn send(client: &WebhookClient, url: &str) -> SendOutcome {
    client.send(url, &NO_HEADERS, "{}".into()).await
}

async fn receiver() -> Receiver {
    Receiver::start(Script::Answer(answer(200, ""))).await
}

fn not_public() -> SendOutcome {
    let reason = "the host leads to an address that is not on the public internet";
    let reason = reason.into();
    SendOutcome::Forbidden { reason }
}

#[tokio::test]
async fn a_name_is_looked_up_and_its_receiver_reached_on_the_port_of_the_url() {
    let receiver = receiver().await;
    let lookups = lookups([&["127.0.0.1"]]);
    let client = client(Policy::AllowLoopback, lookups);
    let outcome = send(&client, &receiver.url_of("hooks.example.com")).await;
    assert_eq!(outcome, SendOutcome::Delivered { status: 200 });
    let request = receiver.requests().remove(0).to_ascii_lowercase();
    assert!(
        request.contains("\r\nhost: hooks.example.com:"),
        "{request}"
    );
}

#[tokio::test]
async fn a_name_that_leads_into_a_private_network_is_refused() {
    let receiver = receiver().await;
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "fd00::1",
    ] {
        let client = client(Policy::PublicOnly, lookups([&[address]]));
        let outcome = send(&client, &receiver.url_of("hooks.example.com")).await;
        assert_eq!(outcome, not_public(), "{address}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn one_private_address_beside_a_public_one_refuses_the_name() {
    let receiver = receiver().await;
    for addresses in [
        ["93.184.215.14", "127.0.0.1"],
        ["::1", "2606:4700:4700::1111"],
    ] {
        let client = client(Policy::PublicOnly, lookups([&addresses]));
        let outcome = send(&client, &receiver.url_of("hooks.example.com")).await;
        assert_eq!(outcome, not_public(), "{addresses:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_judged_on_the_answer_connected_to() {
    let receiver = receiver().await;
    let lookups = lookups([&["127.0.0.1"], &["169.254.169.254"]]);
    let asked = Arc::clone(&lookups);
    let client = client(Policy::AllowLoopback, lookups);
    let url = receiver.url_of("hooks.example.com");
    assert_eq!(
        send(&client, &url).await,
        SendOutcome::Delivered { status: 200 }
    );
    assert_eq!(asked.asked.load(Ordering::SeqCst), 1);
    assert_eq!(send(&client, &url).await, not_public());
    assert_eq!(asked.asked.load(Ordering::SeqCst), 2);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn an_address_in_the_url_is_judged_without_a_look_up() {
    let receiver = receiver().await;
    let client = client(Policy::PublicOnly, lookups([]));
    for host in [
        "127.0.0.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "localhost",
        "metadata",
    ] {
        let outcome = send(&client, &receiver.url_of(host)).await;
        let reason = "the URL's host is not on the public internet".into();
        assert_eq!(outcome, SendOutcome::Forbidden { reason }, "{host}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn the_system_knows_this_machine() {
    let receiver = receiver().await;
    let client = WebhookClient::new(Policy::AllowLoopback).expect("a client");
    let outcome = send(&client, &receiver.url_of("localhost")).await;
    assert_eq!(outcome, SendOutcome::Delivered { status: 200 });
}

#[tokio::test]
async fn unknown_host_is_reported_without_the_resolvers_message() {
    let nothing = lookups([&[]]);
    for lookup in [Arc::new(NoSuchName) as Arc<dyn Lookup>, nothing] {
        let client = client(Policy::PublicOnly, lookup);
        let outcome = send(&client, "https://hooks.example.com/").await;
        let reason = "the host name could not be resolved".into();
        assert_eq!(outcome, SendOutcome::Unreachable { reason });
    }
}

#[tokio::test]
async fn a_look_up_that_never_ends_is_part_of_the_time_to_connect() {
    let options = WebhookClientOptions {
        lookup: Arc::new(NoAnswer),
        connect_timeout: Duration::from_millis(50),
        ..WebhookClientOptions::new(Policy::PublicOnly)
    };
    let client = WebhookClient::with(options).expect("a client");
    let outcome = send(&client, "https://hooks.example.com/").await;
    let reason = "no connection was made in time".into();
    assert_eq!(outcome, SendOutcome::TimedOut { reason });
}
