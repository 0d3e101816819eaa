//! Any sequence of operations.

use proptest::prelude::*;

use super::*;

/// One step of an editor: what is done, and where.
#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    at: usize,
    length: usize,
    text: String,
    speaker: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0_u8..9,
        0_usize..1_000,
        0_usize..6,
        "[a-z]{1,9}( [a-z]{1,9}){0,3}",
        0_u32..4,
    );
    let step = step.prop_map(|(kind, at, length, text, speaker)| Step {
        kind,
        at,
        length,
        text,
        speaker,
    });
    prop::collection::vec(step, 0..40)
}

impl Step {
    fn operation(&self, now: &CorrectedTranscript) -> Operation {
        let count = now.ids.len();
        let from = self.at % count;
        let (from, to) = (now.ids[from], now.ids[(from + self.length).min(count - 1)]);
        let text = self.text.as_str().into();
        match self.kind {
            0 | 1 => Operation::ReplaceWords { from, to, text },
            2 => Operation::InsertWords {
                after: (!self.at.is_multiple_of(7)).then_some(from),
                text,
            },
            3 => Operation::DeleteWords { from, to },
            4 => Operation::AssignSpeaker {
                from,
                to,
                speaker: self.speaker,
            },
            5 => Operation::MergeSpeakers {
                from: self.speaker,
                into: self.speaker / 2,
            },
            6 => Operation::SplitTurn { at: from },
            _ => Operation::JoinTurns { at: from },
        }
    }
}

fn assert_sound(now: &CorrectedTranscript) -> Result<(), TestCaseError> {
    let words = &now.transcript.words;
    prop_assert!(!words.is_empty());
    prop_assert_eq!(words.len(), now.ids.len());
    prop_assert_eq!(words.len(), now.marks.len());
    for word in words {
        prop_assert!(word.start_ms <= word.end_ms);
        prop_assert!(word.end_ms <= now.transcript.head.duration_ms);
        let mut speakers = now.transcript.head.speakers.iter();
        prop_assert!(speakers.any(|speaker| speaker.id == word.speaker));
    }
    for pair in words.windows(2) {
        prop_assert!(pair[0].end_ms <= pair[1].start_ms, "{:?}", pair);
    }
    let mut ids = now.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    prop_assert_eq!(ids.len(), now.ids.len());
    let turns = &now.transcript.turns;
    let ranges = turns.iter().flat_map(|turn| turn.words.clone());
    prop_assert!(ranges.eq(0..words.len()));
    Ok(())
}

proptest! {
    /// Any sequence of operations and its undo gives what was recognised; after each the words
    /// are in order, none over another, and every word has one id.
    #[test]
    fn any_sequence_keeps_order_and_is_undone(steps in steps(), count in 1_usize..40) {
        let words = recognized(count);
        let mut log: Vec<Revision> = Vec::new();
        let recognized = corrected(&words, &[]).unwrap();
        let mut states = vec![recognized.clone()];
        for step in steps {
            let now = states.last().unwrap();
            let number = log.len() as u64 + 1;
            let newest = holding(&log, number).last().map(|entry| entry.revision);
            let entry = match (step.kind, newest) {
                (8, Some(newest)) => undo(number, newest),
                _ => revision(number, vec![step.operation(now)]),
            };
            log.push(entry);
            match corrected(&words, &log) {
                Ok(next) => {
                    assert_sound(&next)?;
                    states.push(next);
                }
                Err(CorrectionError::Operation { index: 0, .. }) => {
                    log.pop();
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
        // Every revision can be shown again.
        for (number, state) in states.iter().enumerate() {
            let holding = holding(&log, number as u64);
            let shown = correct(head(&words), words.clone(), &holding, number as u64, 1).unwrap();
            prop_assert_eq!(&shown, state);
        }
        while let Some(newest) = holding(&log, u64::MAX).last().map(|entry| entry.revision) {
            log.push(undo(log.len() as u64 + 1, newest));
        }
        let undone = corrected(&words, &log).unwrap();
        prop_assert_eq!(undone.transcript, recognized.transcript);
        prop_assert_eq!((undone.ids, undone.marks), (recognized.ids, recognized.marks));
    }
}
