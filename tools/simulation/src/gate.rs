//! Calls of ports, and the gate at which each waits.

use std::{future::pending, time::Duration};

use tokio::sync::oneshot;

use crate::{
    random,
    world::{ACTOR, World},
};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It happens.
    Pass,
    /// It does not happen, and the caller learns that.
    Refuse,
    /// It happens, and the caller is told that it failed.
    LoseAnswer,
    /// It happens after this time, and the caller is told that it failed.
    Late(Duration),
    /// Another writer was faster, where the call can say so.
    Conflict,
    /// The caller dies before it happens.
    CrashBefore,
    /// The caller dies after it has happened.
    CrashAfter,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Records,
    Objects,
    Queue,
    Bus,
    Engine,
    Receiver,
}

impl Port {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Records,
        Self::Objects,
        Self::Queue,
        Self::Bus,
        Self::Engine,
        Self::Receiver,
    ];
}

/// A call of a port, for the scheduler and for people.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) port: Port,
    pub(crate) what: String,
}

impl Call {
    pub(crate) const fn new(port: Port, what: String) -> Self {
        Self { port, what }
    }
}

/// A call that waits to be let through.
pub(crate) struct Waiting {
    /// Whose call it is.
    pub(crate) actor: u64,
    /// What it is.
    pub(crate) call: Call,
    /// Whether it changes anything.
    pub(crate) is_change: bool,
    /// Says what becomes of it.
    pub(crate) fate: oneshot::Sender<Fate>,
}

impl World {
    /// Waits at the gate until the scheduler says what becomes of a call.
    async fn wait(&self, call: Call, is_change: bool) -> Fate {
        if self.state().is_over {
            return Fate::Pass;
        }
        let actor = ACTOR.try_with(|actor| *actor).unwrap_or(0);
        let (fate, decided) = oneshot::channel();
        {
            let mut state = self.state();
            state.calls += 1;
            state.waiting.push(Waiting {
                actor,
                call,
                is_change,
                fate,
            });
        }
        self.calls.notify_one();
        decided.await.unwrap_or(Fate::Pass)
    }

    /// A call that changes something, as the scheduler decides. `failed` says that it failed,
    /// `conflict` that another writer was faster.
    pub(crate) async fn change<T: Send, E: Send>(
        &self,
        call: Call,
        apply: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
        failed: impl FnOnce() -> E + Send,
        conflict: impl FnOnce() -> Option<E> + Send,
    ) -> Result<T, E> {
        match self.wait(call, true).await {
            Fate::Pass => apply(self),
            Fate::Refuse => Err(failed()),
            // Not every call can meet another writer.
            Fate::Conflict => conflict().map_or_else(|| apply(self), Err),
            Fate::LoseAnswer => {
                let _ = apply(self);
                Err(failed())
            }
            Fate::Late(wait) => {
                let effect = move |world: &Self| drop(apply(world));
                let due = self.now() + wait;
                self.state().late.push((due, Box::new(effect)));
                Err(failed())
            }
            Fate::CrashBefore => pending().await,
            Fate::CrashAfter => {
                let _ = apply(self);
                pending().await
            }
        }
    }

    /// A call that only reads. A thread that decodes, on which time stands still, is not kept
    /// waiting.
    pub(crate) async fn read<T: Send, E: Send>(
        &self,
        call: Call,
        look: impl FnOnce(&Self) -> Result<T, E> + Send,
        failed: impl FnOnce() -> E + Send,
    ) -> Result<T, E> {
        if !random::is_seeded() {
            return look(self);
        }
        match self.wait(call, false).await {
            Fate::Refuse | Fate::LoseAnswer | Fate::Late(_) => Err(failed()),
            Fate::CrashBefore | Fate::CrashAfter => pending().await,
            Fate::Pass | Fate::Conflict => look(self),
        }
    }
}
