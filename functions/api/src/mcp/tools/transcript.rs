//! A part of a transcript, as long as a model reads at once.

use std::ops::ControlFlow;

use domain::{
    ErrorCode, InterviewId, Private, RunId, text,
    transcript::{Turn, Word},
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::{Caller, WithNotice, interviews::SpeakerInfo};
use crate::{
    error::{ApiError, not_ready},
    extract::parameter,
    page::{read_token, token},
    stored_transcript::StoredTranscript,
    validation::MAX_MOMENT_MS,
};

pub(super) const ABOUT: &str = "\
Reads what was said, turn by turn, with speakers and times in milliseconds from the start of the \
recording, as people have corrected it. A long transcript comes in parts: pass `next_page_token` \
as `page_token` for the next one, until it is null. `from_ms` and `to_ms` read the surroundings \
of a moment, such as one that `search` or `get_quotes` has found.";

/// How much of a transcript an answer has, in characters of its text.
const MAX_CHARACTERS: usize = 20_000;

/// What a turn takes besides its text, in characters.
const PER_TURN: usize = 80;

/// Which transcript, and which part of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The id of the interview.
    interview_id: String,
    /// Only turns that are not over at this moment of the recording, in milliseconds.
    #[serde(default, deserialize_with = "from_ms")]
    #[schemars(range(min = 0, max = MAX_MOMENT_MS))]
    from_ms: Option<u64>,
    /// Only turns that begin before this moment of the recording, in milliseconds.
    #[serde(default, deserialize_with = "to_ms")]
    #[schemars(range(min = 0, max = MAX_MOMENT_MS))]
    to_ms: Option<u64>,
    /// The `next_page_token` of the part before, with the same other arguments.
    #[serde(default)]
    page_token: Option<String>,
}

fn from_ms<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    moment(input, "from_ms")
}

fn to_ms<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    moment(input, "to_ms")
}

fn moment<'de, D: Deserializer<'de>>(input: D, name: &str) -> Result<Option<u64>, D::Error> {
    let parse = |text: &str| {
        let moment = text.parse().ok();
        moment.filter(|moment| *moment <= MAX_MOMENT_MS).map(Some)
    };
    let expected = format!("`{name}` takes milliseconds, from 0 to {MAX_MOMENT_MS}");
    parameter(input, parse, &expected)
}

/// A part of a transcript.
#[derive(Serialize, JsonSchema)]
pub(super) struct Part {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// The language as a BCP 47 tag; `null` where it is not known.
    language: Option<String>,
    /// The length of the recording in milliseconds.
    duration_ms: u64,
    /// How often the transcript has been corrected.
    revision: u64,
    /// Everyone who speaks.
    speakers: Vec<SpeakerInfo>,
    /// The turns of this part, in reading order.
    turns: Vec<Spoken>,
    /// What requests the next part; `null` in the last one.
    next_page_token: Option<String>,
}

/// A turn, or a part of a long one.
#[derive(Serialize, JsonSchema)]
pub(super) struct Spoken {
    /// The number of the speaker.
    speaker: u32,
    /// What the speaker is called.
    speaker_name: Private,
    /// When it begins.
    start_ms: u64,
    /// When it ends.
    end_ms: u64,
    /// What is said.
    text: Private,
}

/// Where a part begins: the run and the revision that the part before it was of, and a word.
type Place = (RunId, u64, usize);

pub(super) async fn part(caller: &Caller, wanted: Arguments) -> Result<WithNotice<Part>, ApiError> {
    let interview = caller.interview(&wanted.interview_id).await?;
    let place = wanted.page_token.as_deref().map(read_token::<Place>);
    let place = place.transpose()?;
    // The next part is of the same revision, however the transcript is corrected meanwhile.
    let revision = place.as_ref().map(|(_, revision, _)| *revision);
    let found = caller.api.stored_transcript(&interview, revision).await?;
    let transcript = found.ok_or_else(|| not_ready("transcript"))?;
    let (run, revision) = transcript.version();
    if place.as_ref().is_some_and(|(own, _, _)| *own != run) {
        let detail = "`page_token`: another transcript is shown since; read it from its beginning";
        return Err(Problem::new(ErrorCode::InvalidParameter, detail).into());
    }
    let mut reading = Reading {
        from_ms: wanted.from_ms.unwrap_or(0),
        to_ms: wanted.to_ms.unwrap_or(u64::MAX),
        first_word: place.map_or(0, |(_, _, word)| word),
        room: MAX_CHARACTERS,
        transcript: &transcript,
        turns: Vec::new(),
        next_word: None,
    };
    let mut turns = transcript.turns();
    while let Some((turn, words)) = turns.next().await? {
        if reading.take(&turn, &words).is_break() {
            break;
        }
    }
    let Reading {
        turns, next_word, ..
    } = reading;
    let head = &transcript.head().head;
    Ok(Part {
        interview_id: interview.id,
        title: interview.title,
        language: head.language.clone(),
        duration_ms: head.duration_ms,
        revision,
        speakers: head.speakers.iter().map(SpeakerInfo::from).collect(),
        turns,
        next_page_token: next_word.map(|word| token(&json!([run, revision, word]))),
    }
    .into())
}

/// A part that is being filled.
struct Reading<'a> {
    from_ms: u64,
    to_ms: u64,
    first_word: usize,
    /// How many characters still fit.
    room: usize,
    transcript: &'a StoredTranscript,
    turns: Vec<Spoken>,
    /// The first word that does not fit.
    next_word: Option<usize>,
}

impl Reading<'_> {
    fn take(&mut self, turn: &Turn, words: &[Word]) -> ControlFlow<()> {
        let is_wanted = turn.end_ms > self.from_ms && turn.start_ms < self.to_ms;
        if !is_wanted || turn.words.end <= self.first_word {
            return ControlFlow::Continue(());
        }
        let skipped = self.first_word.saturating_sub(turn.words.start);
        let words = words.get(skipped..).unwrap_or_default();
        let fitting = fitting(words, self.room.saturating_sub(PER_TURN));
        // A turn is cut only where it is longer than a whole part.
        let is_whole = fitting == words.len();
        if fitting == 0 || !(is_whole || self.turns.is_empty()) {
            self.next_word = Some(turn.words.start + skipped);
            return ControlFlow::Break(());
        }
        let own = &words[..fitting];
        let text = text::joined(own.iter().map(|word| word.text.reveal()));
        self.room = self.room.saturating_sub(text.chars().count() + PER_TURN);
        self.turns.push(Spoken {
            speaker: turn.speaker,
            speaker_name: self.transcript.head().speaker_name(turn.speaker),
            start_ms: own.first().map_or(turn.start_ms, |word| word.start_ms),
            end_ms: own
                .iter()
                .map(|word| word.end_ms)
                .max()
                .unwrap_or(turn.end_ms),
            text: text.into(),
        });
        if is_whole {
            return ControlFlow::Continue(());
        }
        self.next_word = Some(turn.words.start + skipped + fitting);
        ControlFlow::Break(())
    }
}

/// How many words fit into so many characters, with a space between them; of a part that is
/// still empty at least one.
fn fitting(words: &[Word], room: usize) -> usize {
    let mut length = 0;
    let fits = |word: &&Word| {
        length += word.text.reveal().chars().count() + 1;
        length <= room + 1
    };
    let count = words.iter().take_while(fits).count();
    let is_empty = room + PER_TURN == MAX_CHARACTERS;
    if is_empty {
        count.max(1).min(words.len())
    } else {
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize, length: usize) -> Vec<Word> {
        let word = Word {
            text: "a".repeat(length).into(),
            start_ms: 0,
            end_ms: 1,
            speaker: 0,
            confidence: 1.0,
            overlap: false,
        };
        vec![word; count]
    }

    #[test]
    fn words_fit_with_the_spaces_between_them() {
        assert_eq!(fitting(&words(3, 4), 14), 3);
        assert_eq!(fitting(&words(3, 4), 13), 2);
        assert_eq!(fitting(&words(3, 4), 3), 0);
        let whole_room = MAX_CHARACTERS - PER_TURN;
        assert_eq!(fitting(&words(2, MAX_CHARACTERS), whole_room), 1);
        assert_eq!(fitting(&[], whole_room), 0);
    }
}
