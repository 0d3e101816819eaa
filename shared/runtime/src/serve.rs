//! Serving requests over HTTP/1 and HTTP/2 on one port.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    signal::unix::{SignalKind, signal},
    sync::Notify,
    time::{Instant, timeout},
};

pub use crate::connections::ConnectionLimits;
use crate::{
    connections::{Connections, OpenConnection},
    http::{Body, Service, full},
};

/// How long the first request of a connection may take to begin.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// How often it is logged that connections are not accepted.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// The most that the headers of a request may have, in bytes.
const MAX_HEADERS: usize = 64 * 1024;

/// How long requests in flight may take after the stop signal: Cloud Run kills
/// after ten seconds.
const GRACE: Duration = Duration::from_secs(8);

/// How many connections the system keeps for us until they are accepted; no more than
/// `net.core.somaxconn`, which is this number unless an administrator has changed it. With the
/// 128 that are usual, a few hundred callers at the same moment are too many: some are
/// made to wait for a second, and some are reset.
const BACKLOG: u32 = 4_096;

/// Who is at the other end of the connection, among a request's extensions: a
/// client, or the last proxy before us.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Listens at a host and a port.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::InvalidInput, "no address has that name");
    for address in lookup_host(address).await? {
        match bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that has just been stopped can be started again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` resolves, then finishes what is in flight: the requests,
/// and what goes on for those whose caller has gone.
pub async fn serve(
    service: Arc<dyn Service>,
    listener: TcpListener,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = GracefulShutdown::new();
    accept(&service, &connections, &listener, limits, stop).await;
    drop(listener);
    let finishing = async {
        connections.shutdown().await;
        service.settled().await;
    };
    if timeout(GRACE, finishing).await.is_err() {
        tracing::warn!(
            event = "service.interrupted",
            "stopped with requests in flight"
        );
    }
    Ok(())
}

async fn accept(
    service: &Arc<dyn Service>,
    connections: &GracefulShutdown,
    listener: &TcpListener,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let open = Connections::new(limits);
    let mut reported: Option<Instant> = None;
    let mut report = |reason: &str| {
        if reported.is_none_or(|last| last.elapsed() >= REPORT_EVERY) {
            reported = Some(Instant::now());
            tracing::warn!(
                event = "connection.refused",
                reason,
                "connections are not accepted"
            );
        }
    };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match open.open(peer.ip().to_canonical()) {
                    Some(counted) => {
                        connect(connections, service, stream, Peer(peer), limits, counted);
                    }
                    None => report("as many are open as there is room for"),
                },
                // Out of file handles, say: connections that end will release some.
                Err(error) => {
                    report(&error.to_string());
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => return,
        }
    }
}

fn connect(
    connections: &GracefulShutdown,
    service: &Arc<dyn Service>,
    stream: TcpStream,
    peer: Peer,
    limits: ConnectionLimits,
    counted: OpenConnection,
) {
    // Small answers should not wait for company.
    let _ = stream.set_nodelay(true);
    let service = Arc::clone(service);
    let begun = Arc::new(Notify::new());
    let first_call = Arc::clone(&begun);
    let respond = service_fn(move |mut request: Request<Incoming>| {
        first_call.notify_one();
        request.extensions_mut().insert(peer);
        let service = Arc::clone(&service);
        let method = request.method().clone();
        async move { Ok::<_, Infallible>(without_content(&method, service.call(request).await)) }
    });
    let connection = builder(limits)
        .serve_connection_with_upgrades(TokioIo::new(stream), respond)
        .into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        let _counted = counted;
        tokio::pin!(watched);
        // Which version is spoken is not clear before the first bytes, and until
        // then no timeout of either version runs.
        let first = timeout(HEADER_TIMEOUT, begun.notified());
        let ended = tokio::select! {
            ended = &mut watched => ended,
            first = first => match first {
                Ok(()) => watched.await,
                Err(_) => return tracing::debug!(event = "connection.idle", "a connection was closed that sent no request in time"),
            },
        };
        if let Err(error) = ended {
            tracing::debug!(
                event = "connection.failed",
                "a connection ended early: {error}"
            );
        }
    });
}

fn builder(limits: ConnectionLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .max_buf_size(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(250)
        .max_header_list_size(MAX_HEADERS.try_into().unwrap_or(u32::MAX));
    builder
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

/// The response as it may be sent: without a body to `HEAD`, and without a length where the
/// status has no content (RFC 9110, sections 9.3.2 and 8.6). HTTP/1 leaves them out itself;
/// HTTP/2 sends what it is given.
fn without_content(method: &Method, mut response: Response<Body>) -> Response<Body> {
    if method == Method::HEAD {
        *response.body_mut() = full("");
    }
    if response.status() == StatusCode::NO_CONTENT {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}
