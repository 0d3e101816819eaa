//! Recordings, and speech as it comes.

use std::time::{Duration, Instant};

use domain::ports::{LiveOptions, LiveTranscriber, Transcriber};
use futures::{StreamExt, channel::mpsc, stream};

use crate::{
    model::{Say, Script},
    support::{Reported, bundled, engine, request, sound, texts, wav},
};

#[tokio::test]
async fn the_bundled_recording_gives_words_for_each_person_in_order() {
    let engine = engine(&Script::hello(false));
    let progress = Reported::default();
    let heard = engine
        .transcribe(&bundled(40), &progress)
        .await
        .expect("words");
    assert_eq!(heard.speakers.len(), 2);
    assert_eq!(
        (heard.language.as_deref(), heard.model.as_str()),
        (Some("de"), "tiny-told")
    );
    for speaker in [0, 1] {
        let words: Vec<_> = heard
            .words
            .iter()
            .filter(|word| word.speaker == speaker)
            .cloned()
            .collect();
        assert_eq!(texts(&words)[..2], ["hello", "world."]);
        for pair in words.windows(2) {
            assert!(pair[0].start_ms <= pair[0].end_ms && pair[0].end_ms <= pair[1].start_ms);
        }
        assert!(
            words
                .iter()
                .all(|word| word.end_ms <= heard.audio.duration_ms)
        );
        assert!(
            words
                .iter()
                .all(|word| word.confidence > 0.9 && word.confidence <= 1.0)
        );
    }
    let reported = progress.0.lock().expect("not poisoned");
    assert!(
        reported.is_sorted()
            && reported.len() >= 2
            && reported.iter().all(|percent| *percent <= 100),
        "{reported:?}"
    );
}

#[tokio::test]
async fn words_lie_within_the_speech() {
    let audio = wav(16_000, &[&sound(&[(0, 3_000), (3_000, 2_000), (0, 2_000)])]);
    let heard = engine(&Script::hello(false))
        .transcribe(&request(audio), &Reported::default())
        .await;
    let words = heard.expect("words").words;
    assert_eq!(texts(&words), ["hello", "world."]);
    // The scripted model pays the same attention to every moment: its words lie
    // somewhere in the window, which begins 500 ms before the speech.
    let (first, last) = (words[0].start_ms, words[1].end_ms);
    assert!(
        first >= 2_450 && first <= last && last <= 5_550,
        "{first} {last}"
    );
}

#[tokio::test]
async fn an_english_model_hears_english_and_no_other_language() {
    let engine = engine(&Script::hello(true));
    let mut request = bundled(8);
    request.key_terms = vec!["InterviewLens".to_owned()];
    request.language = Some("de".to_owned());
    let refused = engine
        .transcribe(&request, &Reported::default())
        .await
        .err();
    assert_eq!(refused.expect("refused").code, "language_not_supported");
    request.language = None;
    request.key_terms.clear();
    let heard = engine
        .transcribe(&request, &Reported::default())
        .await
        .expect("words");
    assert_eq!(heard.language.as_deref(), Some("en"));
    assert_eq!(texts(&heard.words)[..2], ["hello", "world."]);
}

#[tokio::test]
async fn key_terms_and_a_language_are_taken() {
    let mut request = bundled(8);
    request.language = Some("fr-CA".to_owned());
    request.key_terms = vec!["hello".to_owned(), "w77 w78".to_owned()];
    let heard = engine(&Script::hello(false))
        .transcribe(&request, &Reported::default())
        .await;
    assert_eq!(heard.expect("an answer").language.as_deref(), Some("fr"));
}

#[tokio::test]
async fn silence_is_given_no_words() {
    let audio = wav(16_000, &[&sound(&[(0, 20_000)])]);
    let heard = engine(&Script::hello(false))
        .transcribe(&request(audio), &Reported::default())
        .await;
    let heard = heard.expect("an answer");
    assert_eq!(
        (heard.words.len(), heard.speech_ms, heard.language),
        (0, Some(0), None)
    );
}

/// How many words a model that guesses hears. At the start it doubts that there is
/// speech, or does not.
async fn guesses(start: Say) -> usize {
    use Say::{End, Word};
    let words = [" hello", " you", " thank", " for", " watching"]
        .map(Word)
        .to_vec();
    let script = Script {
        english: true,
        start: vec![start],
        then: vec![vec![start], words.clone(), words, vec![End]],
    };
    let audio = wav(16_000, &[&sound(&[(0, 500), (3_000, 2_000), (0, 2_000)])]);
    let heard = engine(&script)
        .transcribe(&request(audio), &Reported::default())
        .await;
    heard.expect("an answer").words.len()
}

#[tokio::test]
async fn guesses_are_dropped_where_there_is_no_speech() {
    assert_eq!(guesses(Say::NoSpeech).await, 0);
    assert!(guesses(Say::Time(0)).await > 0);
}

#[tokio::test]
async fn a_model_in_a_loop_says_it_once() {
    let mut said = vec![Say::Time(0), Say::Word(" so")];
    said.extend([Say::Word(" thank"), Say::Word(" you")].repeat(8));
    said.extend([Say::Time(2_000), Say::End]);
    let audio = wav(16_000, &[&sound(&[(0, 500), (3_000, 2_000), (0, 2_000)])]);
    let heard = engine(&Script::new(false, &said))
        .transcribe(&request(audio), &Reported::default())
        .await;
    assert_eq!(texts(&heard.expect("words").words), ["so", "thank", "you"]);
}

/// One that talks for as long as it can, at every temperature.
fn endless() -> Script {
    let words = [" hello", " you", " thank", " for", " watching"]
        .map(Say::Word)
        .to_vec();
    Script {
        english: true,
        start: vec![],
        then: vec![words; 448],
    }
}

#[test]
fn a_cancelled_transcription_stops_early() {
    let engine = engine(&endless());
    let audio = wav(16_000, &[&sound(&[(0, 500), (3_000, 250_000), (0, 2_000)])]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let cancelled = runtime.block_on(async {
        let (request, progress) = (request(audio), Reported::default());
        let hearing = engine.transcribe(&request, &progress);
        tokio::time::timeout(Duration::from_secs(1), hearing)
            .await
            .is_err()
    });
    assert!(cancelled, "it takes longer");
    let begun = Instant::now();
    // Waits for the work at hand.
    drop(runtime);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn two_recordings_take_turns() {
    let engine = engine(&Script::hello(false));
    let (first, second, progress) = (bundled(8), bundled(8), Reported::default());
    let (first, second) = tokio::join!(
        engine.transcribe(&first, &progress),
        engine.transcribe(&second, &progress)
    );
    assert_eq!(first.expect("words").words, second.expect("words").words);
}

#[tokio::test]
async fn segments_come_before_the_recording_ends() {
    let engine = engine(&Script::hello(false));
    let (samples, coming) = mpsc::unbounded();
    let segments = engine.listen(coming.boxed(), LiveOptions::default()).await;
    let mut segments = segments.expect("it listens");
    let said = sound(&[(0, 1_000), (3_000, 1_500), (0, 2_000)]);
    for start in [800, 5_300] {
        samples
            .unbounded_send(Ok(said.clone()))
            .expect("the engine listens");
        let next = tokio::time::timeout(Duration::from_mins(1), segments.next()).await;
        let segment = next
            .expect("in time")
            .expect("a segment")
            .expect("no error");
        assert_eq!(
            (segment.text.reveal(), segment.is_final),
            ("hello world.", true)
        );
        assert!(
            segment.start_ms.abs_diff(start) < 700,
            "{}",
            segment.start_ms
        );
    }
    samples.close_channel();
    assert!(segments.next().await.is_none());
}

#[tokio::test]
async fn a_recording_that_breaks_off_ends_with_one_error() {
    let broken = Err(std::io::ErrorKind::ConnectionReset.into());
    let samples = stream::iter([
        Ok(sound(&[(3_000, 300)])),
        broken,
        Ok(sound(&[(3_000, 300)])),
    ]);
    let engine = engine(&Script::hello(false));
    let segments = engine.listen(samples.boxed(), LiveOptions::default()).await;
    let heard: Vec<_> = segments.expect("it listens").collect().await;
    let [Err(error)] = &heard[..] else {
        panic!("one error");
    };
    assert_eq!(error.code, "recording_interrupted");
}
