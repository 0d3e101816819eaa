//! What the decoding library does not tell about MP4: when a track begins and
//! ends in the player's time, and whether the file is whole.
//!
//! ISO/IEC 14496-12: sections 4.2 (boxes), 8.2.2 (`mvhd`), 8.4.2 (`mdhd`), 8.4.3
//! (`hdlr`), 8.5.2 (`stsd`).

mod edits;
mod fragments;

use std::{
    io::{self, Seek as _, SeekFrom},
    ops::Range,
};

pub(crate) use edits::{Edit, Stretches};
pub(crate) use fragments::bridges;

use crate::{Source, source::PatchedReader};

/// Boxes looked at inside another at most.
const MAX_BOXES: usize = 10_000;

type Name = [u8; 4];

/// What a file says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts of a file that do not depend on each other"
)]
pub(crate) struct Movie {
    /// Whether there is an index.
    pub(crate) is_indexed: bool,
    /// Whether the file ends before it should.
    pub(crate) is_cut: bool,
    /// Its tracks with sound.
    pub(crate) tracks: Vec<SoundTrack>,
    /// Whether there are tracks without sound.
    pub(crate) has_other_tracks: bool,
    /// Whether the media lies in fragments that are read one after the other.
    pub(crate) is_fragmented: bool,
}

/// A track with sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoundTrack {
    /// The number by which it is known.
    pub(crate) id: u32,
    /// What its samples are: `mp4a`, `samr`.
    pub(crate) codec: Option<Name>,
    /// Which part of it is played, where it says so.
    pub(crate) edit: Option<Edit>,
    /// The stretches that are played where they are several.
    pub(crate) stretches: Stretches,
}

/// A time: so many units, and so many of them in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fraction(pub(crate) u64, pub(crate) u32);

impl Fraction {
    /// The nearest number of frames.
    pub(crate) fn frames(self, sample_rate_hz: u32) -> u64 {
        let Self(units, scale) = self;
        let scale = u128::from(scale.max(1));
        let frames = (u128::from(units) * u128::from(sample_rate_hz) + scale / 2) / scale;
        u64::try_from(frames).unwrap_or(u64::MAX)
    }
}

/// Reads what a file says of itself; leaves the source at its start.
pub(crate) fn read_headers(source: &mut PatchedReader) -> io::Result<Movie> {
    let size = source.seek(SeekFrom::End(0))?;
    let mut boxes = Mp4Reader { source };
    let mut movie = Movie::default();
    let mut has_media = false;
    let mut position = 0;
    for _ in 0..MAX_BOXES {
        let Some(found) = boxes.at(position, size)? else {
            break;
        };
        movie.is_cut |= found.body.end > size;
        has_media |= matches!(&found.name, b"mdat" | b"moof");
        if &found.name == b"moov" && found.body.end <= size {
            movie.is_indexed = true;
            movie.is_fragmented = boxes.child(&found.body, *b"mvex")?.is_some();
            (movie.tracks, movie.has_other_tracks) = boxes.tracks(&found.body)?;
        }
        if has_media && (movie.is_indexed || movie.is_cut) {
            break;
        }
        position = found.body.end;
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(movie)
}

pub(crate) struct BoxHeader {
    name: Name,
    pub(crate) body: Range<u64>,
}

/// Whether the boxes of a file do not follow each other to its end.
pub(crate) fn is_broken(source: &mut dyn Source) -> io::Result<bool> {
    let size = source.seek(SeekFrom::End(0))?;
    let mut boxes = Mp4Reader { source };
    let mut position = 0;
    for _ in 0..MAX_BOXES {
        if position >= size {
            return Ok(false);
        }
        match boxes.at(position, size)? {
            Some(found) if found.body.end <= size && is_name(found.name) => {
                position = found.body.end;
            }
            _ => return Ok(true),
        }
    }
    Ok(false)
}

fn is_name(name: Name) -> bool {
    name.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// Reads the boxes of a file.
pub(crate) struct Mp4Reader<'a> {
    pub(crate) source: &'a mut dyn Source,
}

impl Mp4Reader<'_> {
    /// The tracks with sound, and whether there are others.
    fn tracks(&mut self, moov: &Range<u64>) -> io::Result<(Vec<SoundTrack>, bool)> {
        let scale = match self.child(moov, *b"mvhd")? {
            Some(header) => self.number_behind_times(&header)?,
            None => 0,
        };
        let (mut tracks, mut has_others) = (Vec::new(), false);
        for track in self.children(moov)? {
            if &track.name == b"trak" {
                match self.track(&track.body, scale)? {
                    Some(track) => tracks.push(track),
                    None => has_others = true,
                }
            }
        }
        Ok((tracks, has_others))
    }

    fn track(&mut self, track: &Range<u64>, movie_scale: u32) -> io::Result<Option<SoundTrack>> {
        let Some(media) = self.child(track, *b"mdia")? else {
            return Ok(None);
        };
        let handler = self.path(&media, &[*b"hdlr"])?;
        let handler = handler
            .map(|body| self.number(body.start + 8))
            .transpose()?;
        if handler != Some(u32::from_be_bytes(*b"soun")) {
            return Ok(None);
        }
        let id = match self.child(track, *b"tkhd")? {
            Some(header) => self.number_behind_times(&header)?,
            None => 0,
        };
        let media_length = match self.child(&media, *b"mdhd")? {
            Some(header) => self.media_length(&header)?,
            None => Fraction(0, 0),
        };
        let (edit, stretches) = match self.path(track, &[*b"edts", *b"elst"])? {
            Some(list) => self.edits(&list, movie_scale, media_length)?,
            None => (None, Stretches::One),
        };
        let entries = self.path(&media, &[*b"minf", *b"stbl", *b"stsd"])?;
        let codec = entries.map(|body| self.number(body.start + 12));
        Ok(Some(SoundTrack {
            id,
            codec: codec.transpose()?.map(u32::to_be_bytes),
            edit,
            stretches,
        }))
    }

    /// Units in a second by `mvhd` and `mdhd`, or a track's number by `tkhd`: all in the same
    /// place.
    fn number_behind_times(&mut self, header: &Range<u64>) -> io::Result<u32> {
        let wide = self.number(header.start)? >> 24 == 1;
        self.number(header.start + if wide { 20 } else { 12 })
    }

    /// The length of a track's media, as `mdhd` says it behind the units in a second.
    fn media_length(&mut self, header: &Range<u64>) -> io::Result<Fraction> {
        let scale = self.number_behind_times(header)?;
        let wide = self.number(header.start)? >> 24 == 1;
        let units = if wide {
            self.wide_number(header.start + 24)?
        } else {
            u64::from(self.number(header.start + 16)?)
        };
        Ok(Fraction(units, scale))
    }

    pub(crate) fn path(
        &mut self,
        within: &Range<u64>,
        names: &[Name],
    ) -> io::Result<Option<Range<u64>>> {
        let mut body = within.clone();
        for name in names {
            match self.child(&body, *name)? {
                Some(found) => body = found,
                None => return Ok(None),
            }
        }
        Ok(Some(body))
    }

    pub(crate) fn child(
        &mut self,
        within: &Range<u64>,
        name: Name,
    ) -> io::Result<Option<Range<u64>>> {
        let mut position = within.start;
        for _ in 0..MAX_BOXES {
            match self.fitting(position, within.end)? {
                Some(found) if found.name == name => return Ok(Some(found.body)),
                Some(found) => position = found.body.end,
                None => break,
            }
        }
        Ok(None)
    }

    pub(crate) fn children(&mut self, within: &Range<u64>) -> io::Result<Vec<BoxHeader>> {
        let mut children = Vec::new();
        let mut position = within.start;
        while children.len() < MAX_BOXES
            && let Some(found) = self.fitting(position, within.end)?
        {
            position = found.body.end;
            children.push(found);
        }
        Ok(children)
    }

    /// The box at a position, unless it ends behind `end`.
    fn fitting(&mut self, position: u64, end: u64) -> io::Result<Option<BoxHeader>> {
        let found = self.at(position, end)?;
        Ok(found.filter(|found| found.body.end <= end))
    }

    /// The box at a position; `None` where there is no room for one.
    fn at(&mut self, position: u64, end: u64) -> io::Result<Option<BoxHeader>> {
        let mut header = [0; 16];
        if end.saturating_sub(position) < 8 {
            return Ok(None);
        }
        self.read(position, &mut header[..8])?;
        let [a, b, c, d, name @ .., _, _, _, _, _, _, _, _] = header;
        let (head, length) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, end - position),
            1 if end - position >= 16 => (16, self.wide_number(position + 8)?),
            length => (8, u64::from(length)),
        };
        if length < head {
            return Ok(None);
        }
        Ok(Some(BoxHeader {
            name,
            body: position + head..position.saturating_add(length),
        }))
    }

    fn number(&mut self, position: u64) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.read(position, &mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn wide_number(&mut self, position: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.read(position, &mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Reads bytes; zeros behind the end, where a damaged box may point.
    fn read(&mut self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(position))?;
        match self.source.read_exact(bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                bytes.fill(0);
                Ok(())
            }
            outcome => outcome,
        }
    }
}
