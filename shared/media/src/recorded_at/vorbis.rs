//! FLAC and Ogg: the Vorbis comment `DATE`, which the decoding library reads. Its form is free,
//! so it counts where it is complete.

use domain::RecordedAt;
use symphonia::core::meta::{MetadataContainer, RawValue};

use crate::{
    open::{guard, probe_format},
    source::PatchedReader,
};

pub(super) fn read(mut reader: PatchedReader) -> Option<RecordedAt> {
    // Nothing in them needs a look at the end.
    reader.seekable = false;
    guard(|| first_date(reader)).ok().flatten()
}

fn first_date(reader: PatchedReader) -> Option<RecordedAt> {
    let mut format = probe_format(reader).ok()?.ok()?;
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
