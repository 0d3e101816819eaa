//! Serving requests over HTTP/1 and HTTP/2 on one port.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
};

use crate::http::Service;

/// How long the headers of a request may take.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long what is in hand may take after the signal to stop: Cloud Run kills
/// after ten seconds.
const GRACE: Duration = Duration::from_secs(8);

/// Serves until `stop` resolves, then finishes the requests in hand.
pub async fn serve(
    service: Arc<dyn Service>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connect(&connections, &service, stream),
                // Out of file handles, say: those in hand will give some back.
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => break,
        }
    }
    if tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("stopped with requests still in hand");
    }
    Ok(())
}

fn connect(connections: &GracefulShutdown, service: &Arc<dyn Service>, stream: TcpStream) {
    // Small answers should not wait for company.
    let _ = stream.set_nodelay(true);
    let service = Arc::clone(service);
    let respond = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.call(request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(250);
    let connection = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), respond)
        .into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!("a connection ended early: {error}");
        }
    });
}

/// Resolves when the process is asked to stop.
pub async fn stop_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
