//! Edit lists: which part of a track is played, and when (ISO/IEC 14496-12, section 8.6.6).

use std::{io, ops::Range};

use super::{Fraction, Mp4Reader};

/// Edits read at most: more of them make no difference to how the track is decoded.
const MAX_EDITS: u32 = 64;

/// What an encoder adds at the end is shorter than this, what a person cuts away longer, in
/// milliseconds.
const SHORTEST_CUT_MS: u64 = 150;

/// The stretches of a track that an edit list plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Stretches {
    /// At most one.
    #[default]
    One,
    /// Several, in the order of the media: each from a time for a length.
    Ascending(Vec<(Fraction, Fraction)>),
    /// Several in another order, or with silence between them.
    Other,
}

/// Which part of a track is played, and when; all in seconds as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Silence before it.
    pub(crate) delay: Fraction,
    /// What is skipped of the track: an encoder's priming.
    pub(crate) skip: Fraction,
    /// How much is played then; nothing where it is the rest.
    pub(crate) length: Option<Fraction>,
    /// Whether the list ends clearly before the media does: a person cut the end away.
    pub(crate) is_cut: bool,
}

impl Mp4Reader<'_> {
    /// What is played, after as many empty stretches as there are.
    pub(super) fn edits(
        &mut self,
        list: &Range<u64>,
        movie_scale: u32,
        media_length: Fraction,
    ) -> io::Result<(Option<Edit>, Stretches)> {
        let wide = self.number(list.start)? >> 24 == 1;
        let count = self.number(list.start + 4)?.min(MAX_EDITS);
        let mut delay: u64 = 0;
        let mut played = Vec::new();
        let mut has_silence = false;
        for index in 0..u64::from(count) {
            let (length, start) = if wide {
                let at = list.start + 8 + index * 20;
                (
                    self.wide_number(at)?,
                    self.wide_number(at + 8)?.cast_signed(),
                )
            } else {
                let at = list.start + 8 + index * 12;
                let start = self.number(at + 4)?.cast_signed();
                (u64::from(self.number(at)?), i64::from(start))
            };
            match u64::try_from(start) {
                Ok(start) => played.push((length, start)),
                Err(_) if played.is_empty() => delay = delay.saturating_add(length),
                Err(_) => has_silence = true,
            }
        }
        let stretches = if has_silence {
            Stretches::Other
        } else {
            stretches(&played, movie_scale, media_length.1)
        };
        let alone = played.len() == 1;
        let edit = played.first().map(|(length, start)| {
            let skip = Fraction(*start, media_length.1);
            let length = (alone && *length > 0).then_some(Fraction(*length, movie_scale));
            let cut_ms = media_length.frames(1_000).saturating_sub(SHORTEST_CUT_MS);
            Edit {
                delay: Fraction(delay, movie_scale),
                skip,
                length,
                is_cut: length.is_some_and(|length| end_ms(skip, length) < cut_ms),
            }
        });
        Ok((edit, stretches))
    }
}

/// When a stretch ends, in milliseconds.
fn end_ms(start: Fraction, length: Fraction) -> u64 {
    start.frames(1_000).saturating_add(length.frames(1_000))
}

/// The stretches of an edit list from their lengths and starts, in units of the movie and
/// of the media.
fn stretches(played: &[(u64, u64)], movie_scale: u32, media_scale: u32) -> Stretches {
    if played.len() < 2 {
        return Stretches::One;
    }
    let fractions = played.iter().map(|(length, start)| {
        (
            Fraction(*start, media_scale),
            Fraction(*length, movie_scale),
        )
    });
    let all: Vec<(Fraction, Fraction)> = fractions.collect();
    let follows = |pair: &[(Fraction, Fraction)]| {
        let (start, length) = pair[0];
        end_ms(start, length) <= pair[1].0.frames(1_000).saturating_add(1)
    };
    let has_lengths = all.iter().all(|(_, length)| length.0 > 0);
    if has_lengths && all.windows(2).all(follows) {
        Stretches::Ascending(all)
    } else {
        Stretches::Other
    }
}
