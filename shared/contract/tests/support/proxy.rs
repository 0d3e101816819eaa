//! A connection that breaks where a test wants it to.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    select,
};

/// Where the connection breaks next, counted from now on over all connections.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// After so many bytes of requests.
    Request(usize),
    /// After so many bytes of answers.
    Answer(usize),
}

/// Passes bytes on until it is to cut the connection.
pub struct Proxy {
    url: String,
    upstream: String,
    cut: Mutex<Option<Cut>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

impl Proxy {
    /// Passes on to `upstream`, `host:port`, as long as the test runs.
    pub fn start(listener: TcpListener, upstream: String) -> Arc<Self> {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Arc::new(Self {
            url,
            upstream,
            cut: Mutex::new(None),
        });
        let serving = Arc::clone(&proxy);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = Arc::clone(&serving);
                tokio::spawn(async move { proxy.pass(client).await });
            }
        });
        proxy
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts one connection, there.
    pub fn cut_once(&self, cut: Cut) {
        *self.cut.lock().unwrap() = Some(cut);
    }

    async fn pass(&self, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(&self.upstream).await?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        select! {
            done = self.copy(from_client, to_server, Direction::Request) => done,
            done = self.copy(from_server, to_client, Direction::Answer) => done,
        }
    }

    /// Ends when either side ends or the connection is cut.
    async fn copy(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        direction: Direction,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            let (allowed, is_cut) = self.allow(read, direction);
            to.write_all(&buffer[..allowed]).await?;
            if is_cut {
                return Ok(());
            }
        }
    }

    /// How many of so many bytes pass, and whether the connection is cut behind them.
    fn allow(&self, count: usize, direction: Direction) -> (usize, bool) {
        let mut cut = self.cut.lock().unwrap();
        let ((Some(Cut::Request(left)), Direction::Request)
        | (Some(Cut::Answer(left)), Direction::Answer)) = (&mut *cut, direction)
        else {
            return (count, false);
        };
        if let Some(rest) = left.checked_sub(count) {
            *left = rest;
            return (count, false);
        }
        let allowed = *left;
        *cut = None;
        (allowed, true)
    }
}
