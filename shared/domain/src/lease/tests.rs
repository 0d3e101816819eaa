use super::*;
use crate::{InterviewId, InterviewKey, RunId, UserId, interview::Status, pipeline::Pipeline};

const STEP: StepName = StepName::Transcription;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn interview() -> Interview {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse("i").unwrap(),
    };
    Interview::new(&key, "title".into(), at(0))
}

fn start(interview: &mut Interview, now: i64) -> Lease {
    match interview.acquire(STEP, "1", None, at(now)) {
        Acquire::Start(lease) => lease,
        other => panic!("expected to start, got {other:?}"),
    }
}

fn renewal(token: u64, lease_until: i64, progress: Option<u8>) -> LeaseRenewal {
    LeaseRenewal {
        token,
        lease_until: at(lease_until),
        progress,
    }
}

fn assert_lost(refused: &Result<(), LeaseError>) {
    assert!(matches!(refused, Err(LeaseError::Lost)), "{refused:?}");
}

#[test]
fn a_second_worker_finds_the_step_busy_and_then_done() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    let second = interview.acquire(STEP, "1", None, at(5));
    assert_eq!(
        second,
        Acquire::Busy {
            until: at(0) + LEASE
        }
    );
    interview.finish(&lease, at(6)).unwrap();
    assert_eq!(interview.acquire(STEP, "1", None, at(7)), Acquire::Done);
}

#[test]
fn no_function_listens_to_renewals() {
    let path = interview().key().lease(7);
    assert!(!Pipeline::ours().listens_to_document(path.as_str()));
}

#[test]
fn a_lease_carries_the_trace_of_the_interview() {
    let mut interview = interview();
    interview.trace = Some(TraceContext::generate());
    assert_eq!(start(&mut interview, 0).trace, interview.trace);
}

#[test]
fn a_lost_claim_is_taken_over_and_the_late_writer_is_refused() {
    let mut interview = interview();
    let lost = start(&mut interview, 0);
    let heir = start(&mut interview, 60);
    assert!(heir.token > lost.token);
    assert_lost(&interview.finish(&lost, at(61)));
    interview.finish(&heir, at(62)).unwrap();
    assert_lost(&interview.finish(&heir, at(63)));
}

#[test]
fn a_renewed_lease_is_not_taken_over() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    assert!(interview.note_renewal(&renewal(lease.token, 29, Some(40))));
    let second = interview.acquire(STEP, "1", None, at(20));
    assert_eq!(second, Acquire::Busy { until: at(29) });
    assert_eq!(interview.steps.transcription.progress, Some(40));
}

#[test]
fn a_renewal_neither_shortens_a_lease_nor_takes_progress_back() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    interview.park(&lease, at(900)).unwrap();
    assert!(interview.note_renewal(&renewal(lease.token, 20, Some(40))));
    assert!(!interview.note_renewal(&renewal(lease.token, 19, None)));
    let step = &interview.steps.transcription;
    assert_eq!((step.lease_until, step.progress), (Some(at(900)), Some(40)));
}

#[test]
fn a_renewal_of_an_earlier_or_settled_lease_says_nothing() {
    let mut interview = interview();
    let lost = start(&mut interview, 0);
    let heir = start(&mut interview, 60);
    let before = interview.clone();
    assert!(!interview.note_renewal(&renewal(lost.token, 90, Some(40))));
    assert_eq!(interview, before);
    assert_eq!(interview.leases(), [heir.token]);
    interview.finish(&heir, at(61)).unwrap();
    assert!(!interview.note_renewal(&renewal(heir.token, 90, Some(40))));
    assert_eq!(interview.steps.transcription.lease_until, None);
    assert_eq!(interview.leases(), [0; 0]);
}

#[test]
fn failures_that_may_pass_are_tried_a_bounded_number_of_times() {
    let mut interview = interview();
    for round in 0..i64::from(MAX_FAILURES) {
        let lease = start(&mut interview, round);
        let error = StepError::transient(Code::EngineUnavailable, "later");
        interview.fail(&lease, error, at(round)).unwrap();
    }
    assert_eq!(interview.steps.transcription.state, StepState::Failed);
    assert_eq!(interview.acquire(STEP, "1", None, at(99)), Acquire::Done);
}

#[test]
fn an_input_that_kills_its_worker_is_given_up() {
    let mut interview = interview();
    let claims = (0..100)
        .take_while(|round| {
            let claim = interview.acquire(STEP, "1", None, at(round * 60));
            matches!(claim, Acquire::Start(_))
        })
        .count();
    assert_eq!(claims, MAX_CLAIMS as usize);
    let error = interview.steps.transcription.error.unwrap();
    assert_eq!(error.code, "worker_lost");
}

fn waiting(reason: WaitReason, until: Option<i64>, now: i64) -> Waiting {
    Waiting::new(reason, until.map(at), at(now))
}

#[test]
fn waiting_costs_no_attempt_and_ends_with_the_lease() {
    let mut interview = interview();
    let download = waiting(WaitReason::ModelDownload, None, 1);
    assert!(interview.hold_back(STEP, "1", download.clone()));
    let step = &interview.steps.transcription;
    assert_eq!((&step.waiting, step.attempt), (&Some(download), 0));
    start(&mut interview, 2);
    let step = &interview.steps.transcription;
    assert_eq!((&step.waiting, step.attempt), (&None, 1));
}

#[test]
fn a_wait_is_noted_anew_only_when_it_changes() {
    let mut interview = interview();
    let first = waiting(WaitReason::ModelUnavailable, Some(3_600), 0);
    for (next, is_noted) in [
        (first.clone(), true),
        (waiting(WaitReason::ModelUnavailable, Some(3_601), 5), false),
        (waiting(WaitReason::ModelUnavailable, Some(7_200), 6), true),
        (waiting(WaitReason::ModelDownload, Some(7_200), 7), true),
        (waiting(WaitReason::ModelDownload, None, 8), true),
        (waiting(WaitReason::ModelDownload, None, 600), false),
        (waiting(WaitReason::ModelDownload, None, 700), true),
    ] {
        assert!(interview.hold_back(STEP, "1", next.clone()));
        let noted = interview.steps.transcription.waiting.as_ref();
        assert_eq!(noted == Some(&next), is_noted, "{next:?}");
    }
}

#[test]
fn a_running_or_settled_step_does_not_wait() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    let busy = waiting(WaitReason::EngineBusy, None, 5);
    assert!(interview.hold_back(STEP, "1", busy));
    assert_eq!(interview.steps.transcription.waiting, None);
    let lost = waiting(WaitReason::EngineBusy, None, 60);
    assert!(interview.hold_back(STEP, "1", lost));
    assert_eq!(interview.steps.transcription.state, StepState::Pending);
    assert_lost(&interview.finish(&lease, at(61)));
    let heir = start(&mut interview, 62);
    interview.finish(&heir, at(63)).unwrap();
    assert!(!interview.hold_back(STEP, "1", waiting(WaitReason::Retry, None, 64)));
    assert!(interview.hold_back(STEP, "2", waiting(WaitReason::Retry, None, 65)));
    assert_eq!(interview.steps.transcription.waiting, None);
}

#[test]
fn an_error_that_may_pass_says_when_it_is_tried_again() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    let error =
        StepError::transient(Code::EngineUnavailable, "later").after(Some(Duration::from_secs(40)));
    interview.fail(&lease, error, at(1)).unwrap();
    let expected = waiting(WaitReason::Retry, Some(41), 1);
    assert_eq!(interview.steps.transcription.waiting, Some(expected));
    let lease = start(&mut interview, 50);
    interview.finish(&lease, at(51)).unwrap();
    assert_eq!(interview.steps.transcription.waiting, None);
}

#[test]
fn a_failed_transcription_settles_what_needs_it() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    let error = StepError::permanent(Code::NotAudio, "no");
    interview.fail(&lease, error, at(1)).unwrap();
    assert_eq!(interview.steps.report.state, StepState::Failed);
    assert_eq!(
        interview.derive_status(),
        Status::Processing,
        "the waveform is not settled"
    );
    interview.give_up(
        StepName::Waveform,
        StepError::permanent(Code::NotAudio, "no"),
        at(2),
    );
    assert_eq!(interview.derive_status(), Status::Failed);
}

#[test]
fn deletion_wins() {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    interview.deleted_at = Some(at(1));
    let refused = interview.finish(&lease, at(2));
    assert!(matches!(refused, Err(LeaseError::Deleted)), "{refused:?}");
}

#[test]
fn the_status_follows_the_steps() {
    let mut interview = interview();
    assert_eq!(interview.derive_status(), Status::AwaitingUpload);
    for name in StepName::ALL {
        let Acquire::Start(lease) = interview.acquire(name, "1", None, at(0)) else {
            panic!("expected to start {name}");
        };
        assert_eq!(interview.derive_status(), Status::Processing);
        interview.finish(&lease, at(1)).unwrap();
    }
    assert_eq!(interview.derive_status(), Status::Completed);
    interview.steps.waveform.state = StepState::Failed;
    assert_eq!(interview.derive_status(), Status::Partial);
    interview.skip(StepName::Waveform, at(2));
    assert_eq!(interview.derive_status(), Status::Completed);
}

#[test]
fn a_skipped_step_is_settled_once_and_has_no_error() {
    let mut interview = interview();
    let error = StepError::permanent(Code::UploadAbandoned, "never uploaded");
    interview.give_up(StepName::Waveform, error, at(1));
    interview.skip(StepName::Waveform, at(2));
    let skipped = interview.steps.waveform.clone();
    assert_eq!(
        (skipped.state, skipped.error.as_ref()),
        (StepState::Skipped, None)
    );
    assert_eq!(interview.derive_status(), Status::Processing);
    interview.skip(StepName::Waveform, at(3));
    assert_eq!(interview.steps.waveform, skipped);
}

/// A step that was done, and is run again as `run`.
fn rerun(run: RunId) -> Interview {
    let mut interview = interview();
    let lease = start(&mut interview, 0);
    interview.finish(&lease, at(1)).unwrap();
    for follower in [StepName::Analysis, StepName::Report] {
        let Acquire::Start(lease) = interview.acquire(follower, "1", None, at(2)) else {
            panic!("{follower} is not there to be done");
        };
        interview.finish(&lease, at(3)).unwrap();
    }
    interview.rerun(STEP, Some(run), None, at(4));
    interview
}

#[test]
fn a_requested_run_that_fails_leaves_the_step_as_it_was() {
    let run = RunId::requested(&interview().id, Some("k"));
    let mut interview = rerun(run);
    let before = interview.steps.transcription.previous.clone().unwrap();
    assert_eq!(interview.steps.transcription.state, StepState::Pending);
    // A worker that died is followed by another one.
    start(&mut interview, 5);
    let lease = start(&mut interview, 50);
    assert_eq!((lease.attempt, lease.token), (2, 5));
    let error = StepError::permanent(Code::NoSpeech, "silence");
    interview.fail(&lease, error.clone(), at(51)).unwrap();
    let step = &interview.steps.transcription;
    assert_eq!((step.state, step.token), (StepState::Done, before.token));
    let failed = step.failed_run.clone().unwrap();
    assert_eq!((failed.run_id, failed.error), (run, error));
    assert_eq!(interview.steps.analysis.state, StepState::Done);
    assert_lost(&interview.check(&lease));
    assert_eq!(interview.acquire(STEP, "1", None, at(52)), Acquire::Done);
}

#[test]
fn a_requested_run_that_is_done_has_its_id() {
    let run = RunId::requested(&interview().id, Some("k"));
    let mut interview = rerun(run);
    let lease = start(&mut interview, 5);
    interview.finish(&lease, at(6)).unwrap();
    assert_eq!(interview.run_id(lease.token), run);
    assert_eq!(interview.steps.transcription.previous, None);
    assert_ne!(interview.run_id(1), run);
}

#[test]
fn a_step_that_follows_a_failed_run_stays_as_it_was() {
    let run = RunId::requested(&interview().id, Some("k"));
    let mut interview = rerun(run);
    let lease = start(&mut interview, 5);
    interview.finish(&lease, at(6)).unwrap();
    interview.rerun(StepName::Analysis, Some(run), None, at(7));
    interview.rerun(StepName::Report, None, None, at(7));
    let error = StepError::permanent(Code::EngineUnavailable, "away");
    interview.give_up(StepName::Analysis, error, at(8));
    let (analysis, report) = (&interview.steps.analysis, &interview.steps.report);
    assert_eq!(
        (analysis.state, report.state),
        (StepState::Done, StepState::Done)
    );
    assert!(analysis.failed_run.is_some() && report.failed_run.is_none());
    // A report that fails by itself is one that failed.
    interview.rerun(StepName::Report, None, None, at(9));
    let error = StepError::permanent(Code::ReportNotWritten, "no room");
    interview.give_up(StepName::Report, error, at(10));
    assert_eq!(interview.steps.report.state, StepState::Failed);
}
