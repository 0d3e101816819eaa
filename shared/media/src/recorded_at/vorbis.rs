//! FLAC and Ogg: the Vorbis comment `DATE`, which the decoding library reads. Its form is free,
//! so it counts where it is complete.

use domain::RecordedAt;
use symphonia::core::{
    formats::{FormatOptions, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::{MetadataContainer, MetadataOptions, RawValue},
};

use crate::{open::guard, source::PatchedReader};

pub(super) fn read(mut reader: PatchedReader) -> Option<RecordedAt> {
    // Nothing in them needs a look at the end.
    reader.seekable = false;
    guard(|| first_date(reader)).ok().flatten()
}

fn first_date(reader: PatchedReader) -> Option<RecordedAt> {
    let stream = MediaSourceStream::new(Box::new(reader), MediaSourceStreamOptions::default());
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&Hint::new(), stream, formats, metadata).ok()?;
    let metadata = format.metadata();
    let revision = metadata.current()?;
    let tracks = revision.per_track.iter().map(|track| &track.metadata);
    std::iter::once(&revision.media)
        .chain(tracks)
        .find_map(date)
}

fn date(tags: &MetadataContainer) -> Option<RecordedAt> {
    let mut dates = tags
        .tags
        .iter()
        .filter(|tag| tag.raw.key.eq_ignore_ascii_case("DATE"));
    dates.find_map(|tag| match &tag.raw.value {
        RawValue::String(text) => RecordedAt::parse(text.trim()).ok(),
        _ => None,
    })
}
