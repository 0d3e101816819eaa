//! Webhooks that were received.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::State;

/// 6: an event has one id, however often it is sent.
pub(super) fn ids(state: &State) -> Vec<String> {
    let mut bodies: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut violations = Vec::new();
    for received in &state.received {
        let first = bodies.entry(&received.id).or_insert(&received.body);
        if first["type"] != received.body["type"] {
            let (one, other) = (&first["type"], &received.body["type"]);
            let id = &received.id;
            violations.push(format!("6: webhook {id} is {one} and {other}"));
        }
        if received.url.is_empty() {
            violations.push("6: a webhook went nowhere".to_owned());
        }
    }
    violations
}
