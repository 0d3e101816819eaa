//! The object in a model's answer, wherever it stands.
//!
//! Local models put their reasoning, a code fence or an introduction around the answer, or
//! repeat the request, and servers do not remove that. The object is searched behind the
//! reasoning:
//! the one with the most fields of the schema, the first of several alike. It is taken
//! whole or not at all: an object that breaks off is an error, and so are two of which
//! each has what the other lacks.

use std::collections::BTreeSet;

use serde_json::{Deserializer, Map, Value};

use super::lenient_json::{self, LenientError, LenientObject, Repair};
use crate::json;

/// An object, which is what all answers are.
pub(crate) type Object = Map<String, Value>;

/// What stands between thoughts and answer, where servers leave the thoughts in: `DeepSeek`,
/// Qwen and most others; Magistral; `gpt-oss`; Kimi; Seed.
const ENDS_OF_THOUGHTS: [&str; 8] = [
    "</think>",
    "</thinking>",
    "</thought>",
    "</reasoning>",
    "[/THINK]",
    "<|channel|>final<|message|>",
    "◁/think▷",
    "</seed:think>",
];

/// Objects and lists around the object, at most.
const MAX_WRAPPERS: u32 = 3;

/// How many times the length of the answer is read in all, at most: attempts begin at every
/// brace.
const MAX_PASSES: usize = 8;

/// Why an answer has no usable object, for the model to read: without any of its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// The object ends before it is complete.
    #[error("not valid JSON: it ends before the object is complete")]
    BreaksOff,
    /// There is no JSON.
    #[error("not valid JSON: {0}")]
    NotJson(String),
    /// It is JSON of another type.
    #[error("not a JSON object")]
    NotObject,
    /// The object is another one.
    #[error("it has none of the requested fields")]
    NoField,
    /// Each of several objects has some of the fields.
    #[error("several objects; all fields belong in one")]
    Several,
}

/// An object and what was repaired of its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundObject {
    pub(crate) object: Object,
    pub(crate) repairs: BTreeSet<Repair>,
}

impl FoundObject {
    /// The repairs for the log.
    pub(crate) fn repairs(&self) -> String {
        let words: Vec<&str> = self.repairs.iter().map(|repair| repair.as_str()).collect();
        words.join(", ")
    }
}

/// The object of an answer that has at least one of the schema's fields.
pub(crate) fn find(text: &str, schema: &Value) -> Result<FoundObject, AnswerError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    json::check(text).map_err(|error| AnswerError::NotJson(error.to_string()))?;
    let fields = Fields(schema["properties"].as_object());
    if let Ok(object) = serde_json::from_str(text)
        && fields.count(&object) > 0
    {
        let repairs = BTreeSet::new();
        return Ok(FoundObject { object, repairs });
    }
    let spoken = spoken(text);
    let has_thoughts = spoken.len() < text.len();
    let scan = Scan::new(spoken, &fields);
    let has_others = scan.has_others;
    if let Some(mut found) = scan.choose(&fields)? {
        if has_thoughts {
            found.repairs.insert(Repair::Thoughts);
        }
        return Ok(found);
    }
    // The tag may stand in a quote of the interview, or behind the answer.
    let begins_with_answer = text.starts_with(['{', '[', '`']);
    let found = if has_thoughts && begins_with_answer {
        Scan::new(text, &fields).choose(&fields)?
    } else {
        None
    };
    found.ok_or_else(|| explained(spoken, has_others))
}

/// What is wrong with a text in which no object has a field.
fn explained(text: &str, has_objects: bool) -> AnswerError {
    match json::value(text) {
        _ if has_objects => AnswerError::NoField,
        Err(error) => AnswerError::NotJson(error.to_string()),
        Ok(_) => AnswerError::NotObject,
    }
}

/// The text behind the last end of thoughts, whatever began them.
fn spoken(text: &str) -> &str {
    let ends = ENDS_OF_THOUGHTS.iter();
    let ends = ends.filter_map(|end| text.rfind(end).map(|at| at + end.len()));
    &text[ends.max().unwrap_or(0)..]
}

/// The fields of a schema.
struct Fields<'a>(Option<&'a Object>);

impl Fields<'_> {
    /// The fields that an object has, with values of their types.
    fn of<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a String> {
        let fields = self.0.into_iter().flatten();
        let own = fields.filter(move |(name, schema)| {
            let value = object.get(*name);
            value.is_some_and(|value| is_of_type(value, &schema["type"]))
        });
        own.map(|(name, _)| name)
    }

    fn count(&self, object: &Object) -> usize {
        self.of(object).count()
    }

    fn are_all_in(&self, object: &Object) -> bool {
        self.0.is_some_and(|all| all.len() == self.count(object))
    }

    /// Whether a text begins with an object whose first name is one of them.
    fn begin(&self, text: &str) -> bool {
        let name = text.trim_start_matches('{').trim_start();
        let name = name.trim_start_matches(['"', '\'', '“']);
        let end = name.find(|next: char| !next.is_alphanumeric() && next != '_');
        let name = &name[..end.unwrap_or(name.len())];
        self.0.is_some_and(|fields| fields.contains_key(name))
    }
}

fn is_of_type(value: &Value, schema: &Value) -> bool {
    match schema.as_str() {
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        _ => true,
    }
}

/// The objects of a text.
#[derive(Default)]
struct Scan {
    /// Those with fields of the schema.
    objects: Vec<FoundObject>,
    /// Whether there are others.
    has_others: bool,
    /// Whether one with a field of the schema breaks off.
    breaks_off: bool,
}

impl Scan {
    fn new(text: &str, fields: &Fields<'_>) -> Self {
        let mut scan = Self::default();
        let (mut at, mut read) = (0, 0);
        while read <= MAX_PASSES * text.len()
            && let Some(offset) = text[at..].find('{')
        {
            at += offset;
            read += match object_at(&text[at..]) {
                Ok(found) => {
                    let length = found.length;
                    scan.add(found, length < text.trim().len(), fields);
                    at += length;
                    length
                }
                Err((error, length)) => {
                    let is_broken = error == LenientError::BreaksOff;
                    scan.breaks_off |= is_broken && fields.begin(&text[at..]);
                    at += 1;
                    length
                }
            };
        }
        scan
    }

    fn add(&mut self, found: LenientObject, is_surrounded: bool, fields: &Fields<'_>) {
        let mut repairs = found.repairs;
        if is_surrounded {
            repairs.insert(Repair::Surroundings);
        }
        if fields.count(&found.object) == 0 {
            repairs.insert(Repair::Wrapper);
        }
        match unwrapped(Value::Object(found.object), fields, MAX_WRAPPERS) {
            Some(object) => self.objects.push(FoundObject { object, repairs }),
            None => self.has_others = true,
        }
    }

    /// The object with the most fields.
    fn choose(mut self, fields: &Fields<'_>) -> Result<Option<FoundObject>, AnswerError> {
        let count = |at: &usize| fields.count(&self.objects[*at].object);
        // Backwards, because of several alike `max_by_key` takes the last.
        let Some(best) = (0..self.objects.len()).rev().max_by_key(count) else {
            return if self.breaks_off {
                Err(AnswerError::BreaksOff)
            } else {
                Ok(None)
            };
        };
        let best = self.objects.swap_remove(best);
        if self.breaks_off && !fields.are_all_in(&best.object) {
            return Err(AnswerError::BreaksOff);
        }
        let mut others = self.objects.iter();
        let lacks = |name: &String| !best.object.contains_key(name);
        if others.any(|other| fields.of(&other.object).any(lacks)) {
            return Err(AnswerError::Several);
        }
        Ok(Some(best))
    }
}

/// The object with which a text begins; or what is wrong with it, and after how many bytes.
fn object_at(text: &str) -> Result<LenientObject, (LenientError, usize)> {
    let mut strict = Deserializer::from_str(text).into_iter();
    match strict.next() {
        Some(Ok(object)) => Ok(LenientObject {
            object,
            length: strict.byte_offset(),
            repairs: BTreeSet::new(),
        }),
        _ => lenient_json::object(text),
    }
}

/// The only object with fields of the schema within others, lists of one, or texts, as
/// which the arguments of a call are written.
fn unwrapped(value: Value, fields: &Fields<'_>, levels: u32) -> Option<Object> {
    let inner: Vec<Value> = match value {
        Value::Object(object) if fields.count(&object) > 0 => return Some(object),
        _ if levels == 0 => return None,
        Value::Object(object) => object.into_iter().map(|(_, value)| value).collect(),
        Value::Array(items) if items.len() == 1 => items,
        Value::String(text) => vec![Value::Object(object_at(text.trim_start()).ok()?.object)],
        _ => return None,
    };
    let inner = inner.into_iter();
    let mut inner = inner.filter_map(|value| unwrapped(value, fields, levels - 1));
    let only = inner.next()?;
    inner.next().is_none().then_some(only)
}

#[cfg(test)]
mod tests;
