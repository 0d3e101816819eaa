//! The language of a recording or conversation, as far as it is known.

use std::collections::BTreeMap;

/// How long a language must have been recognised without another in between to hold for what
/// follows, in milliseconds: a word or two sounds like any language.
pub(crate) const LONG_ENOUGH_MS: u64 = 5_000;

/// The language of one recording or conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpokenLanguage<L> {
    /// The newest that was requested or recognised, as the engine spells it.
    pub(crate) known: Option<L>,
    /// How long that has been recognised, in milliseconds.
    heard_ms: u64,
    /// How long each language has been recognised, in milliseconds, where several are spoken:
    /// then each piece is recognised for itself.
    several: Option<BTreeMap<L, u64>>,
}

impl<L: Clone + Ord> SpokenLanguage<L> {
    /// The requested language, several, or one that is to be recognised.
    pub(crate) fn new(requested: Option<L>, are_several: bool) -> Self {
        Self {
            heard_ms: requested.as_ref().map_or(0, |_| LONG_ENOUGH_MS),
            known: requested,
            several: are_several.then(BTreeMap::new),
        }
    }

    /// What to listen for; none to recognise it.
    pub(crate) fn expected(&self) -> Option<L> {
        let is_settled = self.several.is_none() && self.heard_ms >= LONG_ENOUGH_MS;
        self.known.clone().filter(|_| is_settled)
    }

    /// Whether a piece should wait for those before it, which may settle the language.
    pub(crate) fn is_sought(&self) -> bool {
        self.several.is_none() && self.expected().is_none()
    }

    /// The language that was requested or recognised so far; of several the one that is spoken
    /// longest.
    pub(crate) fn main(&self) -> Option<L> {
        let heard = self.several.iter().flatten();
        let longest = heard.max_by_key(|(_, heard_ms)| **heard_ms);
        longest.map_or_else(
            || self.known.clone(),
            |(language, _)| Some(language.clone()),
        )
    }

    /// Notes the language that was recognised in a piece of that length, unless it was known
    /// before.
    pub(crate) fn detected(&mut self, language: L, length_ms: u64) {
        if let Some(heard) = &mut self.several {
            *heard.entry(language.clone()).or_default() += length_ms;
        }
        if self.expected().is_some() {
            return;
        }
        if self.known.as_ref() != Some(&language) {
            self.heard_ms = 0;
        }
        self.known = Some(language);
        self.heard_ms += length_ms;
    }
}

/// The ISO 639 code of a BCP 47 tag, with the codes that Whisper uses instead.
pub(crate) fn code_of_tag(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    match primary.to_ascii_lowercase().as_str() {
        "nb" => "no".to_owned(),
        "fil" => "tl".to_owned(),
        "iw" => "he".to_owned(),
        other => other.to_owned(),
    }
}
