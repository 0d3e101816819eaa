//! What FFmpeg's `ffprobe` says about a recording.

use serde::Deserialize;

use crate::pcm::{MAX_CHANNELS, SAMPLE_RATES};

/// The output of `ffprobe -show_format -show_streams -of json`.
#[derive(Debug, Deserialize)]
struct Output {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    profile: Option<String>,
    sample_rate: Option<String>,
    channels: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
}

/// A recording that FFmpeg can decode.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    /// FFmpeg's name of the container, the first of several.
    pub(crate) container: String,
    /// FFmpeg's name of the codec of the first track, with its profile if it has one.
    pub(crate) codec: String,
    /// The tracks with sound, at least one.
    pub(crate) tracks: Vec<SoundFormat>,
    /// The declared length in seconds, where there is one.
    pub(crate) duration_s: Option<f64>,
}

/// The format of a track's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SoundFormat {
    /// The number of the track among those with sound, from 0.
    pub(crate) number: usize,
    pub(crate) sample_rate_hz: u32,
    pub(crate) channels: usize,
}

impl Description {
    /// Reads the output of `ffprobe`; none where it has no track that can be decoded.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let output: Output = serde_json::from_slice(json).ok()?;
        let sound = |stream: &&Stream| stream.codec_type.as_deref() == Some("audio");
        let streams: Vec<&Stream> = output.streams.iter().filter(sound).collect();
        let formats = streams.iter().enumerate();
        let tracks: Vec<SoundFormat> = formats
            .filter_map(|(number, stream)| format(number, stream))
            .collect();
        let first = streams.get(tracks.first()?.number)?;
        let profile = first.profile.as_deref().filter(|name| *name != "unknown");
        let codec = first.codec_name.clone().unwrap_or_default();
        let names = output.format.format_name.split(',');
        Some(Self {
            container: names.into_iter().next().unwrap_or("").to_owned(),
            codec: profile.map_or(codec.clone(), |profile| format!("{codec} ({profile})")),
            tracks,
            duration_s: output.format.duration.and_then(|text| text.parse().ok()),
        })
    }
}

/// The format of a track; none where FFmpeg knows no decoder or makes nothing of it.
fn format(number: usize, stream: &Stream) -> Option<SoundFormat> {
    let sample_rate_hz = stream.sample_rate.as_ref()?.parse().ok()?;
    let channels = stream.channels?;
    let is_plausible =
        SAMPLE_RATES.contains(&sample_rate_hz) && (1..=MAX_CHANNELS).contains(&channels);
    (is_plausible && stream.codec_name.is_some()).then_some(SoundFormat {
        number,
        sample_rate_hz,
        channels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_with_sound_are_described() {
        let json = br#"{"streams":[
            {"codec_type":"video","codec_name":"h264"},
            {"codec_type":"audio","codec_name":"aac","profile":"HE-AAC","sample_rate":"44100","channels":2},
            {"codec_type":"audio","codec_name":"aac","sample_rate":"0","channels":0},
            {"codec_type":"audio","codec_name":"opus","sample_rate":"48000","channels":1}
        ],"format":{"format_name":"mov,mp4,m4a","duration":"12.5"}}"#;
        let found = Description::parse(json).unwrap();
        assert_eq!(
            (found.container.as_str(), found.codec.as_str()),
            ("mov", "aac (HE-AAC)")
        );
        assert_eq!(found.duration_s, Some(12.5));
        let numbers: Vec<_> = found.tracks.iter().map(|track| track.number).collect();
        assert_eq!(numbers, [0, 2]);
    }

    #[test]
    fn recordings_without_sound_have_no_description() {
        for json in [
            "",
            "{}",
            r#"{"streams":[{"codec_type":"video"}]}"#,
            r#"{"streams":[{"codec_type":"audio","sample_rate":"8000","channels":1}]}"#,
        ] {
            assert_eq!(Description::parse(json.as_bytes()), None, "{json}");
        }
    }
}
