//! The state of receivers as it is stored, for all instances.
//!
//! A document for each receiver that is slow or fails, and none for the others: sending to a
//! receiver that answers costs one read and no write.

use std::time::Duration;

use domain::{
    Timestamp,
    ids::hex,
    paths::{self, DocPath},
    ports::{Precondition, RecordsError, Write},
};
use sha2::{Digest, Sha256};
use steps::decode_or_report;

use crate::{
    Notify,
    health::{Circuit, ReceiverHealth, Verdict},
    lanes::WebhookReceiver,
};

/// How often a write is tried that another attempt gets in the way of.
const MAX_CONFLICTS: usize = 10;

/// What is stored of a slow receiver is renewed when less than this is left of it.
const RENEWED: Duration = Duration::from_mins(30);

/// Whether an attempt is the probe of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeStart {
    /// It is.
    Begun,
    /// The circuit has been closed.
    NotNeeded,
    /// Another attempt is.
    Another,
}

impl WebhookReceiver {
    /// Where its state is stored, under a name that is safe in a path.
    fn document(&self) -> DocPath {
        let digest = Sha256::digest(&self.host);
        paths::webhook_receiver(&self.user, &hex(&digest[..16]))
    }
}

impl Notify {
    /// What is known of a receiver; nothing of one that answers in time.
    pub(crate) async fn health(
        &self,
        receiver: &WebhookReceiver,
    ) -> Result<Option<ReceiverHealth>, RecordsError> {
        let found = self.records.read(&receiver.document()).await?;
        Ok(found.as_ref().and_then(decode_or_report))
    }

    /// Lets this attempt be the probe, unless another one is.
    pub(crate) async fn begin_probe(
        &self,
        receiver: &WebhookReceiver,
        now: Timestamp,
    ) -> Result<ProbeStart, RecordsError> {
        let path = receiver.document();
        let found = self.records.read(&path).await?;
        let known = found
            .as_ref()
            .and_then(|found| Some((decode_or_report::<ReceiverHealth>(found)?, found.version)));
        let Some((health, version)) = known else {
            return Ok(ProbeStart::NotNeeded);
        };
        match health.circuit(now) {
            Circuit::Closed => return Ok(ProbeStart::NotNeeded),
            Circuit::Open(_) => return Ok(ProbeStart::Another),
            Circuit::HalfOpen => {}
        }
        let unchanged = Precondition::Version(version);
        let write = Write::put(path, &health.probed(now), unchanged)?;
        match self.records.commit(vec![write]).await {
            Ok(()) => Ok(ProbeStart::Begun),
            Err(RecordsError::Stale { .. }) => Ok(ProbeStart::Another),
            Err(other) => Err(other),
        }
    }

    /// Remembers what an attempt says about its receiver. An error is only logged: the
    /// attempt has been made, and its outcome is stored in any case.
    pub(crate) async fn remember(
        &self,
        receiver: &WebhookReceiver,
        verdict: Verdict,
        is_probe: bool,
        now: Timestamp,
    ) {
        if let Err(error) = self.update(receiver, verdict, is_probe, now).await {
            tracing::warn!(
                event = "webhook.receiver_not_stored",
                error = &error as &dyn std::error::Error,
                "the state of a webhook receiver was not stored"
            );
        }
    }

    async fn update(
        &self,
        receiver: &WebhookReceiver,
        verdict: Verdict,
        is_probe: bool,
        now: Timestamp,
    ) -> Result<(), RecordsError> {
        let path = receiver.document();
        for _ in 0..MAX_CONFLICTS {
            let found = self.records.read(&path).await?;
            let before = found.as_ref().and_then(decode_or_report);
            let after = ReceiverHealth::after(before.clone(), verdict, is_probe, now);
            if is_stored(before.as_ref(), after.as_ref(), now) {
                return Ok(());
            }
            log_circuit(before.as_ref(), after.as_ref(), now);
            let unchanged = found.map_or(Precondition::Absent, |document| {
                Precondition::Version(document.version)
            });
            let write = match after {
                Some(health) => Write::put(path.clone(), &health, unchanged)?,
                None => Write::Delete {
                    path: path.clone(),
                    precondition: unchanged,
                },
            };
            match self.records.commit(vec![write]).await {
                Err(RecordsError::Stale { .. }) => {}
                stored => return stored,
            }
        }
        Err(RecordsError::Stale { path })
    }
}

/// Whether `before` says what `after` says, for long enough.
fn is_stored(
    before: Option<&ReceiverHealth>,
    after: Option<&ReceiverHealth>,
    now: Timestamp,
) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return before.is_none() && after.is_none();
    };
    let state = |health: &ReceiverHealth| (health.failures, health.openings, health.open_until);
    state(before) == state(after) && before.is_slow(now + RENEWED) == after.is_slow(now + RENEWED)
}

fn log_circuit(before: Option<&ReceiverHealth>, after: Option<&ReceiverHealth>, now: Timestamp) {
    let openings = |health: Option<&ReceiverHealth>| health.map_or(0, |health| health.openings);
    if openings(after) > openings(before) {
        let open_until = after.and_then(|health| health.open_until);
        let delay_ms = open_until.map(|until| until.since(now).as_millis());
        tracing::warn!(
            event = "webhook.circuit_opened",
            delay_ms = delay_ms.and_then(|delay| u64::try_from(delay).ok()),
            openings = openings(after),
            "a webhook receiver does not answer; its webhooks are postponed"
        );
    } else if openings(before) > 0 && openings(after) == 0 {
        tracing::info!(
            event = "webhook.circuit_closed",
            "a webhook receiver answers again"
        );
    }
}
