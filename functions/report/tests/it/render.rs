//! Reports of ordinary, empty, long, foreign and hostile interviews.

use std::io::{Cursor, Read};

use domain::{
    Interview, RecordedAt,
    analysis::{NO_LANGUAGE_MODEL, Warning},
    interview::Kind,
    transcript::IMPORT_ENGINE,
    usable::{UnusableReason, Usable},
};
use report::ReportContent;
use zip::ZipArchive;

use crate::support::{
    HOSTILE, chatter, empty_analysis, full_analysis, interview,
    parts::{document, is_picture, part, parts, text},
    transcript, unrated_analysis, unreliable,
};

#[test]
fn date_is_of_the_recording_and_names_its_zone() {
    let of = |recorded_at: Option<&str>| {
        let mut interview = interview("t");
        interview.recorded_at = recorded_at.map(|text| RecordedAt::parse(text).unwrap());
        text(&document(
            &interview,
            &transcript(&["a b"]),
            &full_analysis(),
        ))
    };
    for (recorded_at, wanted) in [
        (
            Some("2026-05-04T09:30:00Z"),
            "Date: \n2026-05-04, 09:30 UTC\n",
        ),
        (
            Some("2026-05-04T11:30:00+02:00"),
            "Date: \n2026-05-04, 11:30 UTC+02:00\n",
        ),
        (
            Some("2026-05-04"),
            "Date: \n2026-05-04 (time zone not given)\n",
        ),
        (None, "Uploaded: \n2026-01-01, 00:00 UTC\n"),
    ] {
        let text = of(recorded_at);
        assert!(text.contains(wanted), "{wanted}: {text}");
        assert_ne!(text.contains("Date: "), text.contains("Uploaded: "));
    }
}

#[test]
fn everything_that_the_analysis_and_the_transcript_hold_is_in_it() {
    let bytes = document(
        &interview("the-title"),
        &transcript(&["first turn", "second turn"]),
        &full_analysis(),
    );
    let text = text(&bytes);
    for expected in [
        "the-title",
        "engine-name",
        "analyst-name",
        "summary-text",
        "Warning-text",
        "key-point-text",
        "key-quote",
        "topic-title",
        "0:00\n – 1:02:03",
        "question-text",
        "answer-text",
        "First-competency: 4 of 5",
        "Second-competency: insufficient evidence",
        "Third-competency: not rated",
        "Rationale-text",
        "competency-quote",
        "strength-text",
        "strength-quote",
        "concern-text",
        "No quote from the transcript supports this.",
        "follow-up-text",
        "first turn",
        "second turn",
        "note-text",
        "⚑ \n1:01",
        "bookmark-text",
        "Share of the talking",
        "Words per minute",
        "■ ",
        "4321",
        "25\u{a0}%",
        "17",
        " Speaker 2,\u{a0}\n1:23",
        "6 of 7 quotes match the transcript; the other is left out.",
        "✓\u{a0}",
        "≈\u{a0}",
        "✓ word for word in the transcript.",
    ] {
        assert!(
            text.contains(expected),
            "`{expected}` is missing in\n{text}"
        );
    }
    for left_out in ["concern-quote", "✗"] {
        assert!(!text.contains(left_out), "{left_out}");
    }
}

#[test]
fn unreliable_transcript_is_announced_in_red_above_everything_else() {
    let mut interview = interview("the-title");
    interview.kind = Kind::JobInterview;
    let transcript = unreliable(&["one", "two"]);
    let bytes = document(&interview, &transcript, &unrated_analysis());
    let text = text(&bytes);
    let warning = text.find("This transcript is unreliable").unwrap();
    let reason = text.find("Most words are guesses").unwrap();
    let language = text.find("do not look like the language").unwrap();
    let title = text.find("the-title").unwrap();
    assert!(warning < reason && reason < language && language < title);
    let xml = part(&bytes, "word/document.xml");
    assert!(xml[..xml.find("the-title").unwrap()].contains(r#"<w:color w:val="B91C1C" />"#));
    assert!(!text.contains("Confidence-text"), "said twice");
    assert!(text.contains("Nothing is rated: the transcript is too unreliable to rate anyone."));
    assert!(!text.contains("in the recording"), "{text}");
}

#[test]
fn job_interview_with_one_speaker_says_how_to_set_the_speakers() {
    let mut interview = interview("the-title");
    let mut alone = transcript(&["one", "two"]);
    alone.head.usable = Some(Usable::from_reasons([UnusableReason::OneSpeaker]));
    let front = |interview: &Interview| {
        let text = text(&document(interview, &alone, &empty_analysis()));
        text[..text.find("the-title").unwrap()].to_owned()
    };
    assert!(!front(&interview).contains("no speaker is rated"));
    interview.kind = Kind::JobInterview;
    let front = front(&interview);
    for expected in [
        "no speaker is rated",
        "speakers_expected",
        "--speakers 2",
        "PATCH",
    ] {
        assert!(front.contains(expected), "{front}");
    }
}

#[test]
fn without_a_language_model_the_settings_stand_in_the_place_of_the_ratings() {
    let mut analysis = full_analysis();
    analysis.warnings = vec![
        Warning {
            code: NO_LANGUAGE_MODEL.into(),
            message: "set ANALYZER".into(),
        }
        .into(),
    ];
    let mut interview = interview("t");
    interview.kind = Kind::JobInterview;
    let text = text(&document(&interview, &transcript(&["one"]), &analysis));
    assert!(text.contains("Scorecard\nSet ANALYZER.\n"), "{text}");
    assert_eq!(text.matches("Set ANALYZER.").count(), 1, "{text}");
}

#[test]
fn links_lead_to_places_that_are_there() {
    let bytes = document(
        &interview("t"),
        &transcript(&["one", "two"]),
        &full_analysis(),
    );
    let xml = part(&bytes, "word/document.xml");
    let anchors = xml.split("w:anchor=\"").skip(1);
    let anchors: Vec<&str> = anchors.filter_map(|rest| rest.split('"').next()).collect();
    for anchor in &anchors {
        assert!(xml.contains(&format!("w:name=\"{anchor}\"")), "{anchor}");
    }
    let to_turns = anchors.iter().filter(|own| own.starts_with("turn_"));
    assert_eq!(
        to_turns.count(),
        8,
        "six quotes, a topic and a note: {anchors:?}"
    );
    for at_ms in [0, 300] {
        let moment = format!("https://interviews.example/app/interviews/i?t={at_ms}");
        assert!(xml.contains(&moment), "{moment}");
    }
}

#[test]
fn heads_of_tables_are_repeated_on_each_page() {
    let mut interview = interview("t");
    interview.kind = Kind::JobInterview;
    let transcript = transcript(&["one", "two"]);
    let bytes = document(&interview, &transcript, &full_analysis());
    let xml = part(&bytes, "word/document.xml");
    let heads = xml.matches("<w:tblHeader />").count();
    assert_eq!(heads, 2, "of the scorecard and the statistics");
    assert!(!xml.contains(r#"w:hRule="auto""#), "what stands for a head");
}

#[test]
fn title_and_author_are_properties_of_the_document() {
    let transcript = transcript(&["one"]);
    let bytes = document(&interview("R&D <lead>"), &transcript, &empty_analysis());
    let properties = part(&bytes, "docProps/core.xml");
    for expected in [
        "<dc:title>R&amp;D &lt;lead&gt;</dc:title>",
        "<dc:creator>InterviewLens</dc:creator>",
        "<cp:lastModifiedBy>InterviewLens</cp:lastModifiedBy>",
    ] {
        assert!(properties.contains(expected), "{properties}");
    }
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let make = || {
        document(
            &interview("t"),
            &transcript(&["one", "two"]),
            &full_analysis(),
        )
    };
    assert!(make() == make());
}

#[test]
fn an_empty_interview_gives_a_document_all_the_same() {
    let text = text(&document(
        &interview("t"),
        &transcript(&[]),
        &empty_analysis(),
    ));
    assert!(text.contains("too little") && text.contains("No questions were recognised."));
}

#[test]
fn hostile_text_is_text() {
    let hostile = HOSTILE;
    let long = "a".repeat(10_000);
    let mut analysis = full_analysis();
    analysis.summary = Some(hostile.into());
    let text = text(&document(
        &interview(hostile),
        &transcript(&[hostile, &long]),
        &analysis,
    ));
    assert!(text.contains("</w:t><b>&amp;]]>") && text.contains(&long));
}

#[test]
fn arabic_runs_right_to_left_and_japanese_does_not() {
    let xml = |line: &str| {
        let bytes = document(&interview("t"), &transcript(&[line]), &empty_analysis());
        parts(&bytes)
            .into_iter()
            .find(|(name, _)| name == "word/document.xml")
            .unwrap()
            .1
    };
    let arabic = xml("مرحبا بكم");
    assert!(arabic.contains("w:bidi") && arabic.contains(r#"<w:rStyle w:val="RightToLeft" />"#));
    let japanese = xml("日本語の会話");
    assert!(!japanese.contains("w:bidi") && !japanese.contains("RightToLeft"));
}

#[test]
fn a_long_interview_stays_small() {
    let lines = chatter(2_000, 9);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let bytes = document(&interview("t"), &transcript(&lines), &full_analysis());
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
}

#[test]
fn the_recording_is_drawn_and_described() {
    let lines = transcript(&["one two three", "four"]);
    let bytes = document(&interview("t"), &lines, &empty_analysis());
    let xml = part(&bytes, "word/document.xml");
    assert_eq!(xml.matches("<wp:docPr").count(), 1);
    assert!(xml.contains("descr=\"Waveform of 0:01 with the turns of 2 speakers below it\""));
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let picture = archive.file_names().find(|name| is_picture(name));
    let picture = picture.map(str::to_owned).unwrap();
    let mut png = Vec::new();
    archive
        .by_name(&picture)
        .unwrap()
        .read_to_end(&mut png)
        .unwrap();
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    // The lanes of both speakers, which speak one after the other: colours 3 and 4.
    let row = |row: usize| &pixels[row * 600..][..600];
    assert_eq!((row(170)[10], row(186)[500]), (0x33, 0x44));
    assert_eq!((row(170)[500], row(186)[10]), (0x11, 0x11));
}

#[test]
fn an_imported_transcript_is_drawn_without_a_waveform() {
    let mut lines = transcript(&["one two three", "four"]);
    lines.head.engine = IMPORT_ENGINE.into();
    lines.head.model = "webvtt".into();
    let rendered = report::render(&ReportContent {
        interview: &interview("t"),
        transcript: &lines,
        analysis: &empty_analysis(),
        waveform: None,
        notes: &[],
        assessment: None,
        public_url: None,
    });
    let bytes = rendered.unwrap().docx;
    let text = text(&bytes);
    assert!(text.contains("Imported transcript (webvtt)."), "{text}");
    assert!(!text.contains("Transcribed by"), "{text}");
    let xml = part(&bytes, "word/document.xml");
    assert!(xml.contains("descr=\"The turns of 2 speakers over 0:01\""));
    let (mut archive, mut png) = (ZipArchive::new(Cursor::new(&bytes)).unwrap(), Vec::new());
    let picture = archive.file_names().find(|name| is_picture(name));
    let picture = picture.map(str::to_owned).unwrap();
    let mut file = archive.by_name(&picture).unwrap();
    file.read_to_end(&mut png).unwrap();
    let reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    assert_eq!(
        reader.info().height,
        32,
        "two lanes, and nothing above them"
    );
}

#[test]
fn the_language_is_set_for_the_script_it_is_written_in() {
    let styles = |language: &str| {
        let mut interview = interview("t");
        interview.language = Some(language.into());
        let bytes = document(&interview, &transcript(&["one"]), &empty_analysis());
        part(&bytes, "word/styles.xml")
    };
    assert!(styles("de-CH").contains(r#"<w:lang w:val="de-CH" />"#));
    assert!(styles("ar").contains(r#"<w:lang w:val="en-US" w:bidi="ar" />"#));
    assert!(styles("zh-TW").contains(r#"<w:lang w:val="en-US" w:eastAsia="zh-TW" />"#));
    assert!(styles("\"/><x").contains("&quot;/&gt;&lt;x"));
}
