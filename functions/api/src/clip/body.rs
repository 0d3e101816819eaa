//! A clip that is sent while it is made, in bounded memory.

use std::{
    fs::File,
    io::{self, Read as _},
    ops::Range,
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

/// All bytes of a body.
const WHOLE: Range<u64> = 0..u64::MAX;

/// A WAV file of a part that is decoded ahead of the reader.
pub(super) fn of_samples(clip: Clip, place: ClipPlace) -> Body {
    of_samples_within(clip, place, WHOLE)
}

/// The same, of which only these bytes are sent.
pub(super) fn of_samples_within(mut clip: Clip, place: ClipPlace, part: Range<u64>) -> Body {
    made_by(place, part, move |pieces| {
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
    made_by(place, WHOLE, move |pieces| {
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

/// A body whose pieces are made on a thread that may block; only these bytes of it are sent.
fn made_by(
    place: ClipPlace,
    part: Range<u64>,
    make: impl FnOnce(&Pieces) + Send + 'static,
) -> Body {
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
    let cut = Cut {
        receiver,
        part,
        begin: 0,
    };
    let pieces = stream::unfold(cut, |mut cut| async { Some((cut.next().await?, cut)) });
    Body::from_stream(pieces)
}

/// The pieces of a body, cut to a part of it.
struct Cut {
    receiver: Receiver<io::Result<Bytes>>,
    part: Range<u64>,
    /// Where the next piece begins.
    begin: u64,
}

impl Cut {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while self.begin < self.part.end {
            let piece = match self.receiver.recv().await? {
                Ok(piece) => piece,
                Err(error) => return Some(Err(error)),
            };
            let offset = |at: u64| {
                let offset = usize::try_from(at.saturating_sub(self.begin));
                offset.map_or(piece.len(), |offset| offset.min(piece.len()))
            };
            let (from, to) = (offset(self.part.start), offset(self.part.end));
            self.begin += piece.len() as u64;
            if from < to {
                return Some(Ok(piece.slice(from..to)));
            }
        }
        None
    }
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
