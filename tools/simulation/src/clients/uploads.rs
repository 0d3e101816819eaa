//! How clients upload: at once, in pieces, twice.

use std::time::Duration;

use domain::ports::Overwrite;

use super::{Client, TRIES};
use crate::{
    delivery::UploadSession,
    gate::{Call, Port},
    ports::{Failed, store_object},
    recording::recording,
    world::{ACTOR, World, short},
};

/// A client that gets no answer for so long tries again.
const TIMEOUT: Duration = Duration::from_mins(10);

/// In how many pieces a recording is uploaded.
const PIECES: usize = 4;

impl Client {
    /// Uploads the recording as the store lets it.
    pub(super) async fn put(&mut self) {
        let Some(name) = self.upload.clone() else {
            return;
        };
        for _ in 0..TRIES {
            let name = name.clone();
            let what = format!("client {} puts {}", self.number, short(&name));
            let put = move |world: &World| {
                store_recording(world, &name);
                Ok(())
            };
            if self.store_call(what, put).await.is_some() {
                self.known.is_uploaded = true;
                return;
            }
            self.pause(20).await;
        }
    }

    /// Uploads in pieces, and continues where the store says that it is.
    pub(super) async fn put_in_pieces(&mut self) {
        self.begin_session().await;
        let pieces = self.world.state().rng.usize(1..=PIECES);
        for _ in 1..pieces {
            self.put_piece().await;
            self.pause(300).await;
        }
        if self.chance(80) {
            self.finish_session().await;
        }
    }

    /// Begins an upload in pieces.
    async fn begin_session(&mut self) {
        let Some(name) = self.upload.clone() else {
            return;
        };
        let begin = move |world: &World| {
            let id = world.next_version().unsigned_abs();
            let session = UploadSession {
                name,
                received: 0,
                is_done: false,
            };
            world.state().sessions.insert(id, session);
            Ok(id)
        };
        let what = format!("client {} begins an upload", self.number);
        self.session = self.store_call(what, begin).await;
    }

    /// Sends all that is missing.
    pub(super) async fn finish_session(&mut self) {
        for _ in 0..3 * TRIES {
            match self.put_piece().await {
                Some(true) => {
                    self.known.is_uploaded = true;
                    return;
                }
                Some(false) => {}
                None => self.pause(20).await,
            }
        }
    }

    /// Sends the next piece; whether the upload is complete, nothing where that is unknown.
    async fn put_piece(&self) -> Option<bool> {
        let id = self.session?;
        let look = move |world: &World| {
            let state = world.state();
            let session = state.sessions.get(&id).ok_or(Failed)?;
            Ok((session.received, session.is_done))
        };
        let what = format!("client {} looks how far its upload is", self.number);
        let (received, is_done) = self.store_call(what, look).await?;
        if is_done {
            return Some(true);
        }
        let total = recording().len();
        let end = (received + total.div_ceil(PIECES)).min(total);
        let send = move |world: &World| {
            let name = {
                let mut state = world.state();
                let session = state.sessions.get_mut(&id).ok_or(Failed)?;
                if session.received != received || session.is_done {
                    return Ok(session.is_done);
                }
                session.received = end;
                session.is_done = end == total;
                session.is_done.then(|| session.name.clone())
            };
            if let Some(name) = &name {
                store_recording(world, name);
            }
            Ok(name.is_some())
        };
        let what = format!("client {} sends bytes {received} to {end}", self.number);
        self.store_call(what, send).await
    }

    /// A call of the object store; nothing where its outcome is unknown.
    async fn store_call<T: Send>(
        &self,
        what: String,
        effect: impl FnOnce(&World) -> Result<T, Failed> + Send + 'static,
    ) -> Option<T> {
        let actor = self.fleet.next_actor();
        let call = Call::new(Port::Objects, what);
        let call = self.world.change(call, effect, || Failed, || None);
        let done = tokio::time::timeout(TIMEOUT, ACTOR.scope(actor, call)).await;
        done.ok()?.ok()
    }
}

/// Stores the recording unless one is there: that it is, is the answer to a repetition.
fn store_recording(world: &World, name: &str) {
    let content = (recording(), "audio/wav");
    let stored = store_object(world, "uploads", name, content, Overwrite::Refused);
    drop(stored);
}
