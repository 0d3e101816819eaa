use super::*;

#[test]
fn repetition_compresses_and_speech_does_not() {
    let loops = "thank you for watching ".repeat(10);
    assert!(compression_ratio(loops.as_bytes()) > MAX_COMPRESSION_RATIO);
    let speech = "We began with the interviews, and then the prototypes came.";
    assert!(compression_ratio(speech.as_bytes()) < 1.5);
}

#[test]
fn greedy_choice_is_the_likeliest_with_its_log_probability() {
    let logits = [0.0, 2.0, f32::NEG_INFINITY];
    let (token, log_probability) = choose(&logits, 0.0, &mut Random(1));
    assert_eq!(token, 1);
    assert!((log_probability.exp() - 0.880_797).abs() < 1e-5);
}

#[test]
fn random_choice_never_takes_a_forbidden_token() {
    let mut logits = [1.0; 10];
    forbid(&mut logits, 0..5);
    let mut random = Random(7);
    let mut seen = [false; 10];
    for _ in 0..200 {
        seen[choose(&logits, 1.0, &mut random).0 as usize] = true;
    }
    assert_eq!(
        seen,
        [
            false, false, false, false, false, true, true, true, true, true
        ]
    );
}
