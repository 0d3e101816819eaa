//! A service that other devices can reach, and its health check.

use std::process::{Command, Output};

use crate::host::{ONE, PROGRAM, Service};

#[tokio::test]
async fn service_that_other_devices_reach_says_so() {
    let _one = ONE.lock().await;
    let secret = "p".repeat(32);
    let behind_proxy = [
        ("HOST", "0.0.0.0"),
        ("AUTH", "proxy"),
        ("PROXY_AUTH_SECRET", &secret),
    ];
    for (settings, expected) in [
        (&[("HOST", "127.0.0.1")][..], false),
        (&[("HOST", "0.0.0.0")], true),
        (&behind_proxy, false),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let service = Service::start_with(folder.path(), settings);
        let warned = service.has_warned("service.reachable_by_all");
        assert_eq!(warned, expected, "{settings:?}");
    }
}

#[tokio::test]
async fn health_check_says_whether_the_service_answers() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start_with(folder.path(), &[("HOST", "0.0.0.0")]);
    let port = service.url.rsplit(':').next().expect("it has a port");
    let output = health(port);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("ok, version "), "{text}");
    let port = port.to_owned();
    drop(service);

    for (port, expected) in [(&port[..], "does not answer"), ("0", "PORT is 0")] {
        let output = health(port);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

/// Runs `interviewlens health` for a service on all addresses.
fn health(port: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .arg("health")
        .env("HOST", "0.0.0.0")
        .env("PORT", port);
    command.output().expect("it runs")
}
