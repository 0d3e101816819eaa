//! A clip that is sent while it is made, in bounded memory.

use std::{
    fs::File,
    io::{self, Read as _},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use media::Clip;
use tokio::{
    runtime::Handle,
    sync::mpsc::{Receiver, Sender, channel},
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::ClipPlace;

/// How much is sent at once, in bytes.
const PIECE: usize = 64 * 1024;

/// How many pieces are made ahead of the reader.
const AHEAD: usize = 2;

/// How long a reader may take for a piece.
const PIECE_WITHIN: Duration = Duration::from_mins(1);

/// How long a reader may take for the whole clip, which holds a place until then: half an hour of
/// 48 kHz in stereo has 346 MB, which are read at 200 kB a second.
const WHOLE_WITHIN: Duration = Duration::from_mins(30);

/// A WAV file of a part that is decoded ahead of the reader.
pub(super) fn of_samples(mut clip: Clip, place: ClipPlace) -> Body {
    made_by(place, move |pieces| {
        let mut piece = clip.wav_header();
        loop {
            match clip.next_block() {
                Ok(Some(block)) => {
                    for samples in block.samples().chunks(PIECE / 2) {
                        piece.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
                        if piece.len() >= PIECE && !pieces.send(std::mem::take(&mut piece)) {
                            return;
                        }
                    }
                }
                Ok(None) => {
                    pieces.send(piece);
                    return;
                }
                Err(error) => return pieces.fail(&error),
            }
        }
    })
}

/// A file, which ends with the response.
pub(super) fn of_file(mut file: File, place: ClipPlace) -> Body {
    made_by(place, move |pieces| {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            match file.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
                Ok(0) => return,
                Ok(_) if pieces.send(piece) => {}
                Ok(_) => return,
                Err(error) => return pieces.fail(&error),
            }
        }
    })
}

/// A body whose pieces are made on a thread that may block.
fn made_by(place: ClipPlace, make: impl FnOnce(&Pieces) + Send + 'static) -> Body {
    let (sender, receiver) = channel(AHEAD);
    let pieces = Pieces {
        sender,
        runtime: Handle::current(),
        until: Instant::now() + WHOLE_WITHIN,
    };
    spawn_blocking(move || {
        make(&pieces);
        drop(place);
    });
    let pieces = stream::unfold(
        receiver,
        |mut receiver: Receiver<io::Result<Bytes>>| async {
            Some((receiver.recv().await?, receiver))
        },
    );
    Body::from_stream(pieces)
}

/// Takes the pieces of a body.
struct Pieces {
    sender: Sender<io::Result<Bytes>>,
    runtime: Handle,
    /// When the reader has had time enough.
    until: Instant,
}

impl Pieces {
    /// Whether the reader is still there, and takes pieces in time.
    fn send(&self, piece: Vec<u8>) -> bool {
        self.put(Ok(piece.into()))
    }

    /// Breaks the response off: its length was announced.
    fn fail(&self, error: &dyn std::error::Error) {
        tracing::warn!(
            event = "clip.interrupted",
            error = error.to_string(),
            "a clip was broken off"
        );
        self.put(Err(io::Error::other(error.to_string())));
    }

    fn put(&self, piece: io::Result<Bytes>) -> bool {
        let until = self.until.min(Instant::now() + PIECE_WITHIN);
        let sending = async { timeout_at(until, self.sender.send(piece)).await };
        matches!(self.runtime.block_on(sending), Ok(Ok(())))
    }
}
