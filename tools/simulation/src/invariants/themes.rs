//! Themes across collections come to an end, and have nothing of what is deleted.

use serde_json::Value;

use super::Look;
use crate::world::{State, World, short};

/// Whether any interview is being processed, or themes are under way.
pub(crate) fn is_processing(world: &World) -> bool {
    let state = world.state();
    let mut documents = state.documents.values();
    let is_processed = documents.any(|stored| stored.fields["status"] == "processing");
    is_processed || !open(&state).is_empty()
}

/// 18: no themes are under way in a world at rest.
pub(super) fn open(state: &State) -> Vec<String> {
    let runs = state.documents.iter();
    let runs = runs.filter(|(path, _)| path.ends_with("/themes/run"));
    let is_open = |fields: &Value| {
        let known = &fields["step"]["state"];
        known == "pending" || known == "running"
    };
    runs.filter(|(_, run)| is_open(&run.fields))
        .map(|(path, run)| format!("19: {} stays {}", short(path), run.fields["step"]["state"]))
        .collect()
}

/// 18: nothing of a deleted interview is in the themes of a collection.
pub(super) fn of_deleted(look: &Look<'_>) -> Vec<String> {
    let results = look.state.documents.iter();
    let results = results.filter(|(path, _)| path.ends_with("/themes/result"));
    results
        .filter(|(_, result)| result.fields.to_string().contains(&look.known.id))
        .map(|(path, _)| look.say(&format!("19: deleted, and {} has it", short(path))))
        .collect()
}
