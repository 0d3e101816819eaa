//! Steps that could begin, and the tasks by which workers begin them.

use std::time::Duration;

use domain::{
    Interview, Timestamp,
    callback::Job,
    ids::task_name,
    ports::Task,
    steps::{StepName, StepState},
    themes::CollectionKey,
    versions::UnknownFields,
};

/// The steps that wait for a worker and have all that they need, in order.
pub fn startable(interview: &Interview) -> Vec<StepName> {
    let state = |step: StepName| interview.steps.step(step).state;
    let ready = |step: &StepName| {
        let fed = step
            .needs()
            .is_none_or(|needed| state(needed) == StepState::Done);
        state(*step) == StepState::Pending && fed
    };
    StepName::ALL.into_iter().filter(ready).collect()
}

/// A task for the queue of the step, by which a worker begins the step. A second one does no
/// harm: a step that another worker has begun or finished is left alone.
///
/// # Errors
///
/// The content of the task cannot be written as JSON.
pub fn begin_task(
    interview: &Interview,
    step: StepName,
    plain_name: &str,
) -> Result<Task, serde_json::Error> {
    let key = interview.key();
    let body = match (step, &interview.audio) {
        (StepName::Transcription, Some(audio)) => serde_json::to_value(Job {
            key,
            object: audio.object.clone(),
            generation: audio.generation.unwrap_or(0),
            answer: None,
            unknown: UnknownFields::default(),
        }),
        _ => serde_json::to_value(key),
    };
    Ok(Task {
        name: task_name(plain_name),
        body: body?,
        delay: Duration::ZERO,
        trace: interview.trace,
    })
}

/// How long a step must have waited before an event that comes once more queues a second
/// task: an event that is delivered twice comes again within moments.
const SECOND_TASK_AFTER: Duration = Duration::from_mins(1);

/// The same for a step whose task has noted what it waits for: it notes that again and again.
const NOTED_AFTER: Duration = Duration::from_hours(1);

/// The name of a second task of a step, for an event that comes once more, such as a dead
/// letter that is replayed: the queue remembers the name of the first for a day, whatever
/// became of its task. `None` while the step does not wait for a worker, or not for long.
/// There is one such name an hour.
pub fn second_name(
    interview: &Interview,
    step: StepName,
    plain_name: &str,
    now: Timestamp,
) -> Option<String> {
    const HOUR_MS: i64 = 3_600_000;
    let known = interview.steps.step(step);
    let waits = interview.deleted_at.is_none() && startable(interview).contains(&step);
    let has_waited = now.since(known.due_since?) >= SECOND_TASK_AFTER;
    let noted = known.waiting.as_ref().map(|waiting| waiting.noted_at);
    let is_forgotten = noted.is_none_or(|noted| now.since(noted) >= NOTED_AFTER);
    let hour = now.as_millis() / HOUR_MS;
    let name = format!("{plain_name}-again-{hour}");
    (waits && has_waited && is_forgotten).then_some(name)
}

/// The queue whose worker proposes themes: that of analyses.
pub const THEMES_QUEUE: &str = StepName::Analysis.as_str();

/// A task by which a worker begins the themes of a collection. A second one does no harm.
///
/// # Errors
///
/// The content of the task cannot be written as JSON.
pub fn themes_task(key: &CollectionKey, plain_name: &str) -> Result<Task, serde_json::Error> {
    Ok(Task {
        name: task_name(plain_name),
        body: serde_json::to_value(key)?,
        delay: Duration::ZERO,
        trace: crate::trace::current(),
    })
}
