//! What stands where in a report, in both formats.

use domain::{
    analysis::{EvidenceStatus, Warning},
    interview::Kind,
};
use report::Rendered;

use crate::support::{
    empty_analysis, evidence,
    example::example,
    full_analysis, interview,
    kinds::{story, user_study},
    parts::{page_text, rendered, text},
    transcript, unrated_analysis, unreliable,
};

/// The texts of both formats, by their names.
fn texts(rendered: &Rendered) -> [(&'static str, String); 2] {
    [
        ("docx", text(&rendered.docx)),
        ("html", page_text(&rendered.page.html)),
    ]
}

/// The example of the repository.
fn job_interview() -> Rendered {
    let (interview, transcript, analysis, _) = example();
    rendered(&interview, &transcript, &analysis)
}

/// Checks that lines come in this order in both formats.
fn assert_order(rendered: &Rendered, lines: &[&str]) {
    for (format, text) in texts(rendered) {
        let mut rest = text.as_str();
        for line in lines {
            let found = rest.find(&format!("\n{line}\n"));
            let at = found.unwrap_or_else(|| panic!("{format}: `{line}` in\n{rest}"));
            rest = &rest[at + 1 + line.len()..];
        }
    }
}

#[test]
fn job_interview_begins_with_decision_and_scorecard() {
    assert_order(
        &job_interview(),
        &[
            "Decision",
            "☐ Advance      ☐ Hold      ☐ Decline",
            "Scorecard",
            "Your rating",
            "What limits this assessment",
            "In this report: ",
            "Summary",
            "Evidence",
            "Questions and answers",
            "Topics",
            "Suggested follow-up questions",
            "Notes and bookmarks",
            "Transcript",
            "Conversation statistics",
            "About this report",
        ],
    );
}

#[test]
fn scorecard_has_rating_anchor_and_best_quote() {
    assert_order(
        &job_interview(),
        &[
            "Candidate: ",
            "Robin Hale",
            "    Interviewer: ",
            "Sam Reyes",
            "Date: ",
            "2026-03-02, 10:00 UTC+01:00",
            "Problem solving",
            "4 of 5",
            "between 3 (names a problem and the steps taken, but not why these or what came of \
             them) and 5 (names the problem, the alternatives weighed, the steps taken and a \
             result that was checked)",
            "\u{201c}After that I contacted every person on the telephone and asked what they \
             were waiting for.\u{201d}",
            "Communication",
            "insufficient evidence",
            "1 of 5 competencies is not rated.",
        ],
    );
}

#[test]
fn job_interview_says_nothing_about_how_the_candidate_speaks() {
    let figures = [
        "Words per minute",
        "Pace",
        "Response delay",
        "Fillers",
        "silence",
    ];
    for (format, text) in texts(&job_interview()) {
        for manner in figures.into_iter().chain(["Interruptions"]) {
            assert!(!text.contains(manner), "{format}: {manner}");
        }
        assert!(text.contains("Longest monologue"), "{format}");
    }
    let other = rendered(&interview("t"), &transcript(&["one"]), &full_analysis());
    for (format, text) in texts(&other) {
        for manner in figures {
            assert!(text.contains(manner), "{format}: {manner}");
        }
    }
}

#[test]
fn quotes_that_were_not_found_are_left_out() {
    let (interview, transcript, mut analysis, _) = example();
    let invented = evidence("an invented quote", EvidenceStatus::Unverified);
    analysis.key_points[0].evidence.push(invented.clone());
    analysis.questions[0].evidence = vec![invented.clone()];
    analysis.competencies[0].evidence.insert(0, invented);
    for (format, text) in texts(&rendered(&interview, &transcript, &analysis)) {
        assert!(!text.contains("invented"), "{format}: {text}");
        assert!(text.contains("the others are left out"), "{format}");
        let unproven = text.matches("No quote from the transcript supports this.");
        assert_eq!(unproven.count(), 1, "{format}: of the question");
    }
}

#[test]
fn user_study_begins_with_findings_and_rates_no_person() {
    let study = user_study();
    assert_order(
        &study.render(),
        &[
            "Participant: ",
            "Findings",
            "Your note",
            "Finding an old amount takes too long.",
            "What limits this report",
            "Summary",
            "Evidence",
            "The figures say how well the conversation supports a finding on a scale from 1 to \
             5. They rate no person.",
            "Pain points: 5 of 5",
        ],
    );
    for (format, text) in texts(&study.render()) {
        assert!(!text.contains("☐ Advance"), "{format}");
    }
}

#[test]
fn story_begins_with_quotes_to_check() {
    assert_order(
        &story().render(),
        &[
            "Source: ",
            "Quotes",
            "Checked",
            "\u{201c}On the third of May, on my own screen.\u{201d}",
            "☐",
            "What limits this report",
            "Summary",
        ],
    );
}

#[test]
fn unreliable_transcript_is_announced_above_the_title_in_both_formats() {
    let mut interview = interview("the-title");
    interview.kind = Kind::JobInterview;
    let transcript = unreliable(&["one", "two"]);
    let rendered = rendered(&interview, &transcript, &unrated_analysis());
    for (format, text) in texts(&rendered) {
        let warning = text.find("⚠ This transcript is unreliable").unwrap();
        assert!(warning < text.find("the-title").unwrap(), "{format}");
        assert!(!text.contains("of 5\n"), "{format}: nothing is rated");
        let ratings = text.matches("not rated").count();
        assert_eq!(ratings, 6, "{format}: in the scorecard and in the evidence");
    }
}

#[test]
fn prices_and_engines_stand_at_the_end_alone() {
    let mut analysis = full_analysis();
    let warning = |code: &str, message: &str| Warning {
        code: code.into(),
        message: message.into(),
    };
    let unknown = "cost unknown: no price is stored for this model";
    analysis.warnings = vec![warning("price_unknown", unknown).into()];
    analysis.usage.known.input_tokens = 1_200;
    let transcript = transcript(&["one"]);
    let free = rendered(&interview("t"), &transcript, &analysis);
    analysis.cost_usd = Some(0.0123);
    let priced = rendered(&interview("t"), &transcript, &analysis);
    for (rendered, price) in [
        (free, "Cost unknown: no price is stored for this model."),
        (priced, "Cost of the analysis: $0.0123."),
    ] {
        for (format, text) in texts(&rendered) {
            let (before, colophon) = text.split_once("\nAbout this report\n").unwrap();
            assert!(colophon.contains(price), "{format}: {colophon}");
            assert!(
                colophon.contains("1200 tokens read"),
                "{format}: {colophon}"
            );
            assert!(colophon.contains("analyst-name"), "{format}: {colophon}");
            for operators in ["Cost", "cost", "engine-name", "analyst-name"] {
                assert!(!before.contains(operators), "{format}: {operators}");
            }
        }
    }
}

#[test]
fn an_empty_interview_gives_a_first_page_all_the_same() {
    for kind in [
        Kind::JobInterview,
        Kind::UserResearch,
        Kind::Journalism,
        Kind::Other,
    ] {
        let mut interview = interview("t");
        interview.kind = kind;
        let rendered = rendered(&interview, &transcript(&[]), &empty_analysis());
        for (format, text) in texts(&rendered) {
            assert!(text.contains("Nothing is quoted."), "{format}: {kind:?}");
            assert!(text.contains("too little"), "{format}: {kind:?}");
        }
    }
}
