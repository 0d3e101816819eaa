//! A window of a recording in which channels are compared.

/// How much louder one channel must be to have a window to itself, in dB.
const DOMINANCE: f64 = 10.0;

/// The same where the next channel is a copy of it. Two directional microphones in one
/// place differ by up to 6 dB.
const DOMINANCE_OVER_COPY: f64 = 7.0;

/// Correlation from which on one channel is a copy of another.
const COPY: f64 = 0.8;

/// Channels up to which every two are correlated: 28 pairs.
const MAX_CORRELATED: usize = 8;

/// What full scale is as a level; 1 dB to a step.
const FULL_SCALE: f64 = 120.0;

/// Below this level, -85 dB of full scale, there is only the rounding to 16 bits.
pub(super) const QUIETEST: u8 = 35;

/// The owner of a window that belongs to no channel.
pub(super) const NO_OWNER: u8 = u8::MAX;

/// Sums over the samples of a window, and over those of all windows before.
#[derive(Debug)]
pub(super) struct ComparedWindow {
    frames: usize,
    sums: Vec<i64>,
    energies: Vec<i64>,
    /// Products of every two channels, the first with each later one, and so on.
    products: Vec<i64>,
    /// The same of all windows, without the mean of each.
    total_energies: Vec<f64>,
    total_products: Vec<f64>,
    levels: Vec<u8>,
    bleeding: Vec<f32>,
}

impl ComparedWindow {
    pub(super) fn new(channels: usize) -> Self {
        let pairs = if channels <= MAX_CORRELATED {
            channels * channels.saturating_sub(1) / 2
        } else {
            0
        };
        Self {
            frames: 0,
            sums: vec![0; channels],
            energies: vec![0; channels],
            products: vec![0; pairs],
            total_energies: vec![0.0; channels],
            total_products: vec![0.0; pairs],
            levels: vec![0; channels],
            bleeding: vec![0.0; channels],
        }
    }

    pub(super) const fn frames(&self) -> usize {
        self.frames
    }

    /// The levels of the channels in the window that was closed last.
    pub(super) fn levels(&self) -> &[u8] {
        &self.levels
    }

    /// How much of the owner's voice was in each other channel, in the window that was
    /// closed last: a factor, 0 where the channel is no copy of the owner's.
    pub(super) fn bleeding(&self) -> &[f32] {
        &self.bleeding
    }

    /// Takes samples of all channels.
    pub(super) fn push(&mut self, samples: &[i16]) {
        let channels = self.sums.len();
        self.frames += samples.len() / channels;
        if channels == 2 {
            self.push_stereo(samples);
            return;
        }
        for frame in samples.chunks_exact(channels) {
            for (index, sample) in frame.iter().enumerate() {
                self.sums[index] += i64::from(*sample);
                self.energies[index] += product(*sample, *sample);
            }
        }
        let mut pairs = self.products.iter_mut();
        for (first, second) in pairs_of(channels) {
            let Some(sum) = pairs.next() else { break };
            let frames = samples.chunks_exact(channels);
            *sum += frames
                .map(|frame| product(frame[first], frame[second]))
                .sum::<i64>();
        }
    }

    /// By itself, so that the compiler may use wide registers.
    fn push_stereo(&mut self, samples: &[i16]) {
        let (mut sums, mut energies, mut both) = ([0_i64; 2], [0_i64; 2], 0_i64);
        for [left, right] in samples.as_chunks::<2>().0 {
            sums[0] += i64::from(*left);
            sums[1] += i64::from(*right);
            energies[0] += product(*left, *left);
            energies[1] += product(*right, *right);
            both += product(*left, *right);
        }
        for (sum, own) in self.sums.iter_mut().zip(sums) {
            *sum += own;
        }
        for (sum, own) in self.energies.iter_mut().zip(energies) {
            *sum += own;
        }
        self.products[0] += both;
    }

    /// Ends the window; returns the channel that it belongs to.
    #[expect(clippy::cast_precision_loss, reason = "energies need no more than f64")]
    pub(super) fn close(&mut self) -> u8 {
        let (frames, channels) = (self.frames.max(1) as f64, self.sums.len());
        // Without the mean, which is no sound.
        let joint = |sum: i64, a: i64, b: i64| sum as f64 - a as f64 * b as f64 / frames;
        let energy = |index| joint(self.energies[index], self.sums[index], self.sums[index]);
        let energies: Vec<f64> = (0..channels).map(energy).collect();
        let products: Vec<f64> = pairs_of(channels)
            .zip(&self.products)
            .map(|((first, second), sum)| joint(*sum, self.sums[first], self.sums[second]))
            .collect();
        for (level, energy) in self.levels.iter_mut().zip(&energies) {
            *level = level_of(energy / frames);
        }
        add(&mut self.total_energies, &energies);
        add(&mut self.total_products, &products);
        self.sums.fill(0);
        self.energies.fill(0);
        self.products.fill(0);
        self.frames = 0;
        let owner = owner(&energies, &products);
        for (channel, share) in self.bleeding.iter_mut().enumerate() {
            *share = bleeding(&energies, &products, owner, channel);
        }
        owner.map_or(NO_OWNER, |owner| u8::try_from(owner).unwrap_or(NO_OWNER))
    }

    /// The channels whose correlation with the loudest is below `limit`, over all windows.
    pub(super) fn opposite(&self, limit: f64) -> impl Iterator<Item = usize> {
        let energies = &self.total_energies;
        let loudest = (0..energies.len()).max_by(|a, b| energies[*a].total_cmp(&energies[*b]));
        (0..energies.len()).filter(move |channel| {
            loudest.is_some_and(|loudest| {
                correlation(energies, &self.total_products, loudest, *channel) < limit
            })
        })
    }
}

/// The channel that a window belongs to.
fn owner(energies: &[f64], products: &[f64]) -> Option<usize> {
    let louder = |a: &usize, b: &usize| energies[*a].total_cmp(&energies[*b]);
    let loudest = (0..energies.len()).max_by(louder)?;
    let others = (0..energies.len()).filter(|index| *index != loudest);
    let next = others.max_by(louder)?;
    let ratio = 10.0 * (energies[loudest] / energies[next].max(f64::MIN_POSITIVE)).log10();
    let is_copy = || correlation(energies, products, loudest, next).abs() >= COPY;
    let owns = ratio > DOMINANCE || (ratio > DOMINANCE_OVER_COPY && is_copy());
    owns.then_some(loudest)
}

/// How much of the owner's voice is in another channel.
#[expect(clippy::cast_possible_truncation, reason = "a factor below 1")]
fn bleeding(energies: &[f64], products: &[f64], owner: Option<usize>, channel: usize) -> f32 {
    let Some(owner) = owner.filter(|owner| *owner != channel) else {
        return 0.0;
    };
    let correlation = correlation(energies, products, owner, channel);
    if correlation.abs() < COPY {
        return 0.0;
    }
    (correlation * (energies[channel] / energies[owner]).sqrt()) as f32
}

/// How alike two channels are, from -1 to 1; 0 where that is not known.
fn correlation(energies: &[f64], products: &[f64], one: usize, other: usize) -> f64 {
    if one == other {
        return 1.0;
    }
    let pair = (one.min(other), one.max(other));
    let index = pairs_of(energies.len()).position(|found| found == pair);
    let product = index.and_then(|index| products.get(index));
    let scale = (energies[one] * energies[other]).sqrt();
    product.map_or(0.0, |product| product / scale.max(f64::MIN_POSITIVE))
}

/// Every two of the channels.
fn pairs_of(channels: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..channels).flat_map(move |first| (first + 1..channels).map(move |second| (first, second)))
}

fn add(totals: &mut [f64], values: &[f64]) {
    for (total, value) in totals.iter_mut().zip(values) {
        *total += value;
    }
}

fn product(one: i16, other: i16) -> i64 {
    i64::from(i32::from(one) * i32::from(other))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is limited to 8 bits"
)]
fn level_of(mean_square: f64) -> u8 {
    (10.0 * (mean_square / 32_768.0_f64.powi(2)).log10() + FULL_SCALE) as u8
}
