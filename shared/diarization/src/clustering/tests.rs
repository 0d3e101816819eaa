use proptest::prelude::*;

use super::*;

/// The voice of a person, off by `noise`; the same for the same seed.
fn voice(person: usize, seed: u32, noise: f32) -> Voice {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut values = [0.0; DIMENSIONS];
    for (index, value) in values.iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = f32::from(u16::try_from(state >> 16).unwrap()) / 32_768.0 - 1.0;
        let own = if index % 12 == person { 1.0 } else { 0.0 };
        *value = own + noise * random;
    }
    unit(&values).unwrap()
}

/// Samples of two seconds, a person to each.
fn samples(people: &[usize], noise: f32) -> Vec<Sample> {
    let sample = |(person, seed): (&usize, u32)| Sample {
        voice: voice(*person, seed, noise),
        frames: 118,
    };
    people.iter().zip(0..).map(sample).collect()
}

fn found(samples: &[Sample], expected: Option<usize>, block: usize) -> Vec<Voice> {
    let samples: Vec<&Sample> = samples.iter().collect();
    people_by_blocks(&samples, expected, block)
}

/// Which of the samples go to the same person, as labels by first appearance.
fn labels(samples: &[Sample], people: &[Voice]) -> Vec<usize> {
    let mut order = Vec::new();
    let number = |sample: &Sample| {
        let person = nearest(&sample.voice, people).unwrap();
        order
            .iter()
            .position(|known| *known == person)
            .unwrap_or_else(|| {
                order.push(person);
                order.len() - 1
            })
    };
    samples.iter().map(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn people_are_found_with_any_block_size(
        people in prop::collection::vec(0_usize..4, 40..160),
        block in 16_usize..64,
    ) {
        let samples = samples(&people, 0.25);
        let whole = found(&samples, None, usize::MAX);
        let by_blocks = found(&samples, None, block);
        prop_assert_eq!(labels(&samples, &whole), labels(&samples, &by_blocks));
    }

    #[test]
    fn expected_numbers_are_kept_where_there_are_as_many_samples(
        people in prop::collection::vec(0_usize..4, 30..60),
        expected in 1_usize..8,
    ) {
        let found = found(&samples(&people, 0.3), Some(expected), usize::MAX);
        prop_assert!(!found.is_empty() && found.len() <= expected);
        let distinct = people.iter().collect::<std::collections::BTreeSet<_>>().len();
        prop_assert!(found.len() >= distinct.min(expected) || expected > distinct);
    }
}

#[test]
fn a_day_of_voices_fits_into_memory_and_time() {
    // 8 hours have 11,500 windows of up to three speakers.
    let people: Vec<usize> = (0..23_000).map(|index| index * 7 / 3 % 5).collect();
    let samples = samples(&people, 0.25);
    assert_eq!(found(&samples, None, LARGEST_BLOCK).len(), 5);
}

#[test]
fn single_odd_sounds_are_no_speaker() {
    let mut samples = samples(&[0, 1].repeat(40), 0.2);
    samples[7].voice = voice(9, 7, 0.0);
    assert_eq!(found(&samples, None, LARGEST_BLOCK).len(), 2);
    assert_eq!(found(&samples, Some(2), LARGEST_BLOCK).len(), 2);
}

#[test]
fn no_samples_give_no_speaker_and_one_gives_one() {
    assert!(found(&[], None, LARGEST_BLOCK).is_empty());
    assert!(found(&[], Some(3), LARGEST_BLOCK).is_empty());
    let one = samples(&[0], 0.0);
    assert_eq!(found(&one, None, LARGEST_BLOCK).len(), 1);
    assert_eq!(found(&one, Some(3), LARGEST_BLOCK).len(), 1);
}
