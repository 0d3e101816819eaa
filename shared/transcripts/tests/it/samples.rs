//! Real-shaped files of every format, and what is read of them.

#![allow(clippy::print_stdout, reason = "a table to be read")]

use std::fmt::Write as _;

use transcripts::{Timed, TranscriptFileError, read, read_text};

fn timed(text: &str) -> (String, Timed) {
    let file = read_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let language = file.language.as_deref().unwrap_or("-");
    let facts = format!("{} {language}", file.format);
    (facts, file.into_timed().expect("times"))
}

/// The turns, one to a line: when, who, what.
fn shown(text: &str) -> String {
    let (facts, timed) = timed(text);
    timed.turns.iter().fold(facts, |mut shown, turn| {
        let name = timed.speakers[turn.speaker as usize].name.reveal();
        let (start, end) = (turn.start_ms, turn.end_ms);
        let _ = write!(shown, "\n{start}-{end} {name}: {}", turn.text.reveal());
        shown
    })
}

/// Name, file, what is read of it.
const SAMPLES: [(&str, &str, &str); 27] = [
    (
        "the service's text",
        "[0:00:00] Speaker 1: What did you build?\n[0:00:04] Speaker 2: I built a boat.\n",
        "timed_text -\n0-1600 Speaker 1: What did you build?\n4000-5600 Speaker 2: I built a boat.",
    ),
    (
        "the service's text, with any name and two turns in a second",
        "[0:00:00] the one who asks: Why: that?\n[0:00:00] x: Because.\n",
        "timed_text -\n0-500 the one who asks: Why: that?\n500-900 x: Because.",
    ),
    (
        "the service's Markdown",
        "# Ada\\_Bob\n\n**Ada** (0:00:00)\n\nWhat did you \\[really\\] build?\n\n**Bob** (0:00:04)\n\nI built a boat.\n",
        "markdown -\n0-2000 Ada: What did you [really] build?\n4000-5600 Bob: I built a boat.",
    ),
    (
        "the service's SubRip",
        "1\n00:00:00,000 --> 00:00:02,000\n[Ada]\nWhat did you build?\n\n2\n00:00:02,000 --> 00:00:03,000\nTell me.\n\n3\n00:00:04,000 --> 00:00:06,000\n[Bob]\nI built a boat.\n\n",
        "subrip -\n0-3000 Ada: What did you build? Tell me.\n4000-6000 Bob: I built a boat.",
    ),
    (
        "the service's WebVTT",
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Ada>What did you\nbuild &amp; why?\n\n00:00:04.000 --> 00:00:06.000\n<v Bob>I built a boat.\n",
        "webvtt -\n0-2000 Ada: What did you build & why?\n4000-6000 Bob: I built a boat.",
    ),
    (
        "Zoom",
        "WEBVTT\r\n\r\n1\r\n00:00:03.090 --> 00:00:05.310\r\nAda Lovelace: So, what did you build?\r\n\r\n2\r\n00:00:05.500 --> 00:00:06.000\r\nLast summer.\r\n\r\n3\r\n00:00:06.100 --> 00:00:08.000\r\nBob: It was 10:30 when I began.\r\n",
        "webvtt -\n3090-6000 Ada Lovelace: So, what did you build? Last summer.\n6100-8000 Bob: It was 10:30 when I began.",
    ),
    (
        "Teams",
        "WEBVTT\n\n1e2ccd6c-6ae1-4cf0-8d3b-1b1b2b3c4d5e/11-0\n00:00:03.526 --> 00:00:05.676\n<v Lovelace, Ada>What did\nyou build?</v>\n\n1e2ccd6c-6ae1-4cf0-8d3b-1b1b2b3c4d5e/14-0\n00:00:06.000 --> 00:00:08.000\n<v Bob>A boat.</v>\n",
        "webvtt -\n3526-5676 Lovelace, Ada: What did you build?\n6000-8000 Bob: A boat.",
    ),
    (
        "Teams, older, with notes and a language",
        "WEBVTT\n\nNOTE duration:\"00:00:08.000\"\n\nNOTE language:en-us\n\nNOTE Confidence: 0.89\n\n5b2f9a51-9f0b-4b44-8f67-3a3a3a3a3a3a\n00:00:00.000 --> 00:00:02.000\n<v Ada>What?</v>\n\nNOTE Confidence: 0.7\n\n6b2f9a51-9f0b-4b44-8f67-3a3a3a3a3a3a\n00:00:02.500 --> 00:00:03.000\n<v Bob>A boat.</v>\n",
        "webvtt en-us\n0-2000 Ada: What?\n2500-3000 Bob: A boat.",
    ),
    (
        "Google Meet's captions",
        "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:01.000 --> 00:00:03.000\n(Ada Lovelace)\nWhat did you build?\n\n00:00:03.500 --> 00:00:05.000\n(Bob)\nA boat. (Laughs)\n",
        "webvtt en\n1000-3000 Ada Lovelace: What did you build?\n3500-5000 Bob: A boat. (Laughs)",
    ),
    (
        "Google Meet's document",
        "Interview (2026-01-05 10:00 GMT) - Transcript\nAttendees\nAda Lovelace, Bob\nTranscript\n00:00:00\n\nAda Lovelace: What did you build?\nBob: A boat.\nAda Lovelace: At 10:30?\n00:05:00\n\nBob: Yes.\nTranscription ended after 00:06:00\n",
        "google_meet -\n0-1600 Ada Lovelace: What did you build?\n1600-2400 Bob: A boat.\n2400-3200 Ada Lovelace: At 10:30?\n300000-300400 Bob: Yes.",
    ),
    (
        "two voices in a cue, out of order",
        "WEBVTT\n\n00:10.000 --> 00:12.000\n<v Ada>Yes</v>\n<v Bob>No no no</v>\n\n00:01.000 --> 00:02.000 align:start position:0%\n<v.loud Bob><i>First</i></v>\n",
        "webvtt -\n1000-2000 Bob: First\n10000-10500 Ada: Yes\n10500-12000 Bob: No no no",
    ),
    (
        "SubRip without names, with styles and a blank line in a cue",
        "1\n00:00:01,000 --> 00:00:02,500\n<i>We built</i> {a} boat.\n\nIt floats.\n\n2\n00:00:05,000 --> 00:00:06,000\nAT&T\n",
        "subrip -\n1000-2500 Speaker 1: We built {a} boat. It floats.\n5000-6000 Speaker 1: AT&T",
    ),
    (
        "Otter",
        "Summer interview\n\nAda Lovelace  0:00  \nWhat did you build? It was 10:30.\n\nUnknown Speaker  1:04:05  \nI built a boat.\nNote: it floats.\n\nTranscribed by https://otter.ai\n",
        "otter -\n0-2800 Ada Lovelace: What did you build? It was 10:30.\n3845000-3847800 Unknown Speaker: I built a boat. Note: it floats.",
    ),
    (
        "Rev",
        "Ada (00:00):\nWhat did you build?\n\nSpeaker 2 (00:04):\nI built a boat.\n\nAda (01:00:04):\nGood.\n",
        "rev -\n0-1600 Ada: What did you build?\n4000-5600 Speaker 2: I built a boat.\n3604000-3604400 Ada: Good.",
    ),
    (
        "Rev, older",
        "Ada: [00:00:00] What did you build?\nBob: [00:00:04] A boat.\n",
        "rev -\n0-1600 Ada: What did you build?\n4000-4800 Bob: A boat.",
    ),
    (
        "whisper's lines",
        "[00:00:00.000 --> 00:00:02.500]   And so we built a boat.\n[00:00:02.500 --> 00:00:04.000]   It floats.\n",
        "timed_text -\n0-2500 Speaker 1: And so we built a boat.\n2500-4000 Speaker 1: It floats.",
    ),
    (
        "a time before the name",
        "00:00:00 Ada: What did you build?\n00:00:04 Bob: I built a boat.",
        "timed_text -\n0-1600 Ada: What did you build?\n4000-5600 Bob: I built a boat.",
    ),
    (
        "a name and a time above",
        "Ada  0:00\nWhat did you build?\n\nBob  0:04\nI built a boat.",
        "otter -\n0-1600 Ada: What did you build?\n4000-5600 Bob: I built a boat.",
    ),
    (
        "the colon of Chinese and Japanese",
        "甲：What did you build?\n乙：I built a boat.",
        "named_lines -\n0-1600 甲: What did you build?\n1600-3200 乙: I built a boat.",
    ),
    (
        "a colon in a sentence",
        "Ada: What did you build?\nBob: I built a boat.\nAs I said before: it floats.\nIt was 10:30 when we met.",
        "named_lines -\n0-1600 Ada: What did you build?\n1600-3200 Bob: I built a boat.\n3200-5600 Bob: As I said before: it floats.\n5600-8000 Bob: It was 10:30 when we met.",
    ),
    (
        "names in bold, in lower case, and a heading",
        "An interview\n\n**interviewer:** What?\n\n**Bob**: A boat.\n\n**interviewer:** Good.",
        "named_lines -\n0-400 interviewer: What?\n400-1200 Bob: A boat.\n1200-1600 interviewer: Good.",
    ),
    (
        "the service's JSON",
        r#"{"revision": 3, "engine": "whisper", "language": "en", "duration_ms": 9000, "speakers": [{"id": 4, "name": "Ada", "role": null}, {"id": 7, "name": "Bob"}], "quality": {}, "turns": [], "words": [{"text": "Why?", "start_ms": 0, "end_ms": 300, "speaker": 4, "confidence": 0.9}, {"text": "A", "start_ms": 500, "end_ms": 600, "speaker": 7, "confidence": 1.0}, {"text": "boat.", "start_ms": 600, "end_ms": 900, "speaker": 7, "confidence": 1.0, "overlap": true}]}"#,
        "json en\n0-300 Ada: Why?\n500-900 Bob: A boat.",
    ),
    (
        "Deepgram",
        r#"{"metadata": {"request_id": "r", "duration": 12.5, "channels": 1}, "results": {"channels": [{"alternatives": [{"transcript": "why a boat", "confidence": 0.98, "words": [{"word": "why", "start": 0.08, "end": 0.3, "confidence": 0.9, "punctuated_word": "Why?", "speaker": 0, "speaker_confidence": 0.7}, {"word": "a", "start": 0.5, "end": 0.6, "confidence": 0.99, "punctuated_word": "A", "speaker": 1}, {"word": "boat", "start": 0.6, "end": 0.9, "confidence": 0.97, "punctuated_word": "boat.", "speaker": 1}]}], "detected_language": "en"}]}}"#,
        "deepgram en\n80-300 Speaker 1: Why?\n500-900 Speaker 2: A boat.",
    ),
    (
        "OpenAI's verbose_json",
        r#"{"task": "transcribe", "language": "english", "duration": "4.5", "text": "Why? A boat.", "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Why?", "tokens": [1], "temperature": 0.0, "avg_logprob": -0.2}, {"id": 1, "start": 4.0, "end": 4.5, "text": " A boat."}]}"#,
        "whisper -\n0-1500 Speaker 1: Why?\n4000-4500 Speaker 1: A boat.",
    ),
    (
        "whisper.cpp -oj",
        r#"{"systeminfo": "AVX = 1", "model": {"type": "base"}, "params": {"language": "en"}, "result": {"language": "en"}, "transcription": [{"timestamps": {"from": "00:00:00,000", "to": "00:00:01,500"}, "offsets": {"from": 0, "to": 1500}, "text": " Why?"}, {"timestamps": {"from": "00:00:04,000", "to": "00:00:04,500"}, "offsets": {"from": 4000, "to": 4500}, "text": " [BLANK_AUDIO]"}, {"offsets": {"from": 5000, "to": 5500}, "text": " A boat."}]}"#,
        "whisper en\n0-1500 Speaker 1: Why?\n5000-5500 Speaker 1: A boat.",
    ),
    (
        "faster-whisper's segments",
        r#"[{"id": 1, "seek": 0, "start": 0.0, "end": 1.5, "text": " Why not?", "words": [{"start": 0.0, "end": 0.4, "word": " Why", "probability": 0.9}, {"start": 0.4, "end": 0.9, "word": " not?", "probability": 0.8}]}, {"id": 2, "start": 4.0, "end": 4.5, "text": " A boat.", "words": null}]"#,
        "whisper -\n0-900 Speaker 1: Why not?\n4000-4500 Speaker 1: A boat.",
    ),
    (
        "WhisperX with speakers, and a word without a time",
        r#"{"segments": [{"start": 0.0, "end": 1.5, "text": "Why 7?", "words": [{"word": "Why", "start": 0.0, "end": 0.4, "score": 0.2, "speaker": "SPEAKER_01"}, {"word": "7?"}], "speaker": "SPEAKER_01"}, {"start": 4.0, "end": 4.5, "text": "A boat.", "speaker": "SPEAKER_00"}], "language": "en"}"#,
        "whisper en\n0-400 Speaker 2: Why 7?\n4000-4500 Speaker 1: A boat.",
    ),
];

#[test]
fn samples_are_read_as_people_read_them() {
    for (name, text, expected) in SAMPLES {
        println!("## {name}\n{}\n", shown(text));
        assert_eq!(shown(text), expected, "{name}");
        let marked = format!("\u{feff}{text}");
        assert_eq!(shown(&marked), expected, "{name}, with a byte order mark");
    }
}

#[test]
fn channels_of_deepgram_have_speakers_of_their_own() {
    let words = |text: &str, start: f64| {
        format!(
            r#"{{"alternatives": [{{"words": [{{"word": "{text}", "start": {start}, "end": {start}}}]}}]}}"#
        )
    };
    let (first, second) = (words("later", 2.0), words("sooner", 1.0));
    let json = format!(r#"{{"results": {{"channels": [{first}, {second}]}}}}"#);
    assert_eq!(
        shown(&json),
        "deepgram -\n1000-1000 Channel 2: sooner\n2000-2000 Channel 1: later"
    );
}

#[test]
fn language_of_several_is_the_one_that_is_spoken_most() {
    let json = |language: &str| {
        format!(
            r#"{{"results": {{"channels": [{{"alternatives": [{{"languages": ["{language}", "en"],
            "words": [{{"word": "hola", "start": 0, "end": 1}}]}}]}}]}}}}"#
        )
    };
    for (language, read) in [("es", "deepgram es"), ("multi", "deepgram -")] {
        assert_eq!(timed(&json(language)).0, read);
    }
}

#[test]
fn confidences_and_roles_are_kept() {
    let (_, own) = timed(SAMPLES[21].1);
    assert!(own.words[2].overlap && (own.words[0].confidence - 0.9).abs() < 1e-6);
    assert_eq!((own.duration_ms, own.words[0].speaker), (9_000, 0));
    let (_, deepgram) = timed(SAMPLES[22].1);
    assert!((deepgram.words[2].confidence - 0.97).abs() < 1e-6);
    assert_eq!(deepgram.duration_ms, 12_500);
}

#[test]
fn text_in_utf_16_is_read() {
    let text = SAMPLES[12].1;
    let little: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let big: Vec<u8> = [0xfe, 0xff]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    for bytes in [little, big] {
        assert_eq!(read(&bytes), read_text(text));
    }
}

#[test]
fn other_files_are_refused_by_their_kind() {
    let csv = "start,end,speaker,text\n0,1,Ada,What?\n1,2,Bob,A boat.\n";
    let headers = "Host: a\nAccept: b\nCookie: c\nUser-Agent: d\n";
    for (bytes, found) in [
        (&b""[..], "an empty file"),
        (b" \n\t", "an empty file"),
        (b"PK\x03\x04word", "a Word document"),
        (b"%PDF-1.7", "a PDF document"),
        (b"{\\rtf1\\ansi Ada: What?}", "a Rich Text document"),
        (b"RIFF\x24\x00\x00\x00WAVE", "a recording (WAV)"),
        (b"\x00\x00\x00\x20ftypM4A ", "a recording (MP4)"),
        (b"caf\xe9: What?", "not text in UTF-8"),
        (b"<!DOCTYPE html><p>Ada: What?", "an HTML page"),
        (b"<?xml version=\"1.0\"?><tt/>", "an XML document"),
        (b"WEBVTT\n\nno cue", "WebVTT without cues"),
        (
            b"We built a boat. It was 10:30 when we met.",
            "text without speakers or times",
        ),
        (csv.as_bytes(), "text without speakers or times"),
        (headers.as_bytes(), "text without speakers or times"),
        (b"{}", "an empty JSON object"),
        (
            b"{\"foo\": 1, \"bar\": [2]}",
            "JSON with the fields `bar`, `foo`",
        ),
        (
            b"{\"results\": [{\"alternatives\": []}]}",
            "JSON with the fields `results`",
        ),
        (
            b"{\"segments\": [{\"a\": 1}]}",
            "JSON whose segments have no text",
        ),
        (b"{\"words\": [", "JSON that is damaged or cut off"),
        (
            b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nAda: What?\r\n",
            "a form",
        ),
    ] {
        let error = read(bytes).expect_err(found).to_string();
        println!("{error}");
        assert!(
            error.starts_with(&format!("found {found}")) || error.contains(found),
            "{error}"
        );
        assert!(
            error.contains("WebVTT of Zoom, Teams and Google Meet"),
            "{error}"
        );
    }
    for (text, expected) in [
        (
            r#"{"segments": 7}"#,
            "found whisper with an error in it: `segments`: ",
        ),
        (
            r#"{"speakers": [], "words": [{"text": "a", "start_ms": 0, "end_ms": 1, "speaker": 3, "confidence": 1}]}"#,
            "the speaker 3, who is not in `speakers`",
        ),
    ] {
        let error = read_text(text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn limits_are_named_with_the_value() {
    let many = |count: usize, line: &str| line.repeat(count);
    let own = |ms: u64| {
        let speaker = r#"{"id": 0, "name": "Ada"}"#;
        format!(
            r#"{{"speakers": [{speaker}], "words": [{{"text": "a", "start_ms": {ms}, "end_ms": {ms},
            "speaker": 0, "confidence": 1}}]}}"#
        )
    };
    for (text, expected) in [
        (format!("Ada: {}", many(300_001, "a ")), "has 300001 words"),
        (many(600_001, ".\n"), "has 600001 lines"),
        (many(300_001, "<v A>a"), "has 300001 words"),
        (
            format!("Ada: {}", many(1_001, "a")),
            "word 0 has 1001 characters",
        ),
        (
            own(8_640_000_001),
            "segment 0 is from 8640000001 to 8640000001 ms",
        ),
        (
            own(4_294_967_296),
            "lasts 4294967296 ms: at most 4294967295",
        ),
        (
            (0..=100).fold(String::new(), |text, one| {
                format!("{text}[0:00:{:02}] Speaker {one}: me\n", one % 60)
            }),
            "has 101 speakers",
        ),
        ("Ada:\nBob:\nAda:".to_owned(), "has no words"),
    ] {
        let read = read_text(&text).and_then(transcripts::TranscriptFile::into_recognition);
        let error: TranscriptFileError = read.expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}
