//! Padding at the end of a recording, dropped only where it is the end.
//!
//! A tag at the start of an MP3 says how long the sound is. In recordings that
//! were joined, or whose tag was never completed, there is sound behind that.

/// The most padding that is believed, in frames: 4,095 by the tag's twelve bits
/// and an MP3 frame that some encoders count and some do not.
const MAX_PADDING: usize = 4_095 + 1_152;

/// Takes padding away, and gives it back when it turns out to be sound.
#[derive(Default)]
pub(crate) struct Trimmer {
    withheld: Vec<Vec<i16>>,
    distrusts: bool,
}

impl Trimmer {
    /// Takes away what is said to be padding: the first `start` and the last
    /// `end` frames of a packet.
    pub(crate) fn trim(&mut self, planes: &mut [Vec<i16>], start: usize, end: usize) {
        for plane in planes.iter_mut() {
            plane.drain(..start.min(plane.len()));
        }
        let held = self.withheld.first().map_or(0, Vec::len);
        if self.distrusts || (end == 0 && held == 0) {
            return;
        }
        self.withheld.resize(planes.len(), Vec::new());
        for (withheld, plane) in self.withheld.iter_mut().zip(planes.iter_mut()) {
            let sound = if held > 0 {
                0
            } else {
                plane.len().saturating_sub(end)
            };
            withheld.extend(plane.drain(sound..));
        }
        if self.withheld.iter().any(|plane| plane.len() > MAX_PADDING) {
            self.distrusts = true;
            for (withheld, plane) in self.withheld.iter_mut().zip(planes) {
                plane.append(withheld);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(packets: &[(usize, usize)]) -> Vec<i16> {
        let (mut trimmer, mut heard, mut next) = (Trimmer::default(), Vec::new(), 0);
        for (start, end) in packets {
            let mut planes = [(next..next + 1_000).collect::<Vec<i16>>()];
            next += 1_000;
            trimmer.trim(&mut planes, *start, *end);
            heard.extend_from_slice(&planes[0]);
        }
        heard
    }

    #[test]
    fn padding_at_both_ends_is_dropped() {
        let heard = trimmed(&[(300, 0), (0, 0), (0, 200), (0, 1_000)]);
        assert_eq!(heard, (300..2_800).collect::<Vec<_>>());
    }

    #[test]
    fn what_goes_on_behind_the_padding_is_sound() {
        let heard = trimmed(&[&[(300, 0), (0, 200)][..], &[(0, 1_000); 8]].concat());
        assert_eq!(heard, (300..10_000).collect::<Vec<_>>());
    }
}
