//! Servers on this machine that live as long as the test.

use std::sync::Arc;

use runtime::http::Service;
use tokio::net::TcpListener;

/// A free port of this machine, and the URL of what will listen on it.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Serves on this port as long as the test runs.
pub fn serve_on(listener: TcpListener, service: Arc<dyn Service>) {
    tokio::spawn(runtime::serve::serve(
        service,
        listener,
        runtime::serve::ConnectionLimits::BEHIND_PROXY,
        std::future::pending(),
    ));
}

/// Serves on a free port as long as the test runs; answers the URL.
pub async fn serve(service: Arc<dyn Service>) -> String {
    let (listener, url) = listen().await;
    serve_on(listener, service);
    url
}
