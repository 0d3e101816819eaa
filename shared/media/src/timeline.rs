//! Fills gaps between packets with silence.
//!
//! In MP4 and Matroska packets have times, and there need be no packets where there is
//! no speech: calls are recorded without the packets that were lost or not sent, and
//! the audio of a video may begin later than the picture. A player keeps to the times,
//! so silence replaces missing packets.

use symphonia::core::units::{TimeBase, Timestamp};

/// Gaps below this many milliseconds come from the recorder's clock.
const SHORTEST_GAP_MS: u64 = 200;

/// The same for times that were computed.
const SHORTEST_EXACT_GAP_MS: u64 = 40;

/// Gaps above this many seconds are damaged times.
pub(crate) const LONGEST_GAP_S: u64 = 3_600;

/// A recording that begins later than this many seconds was cut from a longer
/// one: its beginning is where its packets begin.
pub(crate) const LATEST_START_S: u64 = 60;

/// Follows the times of a track's packets.
pub(crate) struct Timeline {
    base: TimeBase,
    /// The end of the decoded samples, in frames.
    reached: Option<i128>,
    /// The time of the last packet, in frames.
    last: i128,
    latest_start_s: u64,
    shortest_gap_ms: u64,
}

impl Timeline {
    /// For a track whose times are multiples of `base`.
    pub(crate) const fn new(base: TimeBase) -> Self {
        Self {
            base,
            reached: None,
            last: 0,
            latest_start_s: LATEST_START_S,
            shortest_gap_ms: SHORTEST_GAP_MS,
        }
    }

    /// Believes a late start of up to so many seconds: another track begins earlier.
    pub(crate) const fn believe_starts(&mut self, latest_s: u64) {
        self.latest_start_s = latest_s;
    }

    /// Fills gaps that are shorter as well: the times do not come from a recorder's clock.
    pub(crate) const fn be_exact(&mut self) {
        self.shortest_gap_ms = SHORTEST_EXACT_GAP_MS;
        self.latest_start_s = LONGEST_GAP_S;
    }

    /// How many frames are missing before a packet of that time, which holds
    /// `frames` of them.
    pub(crate) fn missing(&mut self, time: Timestamp, frames: u64, rate: u32) -> u64 {
        let at = self.frames(time, rate);
        self.last = at;
        let second = i128::from(rate);
        let reached = match self.reached {
            Some(reached) => reached,
            None if at > second * i128::from(self.latest_start_s) => at,
            None => at.min(0),
        };
        let gap = at - reached;
        let longest = second * i128::from(LONGEST_GAP_S);
        let is_gap = (second * i128::from(self.shortest_gap_ms) / 1_000..=longest).contains(&gap);
        let start = if is_gap { at } else { reached };
        self.reached = Some(start + i128::from(frames));
        if is_gap {
            u64::try_from(gap).unwrap_or(0)
        } else {
            0
        }
    }

    /// How many frames of a packet of that time are heard already, where times are exact: a
    /// damaged packet may have given more than it should. Times that go back are a new start.
    pub(crate) fn repeated(&self, time: Timestamp, rate: u32) -> u64 {
        let Some(reached) = self.reached.filter(|_| self.is_exact()) else {
            return 0;
        };
        let at = self.frames(time, rate);
        let shortest = i128::from(rate) * i128::from(SHORTEST_EXACT_GAP_MS) / 1_000;
        if at >= self.last && reached - at >= shortest {
            u64::try_from(reached - at).unwrap_or(0)
        } else {
            0
        }
    }

    const fn is_exact(&self) -> bool {
        self.shortest_gap_ms == SHORTEST_EXACT_GAP_MS
    }

    /// A time in frames, rounded.
    fn frames(&self, time: Timestamp, rate: u32) -> i128 {
        let scaled = i128::from(time.get()) * i128::from(self.base.numer.get()) * i128::from(rate);
        let denominator = i128::from(self.base.denom.get());
        (scaled + denominator / 2).div_euclid(denominator)
    }

    /// How many frames of the first packet lie before the beginning: an encoder's
    /// priming, in containers that give it a negative time.
    pub(crate) fn lead(&self, first: Timestamp, rate: u32) -> u64 {
        u64::try_from(-self.frames(first, rate)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(packets: &[(i64, u64)]) -> Vec<u64> {
        let base = TimeBase::try_new(1, 1_000).expect("milliseconds");
        let mut timeline = Timeline::new(base);
        let at =
            |(time, frames): &(i64, u64)| timeline.missing(Timestamp::new(*time), *frames, 48_000);
        packets.iter().map(at).collect()
    }

    #[test]
    fn gaps_are_filled_and_jitter_is_not() {
        let packets = [(0, 960), (25, 960), (41, 960), (1_060, 960), (1_080, 960)];
        assert_eq!(missing(&packets), [0, 0, 0, 48_000, 0]);
    }

    #[test]
    fn small_gaps_add_up_to_one() {
        let packets: Vec<(i64, u64)> = (0..10).map(|index| (index * 70, 960)).collect();
        assert_eq!(missing(&packets).iter().sum::<u64>(), 2 * 200 * 48);
    }

    #[test]
    fn a_late_start_is_silence_unless_it_is_a_cut() {
        assert_eq!(missing(&[(3_000, 960)]), [3 * 48_000]);
        assert_eq!(missing(&[(3_600_000, 960), (3_600_020, 960)]), [0, 0]);
    }

    #[test]
    fn repeated_frames_are_told_where_times_are_exact() {
        let base = TimeBase::try_new(1, 1_000).expect("milliseconds");
        let mut timeline = Timeline::new(base);
        timeline.missing(Timestamp::new(0), 48_000, 48_000);
        let repeated = |timeline: &Timeline, ms| timeline.repeated(Timestamp::new(ms), 48_000);
        assert_eq!(repeated(&timeline, 900), 0);
        timeline.be_exact();
        assert_eq!(
            [900, 990, 1_100].map(|ms| repeated(&timeline, ms)),
            [4_800, 0, 0]
        );
        timeline.missing(Timestamp::new(10_000), 0, 48_000);
        assert_eq!(repeated(&timeline, 0), 0, "a new start");
    }

    #[test]
    fn absurd_times_add_nothing() {
        let packets = [(0, 960), (i64::MAX, 960), (i64::MIN, 960), (20, 960)];
        assert_eq!(missing(&packets), [0, 0, 0, 0]);
    }
}
