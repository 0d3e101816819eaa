use super::*;

const RATE: u32 = 8_000;

/// Seconds in which `speaks` says which channels sound.
fn verdict(seconds: &[[bool; 2]]) -> bool {
    let mut comparison = ChannelComparison::new(2, RATE);
    for speaks in seconds {
        let sample = |on: bool, n: i16| if on { (n % 100) * 80 } else { n % 3 };
        comparison.push(&block(
            (0..8_000)
                .flat_map(|n| speaks.map(|on| sample(on, n)))
                .collect(),
            2,
        ));
    }
    comparison.separate()
}

fn block(samples: Vec<i16>, channels: usize) -> Block {
    Block {
        samples,
        channels,
        ..Block::default()
    }
}

/// White noise from -1 to 1, another for each seed.
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(i16::from_ne_bytes([
            state.to_be_bytes()[0],
            state.to_be_bytes()[1],
        ])) / 32_768.0
    }
}

/// A conversation, compared.
fn conversation(turns: &[Option<usize>], gains: &[Vec<f32>], floor: f32) -> ChannelComparison {
    let mut comparison = ChannelComparison::new(gains.len(), RATE);
    for block in blocks(turns, gains, floor) {
        comparison.push(&block);
    }
    comparison
}

/// A conversation in half seconds: which voice speaks in each, if any. `gains` are those of
/// the voices in each channel, `floor` is the amplitude of each channel's own noise.
fn blocks(turns: &[Option<usize>], gains: &[Vec<f32>], floor: f32) -> Vec<Block> {
    let (channels, mut blocks) = (gains.len(), Vec::new());
    let mut voice = noise(7);
    let mut own: Vec<_> = (1..).map(noise).take(channels).collect();
    for turn in turns {
        let mut samples = Vec::new();
        for n in 0..4_000_u16 {
            // Syllables of a quarter of a second.
            let loudness = 0.2 * (1.1 - f32::from(n % 2_000) / 2_000.0);
            let voice = voice() * loudness;
            for (gains, own) in gains.iter().zip(&mut own) {
                let spoken = turn.map_or(0.0, |turn| voice * gains[turn]);
                #[expect(clippy::cast_possible_truncation, reason = "below full scale")]
                samples.push(((spoken + own() * floor) * 32_767.0) as i16);
            }
        }
        blocks.push(block(samples, channels));
    }
    blocks
}

fn gains(rows: &[&[f32]]) -> Vec<Vec<f32>> {
    rows.iter().map(|row| row.to_vec()).collect()
}

/// Each of two speaks for two seconds, with a pause of two seconds after it.
fn turns_with_pauses() -> Vec<Option<usize>> {
    let turn = |speaker| [[Some(speaker); 4], [None; 4]].concat();
    [turn(0), turn(1)].concat().repeat(3)
}

const SEPARATE: [&[f32]; 2] = [&[1.0, 0.0], &[0.0, 1.0]];

#[test]
fn people_who_take_turns_on_their_own_channels_are_told_apart() {
    let turns = [
        [true, false],
        [false, true],
        [true, false],
        [true, true],
        [false, true],
    ];
    assert!(verdict(&turns));
}

#[test]
fn a_copied_channel_a_silent_one_and_silence_are_one_person() {
    assert!(!verdict(&[[true, true]; 5]));
    assert!(!verdict(&[[true, false]; 5]));
    assert!(!verdict(&[[false, false]; 5]));
}

#[test]
fn noise_in_pauses_does_not_join_two_people() {
    for floor in [0.0, 0.000_2, 0.005, 0.02] {
        let separate = conversation(&turns_with_pauses(), &gains(&SEPARATE), floor).separate();
        assert!(separate, "{floor}");
    }
}

#[test]
fn quiet_recordings_are_judged_alike() {
    let quiet: [&[f32]; 2] = [&[0.01, 0.0], &[0.0, 0.01]];
    assert!(conversation(&turns_with_pauses(), &gains(&quiet), 0.000_1).separate());
}

#[test]
fn bleeding_is_no_second_voice() {
    let bleeding: [&[f32]; 2] = [&[1.0, 0.35], &[0.35, 1.0]];
    assert!(conversation(&turns_with_pauses(), &gains(&bleeding), 0.000_5).separate());
}

#[test]
fn a_second_of_speech_takes_part_and_clicks_do_not() {
    let question = [vec![Some(0); 3], vec![Some(1); 400], vec![None; 40]].concat();
    assert!(conversation(&question, &gains(&SEPARATE), 0.001).separate());
    let mut clicks = conversation(&[Some(1); 4], &gains(&SEPARATE), 0.001);
    for _ in 0..60 {
        let window = |n: i16| [if n < 400 { n % 50 * 200 } else { 0 }, 0];
        clicks.push(&block((0..8_000).flat_map(window).collect(), 2));
        clicks.push(&block([0, 0].repeat(8_000), 2));
        clicks.push(&block(
            (0..8_000).flat_map(|n| [0, n % 90 * 90]).collect(),
            2,
        ));
    }
    assert!(!clicks.separate());
}

#[test]
fn a_room_in_stereo_a_copy_and_one_silent_channel_are_mixed() {
    let room: [&[f32]; 2] = [&[1.0, 0.55], &[0.55, 1.0]];
    let copy: [&[f32]; 2] = [&[1.0, 0.7], &[1.0, 0.7]];
    let silent: [&[f32]; 2] = [&[1.0, 0.7], &[0.0, 0.0]];
    let turned: [&[f32]; 2] = [&[1.0, 0.7], &[-1.0, -0.7]];
    for rows in [room, copy, silent, turned] {
        for floor in [0.0, 0.000_5, 0.005] {
            let separate = conversation(&turns_with_pauses(), &gains(&rows), floor).separate();
            assert!(!separate, "{rows:?} {floor}");
        }
    }
}

#[test]
fn more_than_two_channels_are_judged_alike() {
    let lapels: [&[f32]; 3] = [&[1.0, 0.3], &[0.3, 1.0], &[0.0, 0.0]];
    let room: [&[f32]; 3] = [&[1.0, 0.8], &[0.9, 0.9], &[0.8, 1.0]];
    assert!(conversation(&turns_with_pauses(), &gains(&lapels), 0.001).separate());
    assert!(!conversation(&turns_with_pauses(), &gains(&room), 0.001).separate());
}

#[test]
fn opposite_channels_are_turned_and_silent_ones_are_not_counted() {
    let speech = [Some(0); 8];
    let opposite = gains(&[&[1.0], &[-0.8], &[0.0], &[0.0], &[0.9], &[0.0]]);
    let mix = conversation(&speech, &opposite, 0.000_1).mix();
    assert_eq!(
        mix,
        Mix {
            turned: 0b10,
            audible: 3
        }
    );
    let alike = conversation(&speech, &gains(&[&[1.0], &[0.5]]), 0.000_1).mix();
    assert_eq!(
        alike,
        Mix {
            turned: 0,
            audible: 2
        }
    );
}

#[test]
fn a_constant_offset_is_no_sound() {
    let mut comparison = ChannelComparison::new(2, RATE);
    let frame = |n: i16| [9_000 + n % 50 * 40, -9_000 + n % 50 * 40];
    comparison.push(&block((0..16_000).flat_map(frame).collect(), 2));
    assert_eq!(comparison.mix().turned, 0);
}

#[test]
fn more_channels_than_are_correlated_are_averaged() {
    let rows: Vec<Vec<f32>> = vec![vec![1.0]; 12];
    let mix = conversation(&[Some(0); 4], &rows, 0.001).mix();
    assert_eq!(
        mix,
        Mix {
            turned: 0,
            audible: 12
        }
    );
}

#[test]
fn bleeding_is_removed_and_voices_stay() {
    let energy = |blocks: &[Block], channel: usize| -> f64 {
        let samples = blocks.iter().flat_map(|block| block.channel(channel));
        samples.map(|sample| f64::from(sample).powi(2)).sum()
    };
    let bleeding = gains(&[&[1.0, 0.35], &[0.35, 1.0]]);
    let before = blocks(&[Some(0); 4], &bleeding, 0.000_5);
    let mut filter = BleedFilter::new(2, RATE);
    let mut after: Vec<Block> = Vec::new();
    // In pieces that no window is a multiple of.
    for piece in before
        .iter()
        .flat_map(|block| block.samples.chunks(2 * 777))
    {
        let found = filter.push(&block(piece.to_vec(), 2));
        after.push(block(found.samples.clone(), 2));
    }
    after.push(block(filter.finish().samples.clone(), 2));
    let frames = |blocks: &[Block]| blocks.iter().map(Block::frames).sum::<usize>();
    assert_eq!(frames(&before), frames(&after));
    assert!((energy(&after, 0) / energy(&before, 0) - 1.0).abs() < 1e-9);
    assert!(
        energy(&after, 1) < energy(&before, 1) / 1_000.0,
        "30 dB down"
    );
}

#[test]
fn channels_without_bleeding_stay_as_they_are() {
    for block in blocks(&turns_with_pauses(), &gains(&SEPARATE), 0.001) {
        let mut filter = BleedFilter::new(2, RATE);
        let mut samples = filter.push(&block).samples.clone();
        samples.extend_from_slice(filter.finish().samples());
        assert!(samples == block.samples);
    }
}
