//! The mel filters of Whisper: triangles on Slaney's scale, each of the same area, as
//! `librosa.filters.mel` makes them for 16,000 samples a second in windows of 400.

/// Frequencies of a window: 400 / 2 + 1.
pub(super) const BINS: u32 = 201;

/// Where the scale turns from linear to logarithmic, in hertz.
const TURN_HZ: f64 = 1_000.0;
/// Hertz of one step of the linear part.
const STEP_HZ: f64 = 200.0 / 3.0;
/// The highest frequency, in hertz.
const TOP_HZ: f64 = 8_000.0;

/// `mels` rows of [`BINS`] numbers.
pub(super) fn filters(mels: u32) -> Vec<f32> {
    let top = to_mel(TOP_HZ);
    // Exact at both ends.
    let edge = |at: u32| to_hz(top * f64::from(at) / f64::from(mels + 1));
    let mut filters = Vec::new();
    for band in 0..mels {
        let (low, middle, high) = (edge(band), edge(band + 1), edge(band + 2));
        let area = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = f64::from(bin) * 40.0;
            let rising = (hz - low) / (middle - low);
            let falling = (high - hz) / (high - middle);
            let height = rising.min(falling).max(0.0);
            filters.push(narrow(f64::from(narrow(height)) * area));
        }
    }
    filters
}

/// Zero is never negative.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the filters are published in 32 bits"
)]
fn narrow(number: f64) -> f32 {
    number as f32 + 0.0
}

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_mel(hz: f64) -> f64 {
    if hz < TURN_HZ {
        return hz / STEP_HZ;
    }
    TURN_HZ / STEP_HZ + (hz / TURN_HZ).ln() / log_step()
}

fn to_hz(mel: f64) -> f64 {
    let turn = TURN_HZ / STEP_HZ;
    if mel < turn {
        return mel * STEP_HZ;
    }
    TURN_HZ * (log_step() * (mel - turn)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_band_has_a_filter_and_the_outermost_bins_have_none() {
        let filters = filters(80);
        for (band, row) in filters.chunks(BINS as usize).enumerate() {
            assert!(row.iter().any(|height| *height > 0.0), "{band}");
            assert_eq!(row[0].to_bits(), 0, "{band}");
            assert_eq!(row[BINS as usize - 1].to_bits(), 0, "{band}");
        }
    }
}
