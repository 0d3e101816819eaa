//! Deliveries as they may come: late, thrice, backwards.

use embedded::deliveries::{QueuedDelivery, Requeue};
use emulation::dispatch::trigger;

use crate::support::TestHost;

/// Delivers whatever is due, all of it, backwards and three times, and every
/// event once more when all is over.
pub(crate) async fn deliver_badly(test: &TestHost) {
    let deliveries = deliver_thrice(test).await;
    redeliver(test, &deliveries).await;
}

/// Delivers whatever is due, backwards and three times; returns all of it.
pub(crate) async fn deliver_thrice(test: &TestHost) -> Vec<QueuedDelivery> {
    let deliveries = test.host.store.deliveries();
    let mut seen = Vec::new();
    loop {
        let mut due = Vec::new();
        for lane in deliveries.lanes() {
            due.extend(deliveries.take(&lane, 1_000).await.unwrap());
        }
        if due.is_empty() {
            let Some(next) = deliveries.next_due().await.unwrap() else {
                break;
            };
            test.clock.advance_to(next);
            continue;
        }
        for delivery in due.iter().rev() {
            let function = test
                .host
                .functions()
                .find(|function| function.name() == delivery.function);
            let function = function.expect("the manifest names functions that are there");
            let mut settled = true;
            for _ in 0..3 {
                settled &= function.handle(trigger(delivery)).await.is_ok();
            }
            if settled {
                deliveries.done(delivery).await.unwrap();
                seen.push(delivery.clone());
            } else {
                let wait = std::time::Duration::from_secs(1);
                deliveries
                    .requeue(delivery, Requeue::Later(wait), "")
                    .await
                    .unwrap();
            }
        }
    }
    seen
}

/// Delivers once more what was delivered, the latest first.
pub(crate) async fn redeliver(test: &TestHost, delivered: &[QueuedDelivery]) {
    for delivery in delivered.iter().rev() {
        let function = test
            .host
            .functions()
            .find(|function| function.name() == delivery.function);
        function
            .unwrap()
            .handle(trigger(delivery))
            .await
            .expect("late is no failure");
    }
    test.drain().await;
}
