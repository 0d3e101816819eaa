//! What the decoding library does not tell about MP4: when a track begins and
//! ends in the player's time, and whether the file is whole.
//!
//! ISO/IEC 14496-12: sections 4.2 (boxes), 8.2.2 (`mvhd`), 8.4.2 (`mdhd`), 8.4.3
//! (`hdlr`), 8.5.2 (`stsd`), 8.6.6 (`elst`).

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use crate::source::PatchedReader;

/// Boxes looked at inside another at most.
const MAX_BOXES: usize = 10_000;

/// Edits read at most: a track that was cut more often is played as it is.
const MAX_EDITS: u32 = 64;

type Name = [u8; 4];

/// What a file says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Movie {
    /// Whether there is an index.
    pub(crate) is_indexed: bool,
    /// Whether the file ends before it should.
    pub(crate) is_cut: bool,
    /// Its tracks with sound.
    pub(crate) tracks: Vec<SoundTrack>,
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
            movie.tracks = boxes.tracks(&found.body)?;
        }
        if has_media && (movie.is_indexed || movie.is_cut) {
            break;
        }
        position = found.body.end;
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(movie)
}

struct BoxHeader {
    name: Name,
    body: Range<u64>,
}

struct Mp4Reader<'a> {
    source: &'a mut PatchedReader,
}

impl Mp4Reader<'_> {
    fn tracks(&mut self, moov: &Range<u64>) -> io::Result<Vec<SoundTrack>> {
        let scale = match self.child(moov, *b"mvhd")? {
            Some(header) => self.time_scale(&header)?,
            None => 0,
        };
        let mut tracks = Vec::new();
        for track in self.children(moov)? {
            if &track.name == b"trak"
                && let Some(track) = self.track(&track.body, scale)?
            {
                tracks.push(track);
            }
        }
        Ok(tracks)
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
            Some(header) => {
                let wide = self.number(header.start)? >> 24 == 1;
                self.number(header.start + if wide { 20 } else { 12 })?
            }
            None => 0,
        };
        let media_scale = match self.child(&media, *b"mdhd")? {
            Some(header) => self.time_scale(&header)?,
            None => 0,
        };
        let edit = match self.path(track, &[*b"edts", *b"elst"])? {
            Some(list) => self.edit(&list, movie_scale, media_scale)?,
            None => None,
        };
        let entries = self.path(&media, &[*b"minf", *b"stbl", *b"stsd"])?;
        let codec = entries.map(|body| self.number(body.start + 12));
        Ok(Some(SoundTrack {
            id,
            codec: codec.transpose()?.map(u32::to_be_bytes),
            edit,
        }))
    }

    /// The one stretch that is played, after as many empty ones as there are.
    fn edit(
        &mut self,
        list: &Range<u64>,
        movie_scale: u32,
        media_scale: u32,
    ) -> io::Result<Option<Edit>> {
        let wide = self.number(list.start)? >> 24 == 1;
        let count = self.number(list.start + 4)?.min(MAX_EDITS);
        let mut delay: u64 = 0;
        let mut played = Vec::new();
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
                Err(_) => {}
            }
        }
        let alone = played.len() == 1;
        Ok(played.first().map(|(length, start)| Edit {
            delay: Fraction(delay, movie_scale),
            skip: Fraction(*start, media_scale),
            length: (alone && *length > 0).then_some(Fraction(*length, movie_scale)),
        }))
    }

    /// Units in a second, as `mvhd` and `mdhd` say it in the same place.
    fn time_scale(&mut self, header: &Range<u64>) -> io::Result<u32> {
        let wide = self.number(header.start)? >> 24 == 1;
        self.number(header.start + if wide { 20 } else { 12 })
    }

    fn path(&mut self, within: &Range<u64>, names: &[Name]) -> io::Result<Option<Range<u64>>> {
        let mut body = within.clone();
        for name in names {
            match self.child(&body, *name)? {
                Some(found) => body = found,
                None => return Ok(None),
            }
        }
        Ok(Some(body))
    }

    fn child(&mut self, within: &Range<u64>, name: Name) -> io::Result<Option<Range<u64>>> {
        let mut children = self.children(within)?.into_iter();
        Ok(children
            .find(|found| found.name == name)
            .map(|found| found.body))
    }

    fn children(&mut self, within: &Range<u64>) -> io::Result<Vec<BoxHeader>> {
        let mut children = Vec::new();
        let mut position = within.start;
        while children.len() < MAX_BOXES
            && let Some(found) = self.at(position, within.end)?
        {
            position = found.body.end;
            if position > within.end {
                break;
            }
            children.push(found);
        }
        Ok(children)
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
