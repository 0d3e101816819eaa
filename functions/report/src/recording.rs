//! A picture of the recording: loudness and speakers over time.

use std::ops::Range;

use domain::{transcript::Turn, waveform::StoredWaveform};

use crate::{
    RenderError,
    canvas::Canvas,
    colour,
    content::ReportContent,
    document::Picture,
    text::{clock, counted},
};

const WIDTH: usize = 1_200;
const WAVE_HEIGHT: usize = 160;
const LANE_HEIGHT: usize = 12;
const LANE_GAP: usize = 4;

/// Speakers with a lane of their own at most.
const MAX_LANES: usize = 6;

/// Times below the picture.
const TICKS: u64 = 6;

/// Colours of the [`colour::PALETTE`].
const LIGHT: u8 = 1;
const DARK: u8 = 2;

/// The columns of a turn in the picture: one at least.
fn columns(turn: &Turn, duration_ms: u64) -> Range<usize> {
    let column = |at_ms| {
        let at = u128::from(at_ms) * WIDTH as u128 / u128::from(duration_ms.max(1));
        usize::try_from(at).unwrap_or(WIDTH).min(WIDTH)
    };
    let start = column(turn.start_ms).min(WIDTH - 1);
    start..column(turn.end_ms).max(start + 1)
}

/// The picture with its time axis; nothing of an empty recording.
pub(crate) fn picture(content: &ReportContent<'_>) -> Result<Option<Picture>, RenderError> {
    let duration_ms = content.transcript.head.duration_ms;
    if duration_ms == 0 {
        return Ok(None);
    }
    let canvas = drawn(content);
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(0);
    let ticks = (0..TICKS).map(|tick| clock(duration_ms * tick / (TICKS - 1)));
    Ok(Some(Picture {
        png: canvas.to_png().map_err(RenderError::Picture)?,
        width: side(WIDTH),
        height: side(canvas.height()),
        description: description(content),
        ticks: ticks.collect(),
    }))
}

/// The speakers that have a lane, from the upper one down: in the order in which they begin to
/// speak.
pub(crate) fn speakers(turns: &[Turn]) -> Vec<u32> {
    let mut speakers = Vec::new();
    for turn in turns {
        if speakers.len() < MAX_LANES && !speakers.contains(&turn.speaker) {
            speakers.push(turn.speaker);
        }
    }
    speakers
}

/// What the picture shows, in words.
fn description(content: &ReportContent<'_>) -> String {
    let speakers = counted(content.transcript.head.speakers.len() as u64, "speaker");
    let length = clock(content.transcript.head.duration_ms);
    if content.waveform.is_some() {
        format!("Waveform of {length} with the turns of {speakers} below it")
    } else {
        format!("The turns of {speakers} over {length}")
    }
}

fn drawn(content: &ReportContent<'_>) -> Canvas {
    let duration_ms = content.transcript.head.duration_ms;
    let turns = &content.transcript.turns;
    let lanes = speakers(turns);
    // An imported transcript has no recording to draw.
    let top = content.waveform.map_or(0, |_| WAVE_HEIGHT);
    let height = top + lanes.len() * (LANE_HEIGHT + LANE_GAP);
    let mut canvas = Canvas::new(WIDTH, height);
    if let Some(waveform) = content.waveform {
        let colours = column_colours(turns, duration_ms);
        draw_wave(&mut canvas, &peaks(waveform), &colours);
    }
    for lane in 0..lanes.len() {
        canvas.fill(0..WIDTH, rows(top, lane), LIGHT);
    }
    for turn in turns {
        if let Some(lane) = lanes.iter().position(|own| *own == turn.speaker) {
            let columns = columns(turn, duration_ms);
            canvas.fill(columns, rows(top, lane), colour::index(turn.speaker));
        }
    }
    canvas
}

/// The rows of a lane in a picture whose lanes begin at `top`.
fn rows(top: usize, lane: usize) -> Range<usize> {
    let first = top + lane * (LANE_HEIGHT + LANE_GAP) + LANE_GAP;
    first..first + LANE_HEIGHT
}

/// The speaker of each column as a colour; grey where no speaker talks.
fn column_colours(turns: &[Turn], duration_ms: u64) -> Vec<u8> {
    let mut colours = vec![DARK; WIDTH];
    for turn in turns {
        colours[columns(turn, duration_ms)].fill(colour::index(turn.speaker));
    }
    colours
}

/// The peaks of each column in both directions; zero for a damaged waveform.
fn peaks(waveform: &StoredWaveform) -> Vec<(i16, i16)> {
    let values = waveform.values().unwrap_or_default();
    let (pairs, _) = values.as_chunks::<2>();
    if pairs.is_empty() {
        return Vec::new();
    }
    (0..WIDTH)
        .map(|column| {
            let first = column * pairs.len() / WIDTH;
            let end = ((column + 1) * pairs.len()).div_ceil(WIDTH).max(first + 1);
            let span = pairs[first..end.min(pairs.len())].iter();
            span.fold((0, 0), |(low, high), pair| {
                (pair[0].min(low), pair[1].max(high))
            })
        })
        .collect()
}

/// A bar to each column, as high as the loudest would fill the picture.
fn draw_wave(canvas: &mut Canvas, peaks: &[(i16, i16)], colours: &[u8]) {
    let half = WAVE_HEIGHT / 2;
    let loudness = |(low, high): &(i16, i16)| low.unsigned_abs().max(high.unsigned_abs());
    let loudest = usize::from(peaks.iter().map(loudness).max().unwrap_or(0)).max(1);
    let length = |value: i16| usize::from(value.unsigned_abs()) * (half - 1) / loudest;
    for (column, ((low, high), colour)) in peaks.iter().zip(colours).enumerate() {
        let rows = half - length(*high)..half + length(*low) + 1;
        canvas.fill(column..column + 1, rows, *colour);
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, transcript::AudioFacts};

    use super::*;

    #[test]
    fn each_column_shows_its_loudest() {
        let audio = AudioFacts {
            duration_ms: 1_000,
            channels: 1,
            sample_rate_hz: 8_000,
        };
        let mut pairs = vec![(-1, 1); 4_800];
        pairs[2_400] = (-100, 50);
        let now = Timestamp::from_millis(0);
        let found = peaks(&StoredWaveform::new(audio, 256, &pairs, 1, now));
        assert_eq!(
            (found.len(), found[599], found[600]),
            (WIDTH, (-1, 1), (-100, 50))
        );
        let few = peaks(&StoredWaveform::new(
            audio,
            256,
            &[(-5, 5), (-9, 9)],
            1,
            now,
        ));
        assert_eq!((few[0], few[599], few[600]), ((-5, 5), (-5, 5), (-9, 9)));
        assert!(peaks(&StoredWaveform::new(audio, 256, &[], 1, now)).is_empty());
    }
}
