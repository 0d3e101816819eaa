//! The passages of titles, notes, analyses and highlights, written in the transaction of what
//! they are made of. What a highlight says depends on the corrections of its run: the transaction
//! that marks it and the one that corrects its words bring its passage with them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Indexed, Moment, Moments, Passage, Place};
use crate::{
    Interview, Private,
    analysis::{Analysis, Evidence},
    highlights::{Highlight, Resolved},
    note::Note,
    ports::{Precondition, RecordsError, Write},
    versions::{UnknownFields, strip_unknown},
};

/// The words of an analysis after which a passage ends.
const BYTES: usize = 1_200;

/// The most passages of an analysis.
const MAX_PASSAGES: u32 = 60;

/// The version of what is indexed: an interview of an earlier one is indexed anew.
pub const INDEX_VERSION: u32 = 2;

/// What is indexed of an interview, in its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexState {
    /// The version of what is indexed.
    pub version: u32,
    /// The number of passages of its analysis.
    #[serde(default)]
    pub analysis: u32,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(IndexState);

impl Default for IndexState {
    fn default() -> Self {
        Self {
            version: INDEX_VERSION,
            analysis: 0,
            unknown: UnknownFields::default(),
        }
    }
}

/// Adds the passages of what a transaction on an interview changes: of its title, where
/// `title_before` is another one, and of the notes and the analysis among `writes`.
pub fn add_passages(
    interview: &mut Interview,
    title_before: &Private,
    writes: &mut Vec<Write>,
) -> Result<(), RecordsError> {
    if interview.deleted_at.is_some() {
        return Ok(());
    }
    let (of, key) = (Indexed::from(&*interview), interview.key());
    let (notes, analysis) = (key.notes(), key.data("analysis"));
    let mut passages = Vec::new();
    if interview.title != *title_before {
        passages.push(title(interview)?);
    }
    for write in writes.iter() {
        let (collection, id) = write.path().split();
        match write {
            Write::Put { fields, .. } if collection == notes => {
                passages.extend(note(&of, fields)?);
            }
            Write::Delete { .. } if collection == notes => {
                passages.push(Write::delete(key.note_passage(id)));
            }
            Write::Put { path, fields, .. } if *path == analysis => {
                passages.extend(analysis_passages(interview, fields)?);
            }
            Write::Put { .. } | Write::Delete { .. } => {}
        }
    }
    writes.extend(passages);
    Ok(())
}

/// The passage of the title.
pub fn title(interview: &Interview) -> Result<Write, RecordsError> {
    let of = Indexed::from(interview);
    let passage = of.passage(Field::Title, Place::Title, interview.title.clone());
    Write::put(of.key.title_passage(), &passage, Precondition::None)
}

/// The passage of a note, unless this release cannot read the note.
pub fn note(of: &Indexed, fields: &Value) -> Result<Option<Write>, RecordsError> {
    let Ok(note) = Note::deserialize(fields) else {
        return Ok(None);
    };
    let place = match note.at_ms {
        Some(at_ms) => Place::Second(at_ms / 1_000),
        None => Place::Whole(MAX_PASSAGES.into()),
    };
    let mut passage = of.passage(Field::Note, place, note.text);
    if note.at_ms.is_some() {
        let moment = Moment {
            start_ms: note.at_ms,
            speaker: None,
        };
        passage.moments.push(0, moment);
    }
    let path = of.key.note_passage(&note.id);
    Write::put(path, &passage, Precondition::None).map(Some)
}

/// The passage of a highlight with what it says now, and with its tags.
pub fn highlight(
    of: &Indexed,
    highlight: &Highlight,
    now: &Resolved,
) -> Result<Write, RecordsError> {
    let (words, speaker, start_ms) = match now {
        Resolved::Words(words) => (&words.text, words.speaker, words.start_ms),
        Resolved::Gone => (&highlight.text, highlight.speaker, highlight.start_ms),
    };
    let texts = std::iter::once(words).chain(&highlight.tags);
    let texts: Vec<&str> = texts.map(Private::reveal).collect();
    let place = Place::Second(start_ms / 1_000);
    let mut passage = of.passage(Field::Highlight, place, texts.join("\n").into());
    passage.run = Some(highlight.run);
    let moment = Moment {
        start_ms: Some(start_ms),
        speaker: Some(speaker),
    };
    passage.moments.push(0, moment);
    let path = of.key.highlight_passage(&highlight.id);
    Write::put(path, &passage, Precondition::None)
}

/// The passages of an analysis, in place of those of the one before, whose number is noted. An
/// analysis that this release cannot read has none.
pub fn analysis_passages(
    interview: &mut Interview,
    fields: &Value,
) -> Result<Vec<Write>, RecordsError> {
    let (count, writes) = analysis_passages_of(interview, fields)?;
    if let Some(index) = &mut interview.index {
        index.analysis = count;
    }
    Ok(writes)
}

/// The same, and the number of passages, which is not noted.
pub(super) fn analysis_passages_of(
    interview: &Interview,
    fields: &Value,
) -> Result<(u32, Vec<Write>), RecordsError> {
    let of = Indexed::from(interview);
    let passages = Analysis::deserialize(fields).map(|analysis| cut(&of, &analysis));
    let passages = passages.unwrap_or_default();
    let count = u32::try_from(passages.len()).unwrap_or(u32::MAX);
    // An interview that is not indexed yet may have passages of an analysis all the same.
    let before = interview.index.as_ref();
    let before = before.map_or(MAX_PASSAGES, |index| index.analysis);
    let puts = (0..).zip(&passages).map(|(number, passage)| {
        let path = of.key.analysis_passage(number);
        Write::put(path, passage, Precondition::None)
    });
    let deletes = (count..before).map(|number| Ok(Write::delete(of.key.analysis_passage(number))));
    Ok((count, puts.chain(deletes).collect::<Result<_, _>>()?))
}

/// What an analysis says, cut into passages. Quotes are left out: they are found in the
/// transcript, as it is corrected.
fn cut(of: &Indexed, analysis: &Analysis) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let (mut text, mut moments) = (String::new(), Moments::default());
    let mut end = |text: &mut String, moments: &mut Moments| {
        let place = Place::Whole(passages.len() as u64);
        let text = std::mem::take(text);
        if !text.is_empty() && passages.len() < MAX_PASSAGES as usize {
            let mut passage = of.passage(Field::Analysis, place, text.into());
            passage.moments = std::mem::take(moments);
            passages.push(passage);
        }
    };
    for (said, moment) in parts(analysis) {
        if said.is_empty() {
            continue;
        }
        if !text.is_empty() && text.len() + said.reveal().len() > BYTES {
            end(&mut text, &mut moments);
        }
        if !text.is_empty() {
            text.push('\n');
        }
        moments.push(text.len(), moment);
        text.push_str(said.reveal());
    }
    end(&mut text, &mut moments);
    passages
}

/// The texts of an analysis, and when what they are about is said.
fn parts(analysis: &Analysis) -> Vec<(&Private, Moment)> {
    let whole = |text| (text, Moment::default());
    let mut parts: Vec<_> = analysis.summary.iter().map(whole).collect();
    let claims = [
        &analysis.key_points,
        &analysis.strengths,
        &analysis.concerns,
    ];
    for claim in claims.into_iter().flatten() {
        parts.push((&claim.text, moment(&claim.evidence)));
    }
    for topic in &analysis.topics {
        let begins = Moment {
            start_ms: Some(topic.start_ms),
            speaker: None,
        };
        parts.push((&topic.title, begins));
    }
    for question in &analysis.questions {
        let asked = moment(&question.evidence);
        parts.push((&question.question, asked));
        parts.extend(question.answer.iter().map(|answer| (answer, asked)));
    }
    for competency in &analysis.competencies {
        parts.push((&competency.rationale, moment(&competency.evidence)));
    }
    parts.extend(analysis.follow_ups.iter().map(whole));
    parts
}

fn moment(evidence: &[Evidence]) -> Moment {
    let found = evidence.iter().find(|evidence| evidence.start_ms.is_some());
    found.map_or_else(Moment::default, |evidence| Moment {
        start_ms: evidence.start_ms,
        speaker: evidence.speaker,
    })
}
