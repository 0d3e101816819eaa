//! Bodies that come too slowly are not waited for: a client that sends a byte a second
//! holds a connection and a place on the disk for months.

use std::{io, time::Duration};

use bytes::Bytes;
use domain::ports::ByteStream;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout};

/// How long nothing may come.
const IDLE: Duration = Duration::from_mins(1);

/// How long it may be slow: connections take a while to get up to speed.
const GRACE: Duration = Duration::from_mins(1);

/// The slowest that is waited for after that, on average, in bytes per second: a
/// tenth of what the oldest mobile network in use manages.
const SLOWEST: u64 = 1024;

/// A body under way.
struct Paced {
    body: ByteStream,
    size: u64,
    /// Without the time that its reader takes.
    waited: Duration,
}

/// Breaks off, with [`io::ErrorKind::TimedOut`], a body that comes too slowly.
pub(crate) fn paced(body: ByteStream) -> ByteStream {
    let paced = Paced {
        body,
        size: 0,
        waited: Duration::ZERO,
    };
    stream::unfold(Some(paced), |paced| async {
        let mut paced = paced?;
        let chunk = paced.next().await?;
        let rest = chunk.is_ok().then_some(paced);
        Some((chunk, rest))
    })
    .boxed()
}

impl Paced {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let begun = Instant::now();
        let Ok(chunk) = timeout(IDLE, self.body.next()).await else {
            return Some(Err(io::ErrorKind::TimedOut.into()));
        };
        self.waited += begun.elapsed();
        let chunk = chunk?;
        self.size += chunk.as_ref().map_or(0, Bytes::len) as u64;
        if self.waited > GRACE && self.size < SLOWEST * self.waited.as_secs() {
            return Some(Err(io::ErrorKind::TimedOut.into()));
        }
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use tokio::time::sleep;

    use super::*;

    /// So many chunks of that size, one after each pause.
    fn body(chunks: usize, size: usize, pause: Duration) -> ByteStream {
        let chunks = stream::iter(0..chunks).then(move |_| async move {
            sleep(pause).await;
            Ok(Bytes::from(vec![0; size]))
        });
        chunks.boxed()
    }

    async fn outcome(body: ByteStream) -> Result<usize, io::ErrorKind> {
        let read = paced(body).try_fold(0, |sum, chunk| async move { Ok(sum + chunk.len()) });
        read.await.map_err(|error| error.kind())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_network_is_waited_for_and_a_byte_a_second_is_not() {
        let second = Duration::from_secs(1);
        assert_eq!(outcome(body(3_600, 2_048, second)).await, Ok(3_600 * 2_048));
        let begun = Instant::now();
        assert_eq!(
            outcome(body(3_600, 1, second)).await,
            Err(io::ErrorKind::TimedOut)
        );
        assert_eq!(begun.elapsed(), GRACE + second);
        assert_eq!(
            outcome(body(50, 1, second)).await,
            Ok(50),
            "short, and so no harm"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_not_waited_for() {
        let begun = Instant::now();
        let pause = Duration::from_hours(1);
        assert_eq!(
            outcome(body(2, 1_000_000, pause)).await,
            Err(io::ErrorKind::TimedOut)
        );
        assert_eq!(begun.elapsed(), IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_its_time_does_not_count() {
        let mut read = paced(body(10, 100, Duration::ZERO));
        while let Some(chunk) = read.next().await {
            chunk.unwrap();
            sleep(Duration::from_mins(5)).await;
        }
    }
}
