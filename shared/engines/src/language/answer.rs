//! Reads the fields of a model's answer as leniently as possible.
//!
//! A schema is a wish, even where the provider calls it a guarantee: an item of the
//! wrong type is dropped and counted, so that it does not cost the rest. Nothing is
//! verified here; quotes and ratings are verified by `analyze`.

use domain::{
    Private,
    analysis::{Citation, Draft, DraftClaim, DraftCompetency, DraftQuestion, DraftTopic},
};
use serde_json::Value;

use super::answer_object::Object;

/// What an answer about a part says, and how many items of it made no sense.
pub(crate) fn draft(answer: &Object) -> (Draft, usize) {
    let mut reader = Reader { answer, dropped: 0 };
    let draft = Draft {
        summary: reader.optional(answer, "summary"),
        key_points: reader.list("key_points", Reader::claim),
        topics: reader.list("topics", |_, item| topic(item)),
        questions: reader.list("questions", Reader::question),
        competencies: reader.list("competencies", Reader::competency),
        strengths: reader.list("strengths", Reader::claim),
        concerns: reader.list("concerns", Reader::claim),
        follow_ups: reader.list("follow_ups", |_, item| text(Some(item))),
        ..Draft::default()
    };
    (draft, reader.dropped)
}

/// Reads fields, and counts items that make no sense.
pub(super) struct Reader<'a> {
    pub(super) answer: &'a Object,
    pub(super) dropped: usize,
}

impl Reader<'_> {
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Vec<T> {
        self.list_of(self.answer, name, read)
    }

    fn list_of<T>(
        &mut self,
        object: &Object,
        name: &str,
        mut read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Vec<T> {
        let items = match object.get(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.dropped += 1;
                return Vec::new();
            }
        };
        let read: Vec<T> = items.iter().filter_map(|item| read(self, item)).collect();
        self.dropped += items.len() - read.len();
        read
    }

    /// A text that need not be there.
    fn optional(&mut self, object: &Object, name: &str) -> Option<Private> {
        let value = object.get(name).filter(|value| !value.is_null());
        let is_wrong = value.is_some_and(|value| !value.is_string());
        self.dropped += usize::from(is_wrong);
        text(value)
    }

    fn evidence(&mut self, object: &Object) -> Vec<Citation> {
        self.list_of(object, "evidence", |_, item| {
            Some(Citation {
                turn: turn(item.get("turn"))?,
                quote: text(item.get("quote"))?,
            })
        })
    }

    fn claim(&mut self, item: &Value) -> Option<DraftClaim> {
        let object = item.as_object()?;
        Some(DraftClaim {
            text: text(object.get("text"))?,
            evidence: self.evidence(object),
        })
    }

    fn question(&mut self, item: &Value) -> Option<DraftQuestion> {
        let object = item.as_object()?;
        Some(DraftQuestion {
            question: text(object.get("question"))?,
            answer: self.optional(object, "answer"),
            evidence: self.evidence(object),
        })
    }

    /// An assessment; a rating of the wrong type is dropped and the rest kept.
    fn competency(&mut self, item: &Value) -> Option<DraftCompetency> {
        let object = item.as_object()?;
        let rated = object.get("rating").filter(|rating| !rating.is_null());
        let rating = rated.and_then(rating);
        self.dropped += usize::from(rated.is_some() && rating.is_none());
        Some(DraftCompetency {
            name: text(object.get("name"))?.reveal().to_owned(),
            rating,
            rationale: text(object.get("rationale"))?,
            evidence: self.evidence(object),
            parts: Vec::new(),
        })
    }
}

fn topic(item: &Value) -> Option<DraftTopic> {
    Some(DraftTopic {
        title: text(item.get("title"))?,
        first_turn: turn(item.get("first_turn"))?,
        last_turn: turn(item.get("last_turn"))?,
    })
}

/// A text with something in it.
fn text(value: Option<&Value>) -> Option<Private> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.into())
}

/// A turn's number, also where it is written as in the transcript or in words: `"[12]"`,
/// `"Turn 12"`.
fn turn(value: Option<&Value>) -> Option<u32> {
    let number = match value? {
        Value::String(text) => {
            let text = text.trim_start_matches(|next: char| !next.is_ascii_digit() && next != '-');
            text.trim_end_matches(|next: char| !next.is_ascii_digit())
                .parse()
                .ok()
        }
        other => whole(other),
    };
    number.and_then(|number| u32::try_from(number).ok())
}

/// A rating, valid or not: 0 and 255 stand for all values below and above.
fn rating(value: &Value) -> Option<u8> {
    let number = match value {
        Value::String(text) => rating_in_words(text),
        other => whole(other),
    };
    number.map(|number| u8::try_from(number.clamp(0, 255)).unwrap_or(0))
}

/// `"4"`, `"4.0"`, `"4/5"` or `"4 out of 5"`.
fn rating_in_words(text: &str) -> Option<i64> {
    let mut scales = ["/5", "/ 5", "out of 5"].iter();
    let bare = scales.find_map(|scale| text.trim().strip_suffix(scale));
    whole(&serde_json::from_str(bare.unwrap_or(text).trim()).ok()?)
}

/// A whole number, also where it is written with a point: `4.0`.
fn whole(value: &Value) -> Option<i64> {
    let with_point = || {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    };
    value.as_i64().or_else(with_point)
}

#[cfg(test)]
mod tests;
