//! An interview's progress as server-sent events.
//!
//! What has been sent is written into each event's id, so that a client that
//! comes back with `Last-Event-ID` gets exactly what has changed since, from
//! whichever process it is served by: nothing is kept for it here.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{Response, sse::Event},
};
use domain::{
    ErrorCode, Interview,
    interview::Status,
    interview_store,
    ports::RecordsError,
    steps::{StepName, WaitReason},
    usable::Usable,
    versions::StripUnknown as _,
    webhook::PublicStep,
};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    Api,
    extract::OwnInterview,
    openapi::{errors, examples, named, parameters::LastEventId},
    sse,
};

/// What a client has received: of each step its attempt, state, progress and what it
/// waits for, and the status.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EventCursor {
    steps: [String; 4],
    status: String,
}

impl EventCursor {
    fn new(interview: &Interview) -> Self {
        let step = |name| {
            let step = interview.steps.step(name);
            let state = step.state.as_str().chars().next().unwrap_or(' ');
            let waits = step.waiting.as_ref().map_or("", |it| match it.reason {
                WaitReason::ModelDownload => "d",
                WaitReason::ModelUnavailable => "u",
                WaitReason::EngineBusy => "b",
                WaitReason::Retry | WaitReason::Unknown(_) => "r",
            });
            let progress = step.progress.unwrap_or(0);
            format!("{}{state}{progress}{waits}", step.attempt)
        };
        Self {
            steps: StepName::ALL.map(step),
            status: interview.visible_status().as_str().to_owned(),
        }
    }

    /// As it stands in an event's id.
    fn id(&self) -> String {
        format!("{}-{}", self.steps.join("-"), self.status)
    }

    fn parse(id: &str) -> Option<Self> {
        let parts: Vec<&str> = id.split('-').collect();
        let [a, b, c, d, status] = parts[..] else {
            return None;
        };
        Some(Self {
            steps: [a, b, c, d].map(str::to_owned),
            status: status.to_owned(),
        })
    }
}

/// What a `step` event carries.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StepEvent {
    /// The step that has changed.
    step: StepName,
    /// Where it stands now.
    detail: PublicStep,
}

/// What a `status` event carries.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StatusEvent {
    /// The status of the interview now.
    status: Status,
    /// Whether its transcript can be relied on; `null` without one.
    usable: Option<Usable>,
}

/// A stream of events under way.
struct Listener {
    changes: BoxStream<'static, Result<Interview, RecordsError>>,
    cursor: EventCursor,
    finished: bool,
}

/// Follow an interview's progress
///
/// Server-sent events. First a `snapshot` with the interview, then a `step` event for every
/// change of a step and a `status` event for every change of the status. Each has an `id`: send
/// the last one as `Last-Event-ID` to miss nothing and receive nothing twice. A comment line keeps
/// a silent stream open, every 15 seconds. The stream ends after a final status.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/events", operation_id = "follow_interview", tag = "Interviews",
    params(OwnInterview, LastEventId),
    responses((status = 200, description = "The events.", content((
        String = "text/event-stream",
        example = json!(examples::STEP_EVENT),
        extensions(("x-events" = json!({
            "snapshot": {"description": "The interview as it is.", "data": named("Interview")},
            "step": {"description": "A step has changed.", "data": named("StepEvent")},
            "status": {"description": "The status has changed.", "data": named("StatusEvent")},
        })))
    )))),
    extensions(("x-errors" = json!(errors(&[ErrorCode::TooManyStreams])))),
)]
pub(crate) async fn events(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    headers: HeaderMap,
) -> Response {
    let last_id = headers.get("last-event-id");
    let last_id = last_id.and_then(|id| EventCursor::parse(id.to_str().ok()?));
    let now = EventCursor::new(&interview);
    let first = last_id
        .is_none()
        .then(|| sse::event(Some(&now.id()), "snapshot", &json!(api.view(&interview))));
    let listener = Listener {
        changes: interview_store::watch(Arc::clone(&api.records), &interview.key()),
        finished: first.is_some() && interview.visible_status().is_final(),
        cursor: last_id.unwrap_or(now),
    };
    sse::response(stream::iter(first).chain(listener.stream()))
}

impl Listener {
    fn stream(self) -> impl Stream<Item = Event> + Send {
        let batches = stream::unfold(self, |mut listener| async move {
            if listener.finished {
                return None;
            }
            let events = match listener.changes.next().await {
                Some(Ok(interview)) => listener.events_since(&interview),
                // Deleted, or the store is gone: the client requests it again and learns why.
                _ => listener.end(),
            };
            Some((stream::iter(events), listener))
        });
        batches.flatten()
    }

    const fn end(&mut self) -> Vec<Event> {
        self.finished = true;
        Vec::new()
    }

    /// The events for what has changed since the last one.
    fn events_since(&mut self, interview: &Interview) -> Vec<Event> {
        if interview.deleted_at.is_some() {
            return self.end();
        }
        let now = EventCursor::new(interview);
        let sent = &mut self.cursor;
        let mut events = Vec::new();
        for (index, name) in StepName::ALL.into_iter().enumerate() {
            if sent.steps[index] != now.steps[index] {
                sent.steps[index].clone_from(&now.steps[index]);
                let data = StepEvent {
                    step: name,
                    detail: interview.steps.step(name).clone().into(),
                };
                events.push(sse::event(Some(&sent.id()), "step", &json!(data)));
            }
        }
        if sent.status != now.status {
            sent.status = now.status;
            let data = StatusEvent {
                status: interview.visible_status(),
                usable: interview.usable.clone().known_only(),
            };
            events.push(sse::event(Some(&sent.id()), "status", &json!(data)));
        }
        self.finished = interview.visible_status().is_final();
        events
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{
        body::to_bytes,
        response::{IntoResponse, Sse},
    };
    use domain::{
        InterviewId, InterviewKey, Timestamp, UserId,
        lease::Acquire,
        steps::{Code, StepError},
    };
    use futures::executor::block_on;

    use super::*;

    fn listener(last_id: Option<&str>, interview: &Interview) -> Listener {
        Listener {
            changes: stream::empty().boxed(),
            cursor: last_id
                .and_then(EventCursor::parse)
                .unwrap_or_else(|| EventCursor::new(interview)),
            finished: false,
        }
    }

    impl Listener {
        /// The events as they are sent.
        fn tell(&mut self, interview: &Interview) -> String {
            let events = self.events_since(interview);
            let events = stream::iter(events.into_iter().map(Ok::<_, Infallible>));
            let body = Sse::new(events).into_response().into_body();
            let bytes = block_on(to_bytes(body, usize::MAX)).unwrap();
            String::from_utf8(bytes.to_vec()).unwrap()
        }
    }

    fn names(text: &str) -> Vec<&str> {
        text.lines()
            .filter_map(|line| line.strip_prefix("event: "))
            .collect()
    }

    fn last_id(text: &str) -> Option<&str> {
        text.lines()
            .filter_map(|line| line.strip_prefix("id: "))
            .next_back()
    }

    #[test]
    fn reconnected_client_receives_each_event_once() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let now = Timestamp::from_millis(0);
        let mut interview = Interview::new(&key, "t".into(), now);
        let mut first = listener(None, &interview);
        let Acquire::Start(lease) = interview.acquire(StepName::Waveform, "1", None, now) else {
            panic!("expected to start");
        };
        interview.touch(now);
        let heard = first.tell(&interview);
        assert_eq!(names(&heard), ["step", "status"]);
        interview.finish(&lease, now).unwrap();
        interview.touch(now);
        // Cut off here; the next connection begins with the last id.
        let mut second = listener(last_id(&heard), &interview);
        let heard = second.tell(&interview);
        assert_eq!(names(&heard), ["step"]);
        assert_eq!(second.tell(&interview), "");
        // Cut off between the two events of one change.
        let half = heard.replace("processing", "awaiting_upload");
        let mut third = listener(last_id(&half), &interview);
        assert_eq!(names(&third.tell(&interview)), ["status"]);
    }

    /// An interview's life, as it stands after each change.
    fn life() -> Vec<Interview> {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let now = Timestamp::from_millis(0);
        let mut interview = Interview::new(&key, "t".into(), now);
        let mut life = vec![interview.clone()];
        let mut lived = |interview: &mut Interview| {
            interview.touch(now);
            life.push(interview.clone());
        };
        for name in [StepName::Transcription, StepName::Waveform] {
            for _ in 0..2 {
                let Acquire::Start(lease) = interview.acquire(name, "1", None, now) else {
                    panic!("expected to start");
                };
                lived(&mut interview);
                for percent in [1, 50, 99] {
                    interview.steps.step_mut(name).progress = Some(percent);
                    lived(&mut interview);
                }
                let error = StepError::transient(Code::WorkerLost, "lost");
                interview.fail(&lease, error, now).unwrap();
                lived(&mut interview);
            }
            let Acquire::Start(lease) = interview.acquire(name, "1", None, now) else {
                panic!("expected to start");
            };
            lived(&mut interview);
            interview.finish(&lease, now).unwrap();
            lived(&mut interview);
        }
        for name in [StepName::Analysis, StepName::Report] {
            interview.give_up(name, StepError::permanent(Code::WorkerLost, "lost"), now);
            lived(&mut interview);
        }
        life
    }

    /// The whole events at the beginning of a stream that was cut.
    fn whole(text: &str) -> &str {
        text.rfind("\n\n").map_or("", |end| &text[..end + 2])
    }

    #[test]
    fn cut_at_any_byte_and_resumed_it_tells_the_same_story() {
        let life = life();
        let mut uncut = listener(None, &life[0]);
        let told: Vec<String> = life.iter().map(|interview| uncut.tell(interview)).collect();
        let story = told.concat();
        assert!(
            story.ends_with("data: {\"status\":\"partial\",\"usable\":null}\n\n"),
            "{story}"
        );
        let mut cuts = 0;
        for (at, text) in told.iter().enumerate() {
            let before = told[..at].concat();
            for cut in 0..=text.len() {
                let heard = whole(&format!("{before}{}", &text[..cut])).to_owned();
                let mut resumed = listener(last_id(&heard), &life[0]);
                let rest: String = life[at..].iter().map(|now| resumed.tell(now)).collect();
                assert_eq!(heard + &rest, story, "cut at {cut} of {text}");
                cuts += 1;
            }
        }
        assert!(cuts > 2_000, "{cuts}");
    }

    #[test]
    fn an_id_that_makes_no_sense_is_an_absent_one() {
        assert_eq!(EventCursor::parse("nonsense"), None);
    }
}
