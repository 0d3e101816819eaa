use std::slice::from_ref;

use super::*;
use crate::embedding::{DIMENSIONS, unit};

/// Frames in which there is speech within some ranges.
fn speech_in(ranges: &[Range<usize>]) -> Vec<bool> {
    let speaks = |frame| ranges.iter().any(|range| range.contains(&frame));
    (0..FRAMES).map(speaks).collect()
}

/// A voice whose cosine with another one of these is that of the angles' difference.
fn voice(degrees: f32) -> Voice {
    let mut values = [0.0; DIMENSIONS];
    (values[0], values[1]) = (degrees.to_radians().cos(), degrees.to_radians().sin());
    unit(&values).unwrap()
}

/// Where the stretches of some speech begin and end.
fn found(ranges: &[Range<usize>]) -> Vec<(usize, usize)> {
    let stretches = stretches(&speech_in(ranges));
    stretches.iter().map(|one| (one.start, one.end)).collect()
}

#[test]
fn speech_is_divided_at_long_pauses_alone() {
    assert_eq!(found(&[]), []);
    assert_eq!(found(&[10..110, 140..240]), [(10, 240)]);
    let parts = [10..110, 160..260, 400..500];
    assert_eq!(found(&parts), [(10, 110), (160, 260), (400, 500)]);
}

#[test]
fn stretches_too_short_for_a_voice_belong_to_their_neighbours() {
    assert_eq!(found(&[10..110, 300..330]), [(10, 330)]);
    let short_first = [10..40, 200..300, 400..500];
    assert_eq!(found(&short_first), [(10, 300), (400, 500)]);
    assert_eq!(found(&[10..40, 200..230, 400..430]), [(10, 430)]);
}

#[test]
fn different_voices_are_different_people_and_like_ones_are_joined() {
    let speech = speech_in(&[0..100, 150..350, 400..500]);
    let voices = [
        (0..100, voice(0.0)),
        (150..350, voice(90.0)),
        (400..500, voice(20.0)),
    ];
    let people = by_person(&speech, voices.into());
    let stretches: Vec<_> = people
        .iter()
        .map(|person| (person.stretches.clone(), person.sample.frames))
        .collect();
    assert!(stretches.contains(&(vec![0..100, 400..500], 200)));
    let second = people.iter().find(|person| person.stretches.len() == 1);
    assert_eq!(second.unwrap().sample.frames, 200);
    let joined = people.iter().find(|person| person.stretches.len() == 2);
    let likeness = dot(&joined.unwrap().sample.voice, &voice(10.0));
    assert!(likeness > 0.999, "{likeness}");
}

#[test]
fn split_speech_has_a_number_of_its_own_while_one_is_free() {
    let sets = |count: usize, digit: &str| digit.repeat(count);
    let two = sets(200, "1") + &sets(100, "3") + &sets(FRAMES - 300, "1");
    let mut activity = Activity::try_from(two).unwrap();
    assert_eq!(activity.split(0, from_ref(&(250..350))), Some(3));
    // Character `:` is the set of the second and the fourth, `8` the fourth alone.
    let split = sets(200, "1") + &sets(50, "3") + &sets(50, ":") + &sets(50, "8");
    assert_eq!(
        String::from(activity.clone()),
        split + &sets(FRAMES - 350, "1")
    );
    let more = [0..10, 10..20, 20..30].map(|stretch| activity.split(0, &[stretch]));
    assert_eq!(more, [Some(4), Some(5), None]);
}
