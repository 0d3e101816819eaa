//! What clients send of highlights.

use domain::{
    Private, RunId,
    corrections::WordId,
    highlights::{MAX_TEXT_BYTES, MAX_WORDS, MarkedWords},
    tags::{MAX_TAG, MAX_TAGS},
    text::normalize,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::validation::{LINE, invalid};

/// The most that the JSON of a highlight may have, in bytes: room for the longest text with
/// every character escaped, and for its tags.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// The longest text, in characters.
const MAX_TEXT: usize = MAX_TEXT_BYTES;

/// What the id of a word is, as a pattern.
const WORD_ID: &str = "^(r[1-9][0-9]{0,9})?w(0|[1-9][0-9]{0,9})$";

/// Words to be marked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHighlight {
    /// The recognition whose words they are, as the transcript names it. Where it is left out,
    /// the one that is shown; another one gets 409 `stale_revision`.
    #[serde(default)]
    pub(super) run_id: Option<RunId>,
    /// The id of the first word.
    #[schemars(regex(pattern = WORD_ID))]
    pub(super) from: String,
    /// The id of the last word: at most a thousand words are marked at once.
    #[schemars(regex(pattern = WORD_ID))]
    pub(super) to: String,
    /// What the words say, as the client has seen it. Where it is given, it has to be what they
    /// say now, but for case and punctuation.
    #[serde(default)]
    #[schemars(length(max = MAX_TEXT))]
    pub(super) text: Option<Private>,
    /// Tags.
    #[serde(default)]
    #[schemars(with = "Vec<Tag>", length(max = MAX_TAGS))]
    pub(super) tags: Vec<Private>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeHighlight {
    /// The recognition whose words are marked, as the transcript names it. Where it is left
    /// out, the one that is shown; another one gets 409 `stale_revision`.
    #[serde(default)]
    run_id: Option<RunId>,
    /// The id of the first word; with `to`.
    #[serde(default)]
    #[schemars(regex(pattern = WORD_ID))]
    from: Option<String>,
    /// The id of the last word; with `from`.
    #[serde(default)]
    #[schemars(regex(pattern = WORD_ID))]
    to: Option<String>,
    /// What the words from `from` to `to` say, as the client has seen it.
    #[serde(default)]
    #[schemars(length(max = MAX_TEXT))]
    text: Option<Private>,
    /// Tags, in place of those before.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Tag>>", length(max = MAX_TAGS))]
    pub(super) tags: Option<Vec<Private>>,
}

/// A tag.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "it describes the tags that are sent")]
struct Tag(#[schemars(length(min = 1, max = MAX_TAG), regex(pattern = LINE))] String);

impl ChangeHighlight {
    /// The words that are to be marked, where they change.
    pub(super) fn wanted(self) -> Result<Option<Wanted>, Problem> {
        match (self.from, self.to) {
            (Some(from), Some(to)) => Wanted::new(self.run_id, &from, &to, self.text).map(Some),
            (Some(_), None) => Err(invalid("to", "the last word is given together with `from`")),
            (None, Some(_)) => Err(invalid(
                "from",
                "the first word is given together with `to`",
            )),
            (None, None) if self.text.is_some() => Err(invalid(
                "text",
                "a highlight says what its words say; mark other words by `from` and `to`, or \
                 correct the transcript",
            )),
            (None, None) => Ok(None),
        }
    }
}

/// Words that are to be marked.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) run_id: Option<RunId>,
    pub(super) from: WordId,
    pub(super) to: WordId,
    /// What they say.
    text: Option<Private>,
}

impl Wanted {
    pub(super) fn new(
        run_id: Option<RunId>,
        from: &str,
        to: &str,
        text: Option<Private>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            run_id,
            from: word("from", from)?,
            to: word("to", to)?,
            text,
        })
    }

    /// Refuses words that say something else than the client has seen.
    pub(super) fn check_text(&self, marked: &MarkedWords) -> Result<(), Problem> {
        let letters = |text: &Private| normalize(text.reveal());
        let is_same = self
            .text
            .as_ref()
            .is_none_or(|text| letters(text) == letters(&marked.text));
        let why = format!(
            "it is not what the words from `{}` to `{}` say now; read the transcript again, or \
             leave `text` out",
            self.from, self.to
        );
        is_same.then_some(()).ok_or_else(|| invalid("text", &why))
    }
}

fn word(field: &str, id: &str) -> Result<WordId, Problem> {
    WordId::parse(id).ok_or_else(|| {
        let shown: String = id.escape_debug().take(40).collect();
        let why = format!(
            "`{shown}` is not the id of a word; take the `id` of a word of the transcript, such as \
             `w12`, of at most {MAX_WORDS} words"
        );
        invalid(field, &why)
    })
}
