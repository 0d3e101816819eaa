//! Waiting for an interview to be finished.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::Value;

use super::{connection::Connection, error::ClientError, shown::Interview};
use crate::progress::Display;

/// The wait before a stream of events that has ended early is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(2);

/// Reads an interview without its parts.
pub(super) async fn read(connection: &Connection, id: &str) -> Result<Value, ClientError> {
    let path = ["v1", "interviews", id];
    connection.get(&path, &[("fields", String::new())]).await
}

/// Shows the steps of an interview until it is finished; returns it as it is then.
pub(super) async fn until_finished(
    connection: &Connection,
    id: &str,
) -> Result<Value, ClientError> {
    let mut display = Display::default();
    loop {
        // Every event says only that something has changed: what, the interview says.
        let opened = events(connection, id).await;
        if let Some(finished) = look(connection, id, &mut display).await? {
            return Ok(finished);
        }
        if let Ok(mut stream) = opened {
            while let Some(Ok(chunk)) = stream.next().await {
                if !chunk.starts_with(b":")
                    && let Some(finished) = look(connection, id, &mut display).await?
                {
                    return Ok(finished);
                }
            }
        }
        tokio::time::sleep(REOPEN_AFTER).await;
    }
}

type Events = futures::stream::BoxStream<'static, reqwest::Result<hyper::body::Bytes>>;

async fn events(connection: &Connection, id: &str) -> Result<Events, ClientError> {
    let url = connection.url(&["v1", "interviews", id, "events"], &[]);
    let request = connection.request(Method::GET, url);
    let response = connection.try_once(request).await?;
    Ok(response.bytes_stream().boxed())
}

/// Shows where it stands; returns it when it is finished.
async fn look(
    connection: &Connection,
    id: &str,
    display: &mut Display,
) -> Result<Option<Value>, ClientError> {
    let found = read(connection, id).await?;
    let interview = Interview::read(&found)?;
    display.show(interview.lines())?;
    if !interview.is_final() {
        return Ok(None);
    }
    std::mem::take(display).end(&interview.status)?;
    Ok(Some(found))
}
