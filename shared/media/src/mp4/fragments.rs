//! Fragments behind damage (ISO/IEC 14496-12, section 8.8).
//!
//! A reader of MP4 goes from box to box, and finds nothing behind one whose length is
//! damaged. The fragments of a recording do not depend on each other and carry their times:
//! those behind the damage can be played.

use std::{
    io::{self, Read as _, SeekFrom},
    ops::Range,
};

use super::{BoxHeader, MAX_BOXES, Mp4Reader, Name, is_name};
use crate::{Source, source::BytePatch};

/// Boxes that a file consists of.
const TOP_LEVEL: [Name; 13] = [
    *b"ftyp", *b"styp", *b"moov", *b"moof", *b"mdat", *b"free", *b"skip", *b"sidx", *b"ssix",
    *b"prft", *b"emsg", *b"uuid", *b"mfra",
];

/// Boxes of a file that are looked at at most: some days in fragments of half a second.
const MAX_FRAGMENT_BOXES: usize = 1_000_000;

/// Damaged stretches that are bridged at most.
const MAX_BRIDGES: usize = 1_000;

/// How much is searched at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// What makes the boxes of a fragmented file follow each other again: each damaged stretch
/// becomes a `free` box that ends where the next fragment begins. Empty where nothing is
/// damaged, or no fragment follows.
pub(crate) fn bridges(source: &mut dyn Source) -> io::Result<Vec<BytePatch>> {
    let size = source.seek(SeekFrom::End(0))?;
    let mut boxes = Mp4Reader { source };
    let (mut position, mut is_fragmented) = (0, false);
    let mut patches = Vec::new();
    for _ in 0..MAX_FRAGMENT_BOXES {
        if position >= size || patches.len() == MAX_BRIDGES {
            break;
        }
        if let Some(found) = boxes.undamaged(position, size)? {
            if &found.name == b"moov" {
                is_fragmented = boxes.child(&found.body, *b"mvex")?.is_some();
            }
            position = found.body.end;
            continue;
        }
        let Some(next) = boxes.next_fragment(position + 8, size)? else {
            break;
        };
        let Ok(length) = u32::try_from(next - position) else {
            break;
        };
        patches.push((position, [length.to_be_bytes(), *b"free"].concat()));
        position = next;
    }
    Ok(if is_fragmented { patches } else { Vec::new() })
}

impl Mp4Reader<'_> {
    /// The box at a position of the file, unless it is damaged.
    fn undamaged(&mut self, position: u64, size: u64) -> io::Result<Option<BoxHeader>> {
        let found = self.at(position, size)?;
        let is_possible =
            |found: &BoxHeader| found.body.end <= size && TOP_LEVEL.contains(&found.name);
        let Some(found) = found.filter(is_possible) else {
            return Ok(None);
        };
        let is_whole = &found.name != b"moof" || self.is_filled(&found.body, true)?;
        Ok(is_whole.then_some(found))
    }

    /// Whether boxes fill a stretch exactly; `is_fragment`: also those within its tracks.
    fn is_filled(&mut self, body: &Range<u64>, is_fragment: bool) -> io::Result<bool> {
        let mut position = body.start;
        for _ in 0..MAX_BOXES {
            if position == body.end {
                return Ok(true);
            }
            let found = self.at(position, body.end)?;
            let fits = |found: &BoxHeader| found.body.end <= body.end && is_name(found.name);
            let Some(found) = found.filter(fits) else {
                return Ok(false);
            };
            let is_track = is_fragment && &found.name == b"traf";
            if is_track && !self.is_filled(&found.body, false)? {
                return Ok(false);
            }
            position = found.body.end;
        }
        Ok(false)
    }

    /// Where the next undamaged fragment begins, from a position on.
    fn next_fragment(&mut self, from: u64, size: u64) -> io::Result<Option<u64>> {
        let mut position = from;
        let mut chunk = Vec::with_capacity(CHUNK);
        loop {
            self.source.seek(SeekFrom::Start(position))?;
            chunk.clear();
            let source: &mut dyn Source = self.source;
            source.take(CHUNK as u64).read_to_end(&mut chunk)?;
            let places = chunk.windows(8).enumerate();
            let starts = places.filter(|(_, bytes)| bytes.ends_with(b"moof"));
            for (offset, _) in starts {
                let start = position + offset as u64;
                if self.undamaged(start, size)?.is_some() {
                    return Ok(Some(start));
                }
            }
            if chunk.len() < CHUNK {
                return Ok(None);
            }
            // A name may lie across the end of the chunk.
            position += CHUNK as u64 - 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: Name, body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &name, body].concat()
    }

    /// A file of `count` fragments; where each begins.
    fn file(count: usize) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = boxed(*b"ftyp", b"iso5\0\0\0\0");
        bytes.extend(boxed(*b"moov", &boxed(*b"mvex", b"")));
        let mut starts = Vec::new();
        for _ in 0..count {
            starts.push(bytes.len());
            let traf = boxed(*b"traf", &boxed(*b"tfhd", &[0; 8]));
            bytes.extend(boxed(*b"moof", &[boxed(*b"mfhd", &[0; 8]), traf].concat()));
            bytes.extend(boxed(*b"mdat", &[7; 40]));
        }
        (bytes, starts)
    }

    fn patched(mut bytes: Vec<u8>) -> (Vec<u8>, usize) {
        let patches = bridges(&mut Cursor::new(&mut bytes[..])).unwrap();
        for (at, values) in &patches {
            let at = usize::try_from(*at).unwrap();
            bytes[at..at + values.len()].copy_from_slice(values);
        }
        (bytes, patches.len())
    }

    #[test]
    fn undamaged_file_is_left_alone() {
        assert_eq!(patched(file(3).0).1, 0);
    }

    #[test]
    fn damaged_fragments_are_bridged() {
        let (bytes, starts) = file(6);
        // The length of a fragment, a box within its track, and one of two media boxes.
        for damage in [starts[1], starts[1] + 32, starts[2] + 48] {
            let mut bytes = bytes.clone();
            bytes[damage..damage + 4].fill(0xff);
            let (bytes, count) = patched(bytes);
            assert_eq!(count, 1, "{damage}");
            let again = patched(bytes.clone());
            assert_eq!(again.1, 0, "{damage}");
            let last = starts[5];
            assert_eq!(&bytes[last + 4..last + 8], b"moof");
        }
    }

    #[test]
    fn without_a_fragment_behind_it_damage_stays() {
        let (mut bytes, starts) = file(2);
        bytes[starts[1]..].fill(0xff);
        assert_eq!(patched(bytes).1, 0);
    }
}
