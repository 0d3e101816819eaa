use std::io::Cursor;

use super::*;

fn utterance(start_ms: u64, length_ms: u64) -> speech::SpeechSegment {
    speech::SpeechSegment {
        start: start_ms * PER_MS,
        samples: vec![7; usize::try_from(length_ms * PER_MS).unwrap()],
    }
}

fn pieces(utterances: &[speech::SpeechSegment]) -> Vec<Piece> {
    let mut joiner = PieceJoiner::new(0);
    let full = utterances.iter().cloned();
    let full = full.filter_map(|utterance| joiner.push(utterance));
    let mut found: Vec<Piece> = full.collect();
    found.extend(joiner.finish());
    found
}

#[test]
fn joins_utterances_up_to_five_minutes_with_short_pauses() {
    let utterances: Vec<_> = (0..12).map(|n| utterance(n * 60_000, 29_000)).collect();
    let found = pieces(&utterances);
    let lengths: Vec<u64> = found.iter().map(Piece::length_ms).collect();
    assert_eq!(lengths, [299_000, 59_000]);
    assert_eq!(found[0].end_ms(), 9 * 60_000 + 29_000);
}

#[test]
fn maps_times_to_the_recording_and_out_of_pauses() {
    // Speech from 1 to 3 s and from 60 to 62 s lies at 0 and at 3 s of the piece.
    let found = pieces(&[utterance(1_000, 2_000), utterance(60_000, 2_000)]);
    for (span, expected) in [
        ((0, 500), (1_000, 1_500)),
        ((1_500, 2_700), (2_500, 3_000)),
        ((2_200, 3_200), (60_000, 60_200)),
        ((3_000, 5_000), (60_000, 62_000)),
        ((5_000, 9_000), (62_000, 62_000)),
        ((2_100, 2_400), (60_000, 60_000)),
        ((0, 0), (1_000, 1_000)),
    ] {
        assert_eq!(found[0].in_recording(span.0, span.1), expected, "{span:?}");
    }
    assert_eq!(
        found[0].speech_between(1_500, 4_000),
        [(1_500, 2_000), (3_000, 4_000)]
    );
}

#[test]
fn halves_are_cut_between_utterances_and_keep_their_times() {
    let found = pieces(&[
        utterance(0, 1_000),
        utterance(1_500, 2_000),
        utterance(9_000, 3_000),
    ]);
    let (first, second) = found[0].halves().unwrap();
    assert_eq!((first.length_ms(), first.end_ms()), (3_500, 3_500));
    assert_eq!((second.length_ms(), second.end_ms()), (3_000, 12_000));
    assert_eq!(second.in_recording(0, 500), (9_000, 9_500));
    assert_eq!(second.halves(), None);
    let (first, second) = first.halves().unwrap();
    assert_eq!((first.length_ms(), second.length_ms()), (1_000, 2_000));
    assert_eq!(second.in_recording(0, 2_000), (1_500, 3_500));
}

#[test]
fn is_a_wav_file_of_16_khz() {
    let piece = Piece::from_utterance(0, &utterance(0, 1_000));
    let file = piece.wav().concat();
    let reader = hound::WavReader::new(Cursor::new(file)).unwrap();
    let spec = reader.spec();
    assert_eq!(
        (spec.channels, spec.sample_rate, spec.bits_per_sample),
        (1, 16_000, 16)
    );
    let samples: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
    assert_eq!(samples, vec![7; 16_000]);
}
