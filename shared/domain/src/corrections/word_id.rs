//! What names a word of a transcript, whatever is corrected around it.

use std::fmt;

use crate::text_form::text_form;

/// The id of a word: `w12` is the word at index 12 of what was recognised, `r3w0` the first
/// word that revision 3 added. It never changes within a run, and no other word gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordId {
    revision: u32,
    number: u32,
}

impl WordId {
    /// Of the recognised word at this index.
    pub fn recognized(index: usize) -> Self {
        Self {
            revision: 0,
            number: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }

    /// Of a word that a correction added: the revision of the correction, and the place among
    /// the words that it added.
    pub fn added(revision: u64, number: u32) -> Self {
        Self {
            revision: u32::try_from(revision).unwrap_or(u32::MAX),
            number,
        }
    }

    /// The index among the recognised words, if it is one of them.
    pub(crate) fn recognized_index(self) -> Option<usize> {
        let index = usize::try_from(self.number).ok();
        index.filter(|_| self.revision == 0)
    }

    /// The id that follows this one where both were recognised, or added by one revision.
    pub(crate) fn next(self) -> Option<Self> {
        let number = self.number.checked_add(1)?;
        Some(Self { number, ..self })
    }

    /// This id and those that follow it, up to another one of the same origin.
    pub(crate) fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        let end = if last.revision == self.revision {
            last.number
        } else {
            self.number
        };
        (self.number..=end).map(move |number| Self { number, ..self })
    }

    /// Whether a revision behind this one added the word.
    pub(crate) fn is_added_after(self, revision: u64) -> bool {
        u64::from(self.revision) > revision
    }

    /// Reads an id that came from outside; nothing where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (revision, number) = match text.strip_prefix('r') {
            Some(rest) => {
                let (revision, number) = rest.split_once('w')?;
                (plain(revision).filter(|revision| *revision > 0)?, number)
            }
            None => (0, text.strip_prefix('w')?),
        };
        Some(Self {
            revision,
            number: plain(number)?,
        })
    }
}

/// A number as it is written here: without a sign and leading zeros.
fn plain(digits: &str) -> Option<u32> {
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

impl fmt::Display for WordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.revision > 0 {
            write!(formatter, "r{}", self.revision)?;
        }
        write!(formatter, "w{}", self.number)
    }
}

text_form!(WordId, |text| WordId::parse(text)
    .ok_or("not the id of a word"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_ids_read_back_and_nothing_else_is_one() {
        for id in [
            WordId::recognized(0),
            WordId::recognized(79_999),
            WordId::added(1, 0),
            WordId::added(4_000, 17),
        ] {
            assert_eq!(WordId::parse(&id.to_string()), Some(id));
        }
        for wrong in [
            "",
            "w",
            "12",
            "w-1",
            "w+1",
            "w01",
            "r0w1",
            "r1",
            "rw1",
            "r1w",
            "W1",
            "w1 ",
            "w4294967296",
            "r1w1w1",
        ] {
            assert_eq!(WordId::parse(wrong), None, "{wrong}");
        }
    }
}
