//! The extremes of each channel within a pixel.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wide registers"
)]

/// Samples that are looked at together.
const LANES: usize = 16;

/// The smallest and largest sample of each channel since the last pixel.
#[derive(Debug, Default)]
pub(super) struct Loudest {
    extremes: Vec<(i16, i16)>,
}

impl Loudest {
    /// Takes samples of all channels, interleaved.
    #[inline(always)]
    pub(super) fn push(&mut self, samples: &[i16], channels: usize) {
        self.extremes.resize(channels, (i16::MAX, i16::MIN));
        // Where channels lie in the same lanes all along, no sample has to be moved.
        let wide = if LANES.is_multiple_of(channels) {
            samples.as_chunks::<LANES>().0
        } else {
            &[]
        };
        let (mut low, mut high) = ([i16::MAX; LANES], [i16::MIN; LANES]);
        for lanes in wide {
            for ((low, high), sample) in low.iter_mut().zip(&mut high).zip(lanes) {
                *low = (*low).min(*sample);
                *high = (*high).max(*sample);
            }
        }
        if !wide.is_empty() {
            self.join(low.into_iter().zip(high));
        }
        let rest = samples[wide.as_flattened().len()..].iter();
        self.join(rest.map(|sample| (*sample, *sample)));
    }

    /// The extremes of the loudest channel; none for one channel. Begins the next pixel.
    pub(super) fn close(&mut self) -> Option<(i16, i16)> {
        let peak = |(low, high): &(i16, i16)| low.unsigned_abs().max(high.unsigned_abs());
        let loudest = self.extremes.iter().copied().max_by_key(peak);
        self.extremes.clear();
        loudest
    }

    /// Takes extremes of channel after channel, again and again.
    #[inline(always)]
    fn join(&mut self, found: impl Iterator<Item = (i16, i16)>) {
        let (channels, mut index) = (self.extremes.len(), 0);
        for (low, high) in found {
            let own = &mut self.extremes[index];
            *own = (own.0.min(low), own.1.max(high));
            index = if index + 1 == channels { 0 } else { index + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_loudest_channel_is_found_for_any_number_of_channels(
            samples in prop::collection::vec(any::<i16>(), 1..500),
            channels in 1_usize..20,
            block in 1_usize..60,
        ) {
            let whole = &samples[..samples.len() / channels * channels];
            let mut loudest = Loudest::default();
            for part in whole.chunks(block * channels) {
                loudest.push(part, channels);
            }
            let extremes = (0..channels).filter_map(|channel| {
                let own = || whole.iter().copied().skip(channel).step_by(channels);
                Some((own().min()?, own().max()?))
            });
            let peak = |(low, high): &(i16, i16)| low.unsigned_abs().max(high.unsigned_abs());
            let expected = extremes.max_by_key(peak);
            prop_assert_eq!(loudest.close(), expected);
            prop_assert_eq!(loudest.close(), None);
        }
    }
}
