//! What the report of a collection says.

use domain::collection_report::{CollectionReport, Inclusion};
use roxmltree::Node;

use crate::support::{
    collection::collection,
    parts::{part, parts, text},
};

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

fn written(content: &CollectionReport) -> Vec<u8> {
    report::collection_report(content).expect("a document")
}

/// The tables of the body: their rows, each of texts.
fn tables(bytes: &[u8]) -> Vec<Vec<Vec<String>>> {
    let xml = part(bytes, "word/document.xml");
    let document = roxmltree::Document::parse(&xml).expect("well-formed XML");
    let below = |node: Node<'_, '_>, name: &'static str| {
        let found = node.children().filter(|own| own.has_tag_name((WORD, name)));
        found.map(|own| own.id()).collect::<Vec<_>>()
    };
    let text = |node: Node<'_, '_>| {
        let texts = node
            .descendants()
            .filter(|own| own.has_tag_name((WORD, "t")));
        texts.filter_map(|own| own.text()).collect::<String>()
    };
    let node = |id| document.get_node(id).expect("a node of this document");
    let tables = document
        .descendants()
        .filter(|own| own.has_tag_name((WORD, "tbl")));
    tables
        .map(|table| {
            let rows = below(table, "tr").into_iter().map(node);
            rows.map(|row| below(row, "tc").into_iter().map(node).map(text).collect())
                .collect()
        })
        .collect()
}

/// The widths of the pages, in the order of the sections.
fn page_widths(bytes: &[u8]) -> Vec<u32> {
    let xml = part(bytes, "word/document.xml");
    let document = roxmltree::Document::parse(&xml).expect("well-formed XML");
    let sizes = document
        .descendants()
        .filter(|own| own.has_tag_name((WORD, "pgSz")));
    let widths = sizes.filter_map(|own| own.attribute((WORD, "w")));
    widths.map(|own| own.parse().expect("a number")).collect()
}

#[test]
fn ratings_stand_beside_each_other_with_quotes_and_times() {
    let bytes = written(&collection(5, 2));
    let tables = tables(&bytes);
    let [others, comparison] = &tables[..] else {
        panic!("{tables:?}");
    };
    assert_eq!(
        others[1],
        [
            "Alan, first round",
            "2026-01-05",
            "Assessed by another rubric or version: ratings are not mixed."
        ]
    );
    assert_eq!(comparison[0], ["Interview", "Ownership", "Communication"]);
    assert_eq!(comparison.len(), 5, "four are compared: {comparison:?}");
    assert_eq!(
        comparison[1][0],
        "Ada, first round2026-01-01Decision: Advance to the second round"
    );
    assert_eq!(
        comparison[1][1],
        "Engine\u{a0}1   Person\u{a0}2Clear answers, with numbers.✓\u{a0}\u{201c}I wrote the migration plan \
         myself and ran it on a Sunday, with two colleagues on call, and afterwards we had no more \
         than four minutes of …\u{201d} Ada,\u{a0}1:05"
    );
    assert!(comparison[2][0].contains("⚠ Out of date"), "{comparison:?}");
    assert!(comparison[2][1].contains("Person\u{a0}–"), "{comparison:?}");
    let text = text(&bytes);
    assert!(
        text.contains("4 of 5 interviews are compared by the rubric \u{201c}Engineers\u{201d}")
    );
    assert!(text.contains("1 analysis is out of date"), "{text}");
    assert!(!text.contains("Alan\u{201d}"), "{text}");
}

#[test]
fn many_competencies_are_several_tables_on_pages_that_lie() {
    let (upright, wide) = (11_906, 16_838);
    let bytes = written(&collection(5, 3));
    assert_eq!(page_widths(&bytes), [upright]);
    let bytes = written(&collection(5, 7));
    assert_eq!(page_widths(&bytes), [upright, wide, upright]);
    let widths: Vec<usize> = tables(&bytes).iter().map(|own| own[0].len()).collect();
    assert_eq!(widths, [3, 5, 4], "seven are four and three");
    assert!(text(&bytes).contains("Competencies 5 to 7 of 7"));
    // Header and footer are on all pages, and the first page alone has none.
    let xml = part(&bytes, "word/document.xml");
    assert_eq!(xml.matches("<w:headerReference").count(), 6, "{xml}");
    assert_eq!(xml.matches("<w:titlePg").count(), 1);
    let first = xml.find("<w:titlePg").unwrap();
    assert!(first < xml.find("Competencies 1 to 4 of 7").unwrap());
}

#[test]
fn themes_say_who_contradicts_and_what_has_changed() {
    let text = text(&written(&collection(5, 2)));
    let of = |from: &str, to: &str| {
        let begin = text.find(from).unwrap_or_else(|| panic!("{from}: {text}"));
        let end = text[begin..]
            .find(to)
            .unwrap_or_else(|| panic!("{to}: {text}"));
        &text[begin..begin + end]
    };
    let theme = of("Measuring before deciding", "Support is told late");
    for expected in [
        "Supported by 2 interviews",
        "Ada, first round",
        "Contradicted by 1 interview",
        "Edsger, first round",
        "✓\u{a0}",
        "3:15",
    ] {
        assert!(theme.contains(expected), "{expected}: {theme}");
    }
    assert!(text.contains("⚠ Out of date. 1 interview was added since."));
    assert!(text.contains("Left out, without an analysis then: Katherine, first round."));
    assert!(text.contains("No interview was found that says the contrary."));
    assert!(text.contains("an interview that had a part in it was deleted"));
}

#[test]
fn highlights_stand_below_each_of_their_tags() {
    let text = text(&written(&collection(5, 2)));
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(place("Incident (2)") < place("Numbers (2)"));
    assert!(place("Numbers (2)") < place("Without a tag (1)"));
    assert!(text.contains("(no longer in the transcript)"));
    assert!(text.contains("2 further highlights left out"));
}

#[test]
fn interviews_have_summary_decision_and_warnings() {
    let text = text(&written(&collection(5, 2)));
    for expected in [
        "2026-01-01    Length 31:40",
        "They talked about the move of the shop",
        "Advance to the second round",
        " (by Margaret)",
        "⚠ The recording is very quiet.",
        "⚠ The transcript or the speakers have changed since the analysis.",
        "How quotes were checked",
        "Analysed by gemini (gemini-3.5-flash-lite). Themes by gemini",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("price"), "that is the operator's: {text}");
}

#[test]
fn same_content_gives_the_same_bytes_and_an_empty_collection_a_report() {
    let content = collection(5, 7);
    assert_eq!(written(&content), written(&content));
    let empty = CollectionReport {
        interviews: Vec::new(),
        rubric: None,
        themes: None,
        highlights: Vec::new(),
        more_highlights: 0,
        public_url: None,
        ..collection(0, 0)
    };
    let bytes = written(&empty);
    assert!(text(&bytes).contains("The collection has no interviews yet."));
    assert_eq!(page_widths(&bytes), [11_906]);
    assert!(!parts(&bytes).is_empty());
}

#[test]
fn texts_are_no_fields_or_markup() {
    let mut content = collection(5, 2);
    content.title = "<w:p> & \"x\" \u{0}".into();
    content.interviews[0].title = "HYPERLINK \"http://x\"".into();
    let bytes = written(&content);
    assert!(text(&bytes).contains("<w:p> & \"x\""));
    let xml = part(&bytes, "word/document.xml");
    let fields = xml.matches("<w:instrText>").count();
    assert_eq!(fields, xml.matches("app/interviews/").count(), "{xml}");
}

#[test]
fn tables_that_are_too_large_have_no_quotes() {
    let mut content = collection(500, 7);
    for interview in &mut content.interviews {
        interview.inclusion = Inclusion::Compared;
    }
    let bytes = written(&content);
    let comparison = tables(&bytes).swap_remove(0);
    assert!(comparison.iter().flatten().all(|cell| !cell.contains('✓')));
    assert!(text(&bytes).contains("The table is too large for quotes"));
}
