//! The report as a page: well-formed, self-contained, without anything that runs.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{interview::Kind, share::SharedContent};
use proptest::prelude::*;
use report::Rendered;
use sha2::{Digest as _, Sha256};

use crate::support::{
    HOSTILE, cases, empty_analysis,
    example::example,
    full_analysis, interview,
    parts::{page_text, parts, rendered, text, with_page},
    transcript,
};

fn page_of_example() -> Rendered {
    let (interview, transcript, analysis, _) = example();
    rendered(&interview, &transcript, &analysis)
}

/// All elements and attributes that a page may have.
fn assert_harmless(html: &str) {
    const ELEMENTS: [&str; 36] = [
        "a",
        "bdi",
        "blockquote",
        "body",
        "br",
        "col",
        "colgroup",
        "div",
        "figure",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "img",
        "li",
        "main",
        "meta",
        "p",
        "rect",
        "section",
        "span",
        "strong",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
        "figcaption",
        "q",
    ];
    const ATTRIBUTES: [&str; 18] = [
        "alt",
        "aria-hidden",
        "charset",
        "class",
        "content",
        "dir",
        "height",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "preserveAspectRatio",
        "scope",
        "src",
        "title",
        "viewBox",
        "width",
    ];
    with_page(html, |page| {
        for node in page.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            assert!(ELEMENTS.contains(&name), "<{name}>");
            for attribute in node.attributes() {
                let (own, value) = (attribute.name(), attribute.value());
                assert!(ATTRIBUTES.contains(&own), "{own}");
                let is_local = match own {
                    "href" => {
                        value.starts_with('#')
                            || value.starts_with("https://interviews.example/app/interviews/")
                    }
                    "src" => value.starts_with("data:image/png;base64,"),
                    _ => true,
                };
                assert!(is_local, "{own}={value}");
            }
        }
    });
}

#[test]
fn policy_lets_in_the_style_sheet_and_pictures_within_alone() {
    let page = page_of_example().page;
    with_page(&page.html, |document| {
        let style = document
            .descendants()
            .find(|node| node.has_tag_name("style"));
        let style = style.unwrap().text().unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"));
        let hash = STANDARD.encode(Sha256::digest(style));
        assert_eq!(hash, page.style_sha256);
        let mut metas = document
            .descendants()
            .filter(|node| node.has_tag_name("meta"));
        let policy = metas.find(|node| node.attribute("http-equiv").is_some());
        let policy = policy.unwrap().attribute("content").unwrap();
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
             form-action 'none'"
        );
        assert_eq!(policy, expected);
    });
}

#[test]
fn every_case_is_harmless_and_its_links_lead_somewhere() {
    for case in cases() {
        let html = case.render().page.html;
        assert_harmless(&html);
        with_page(&html, |page| {
            let ids = page.descendants().filter_map(|node| node.attribute("id"));
            let ids: Vec<&str> = ids.collect();
            let all: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(all.len(), ids.len(), "{}: ids once each", case.name);
            let links = page.descendants().filter_map(|node| node.attribute("href"));
            for anchor in links.filter_map(|link| link.strip_prefix('#')) {
                assert!(all.contains(anchor), "{}: {anchor}", case.name);
            }
        });
    }
}

#[test]
fn title_author_and_language_are_set() {
    let (mut interview, mut transcript, analysis, _) = example();
    interview.title = "R&D <lead>".into();
    transcript.head.language = Some("en-GB".into());
    let html = rendered(&interview, &transcript, &analysis).page.html;
    assert!(html.contains("<title>R&amp;D &lt;lead&gt;</title>"));
    assert!(html.contains("<meta name=\"author\" content=\"InterviewLens\" />"));
    assert!(html.contains("<html lang=\"en\">"));
    assert!(html.contains("class=\"turn\" id=\"turn_0\" lang=\"en-GB\">"));
    transcript.head.language = Some("\"><script>".into());
    let html = rendered(&interview, &transcript, &analysis).page.html;
    assert!(!html.contains("<script"), "no language tag");
}

#[test]
fn hostile_text_is_text() {
    let mut analysis = full_analysis();
    let script = "</title></style><script>alert(1)</script><img src=x onerror=y>";
    analysis.summary = Some(script.into());
    let html = rendered(
        &interview(script),
        &transcript(&[HOSTILE, script]),
        &analysis,
    )
    .page
    .html;
    assert_harmless(&html);
    let text = page_text(&html);
    assert!(text.contains(script) && text.contains("</w:t><b>&amp;]]>"));
}

#[test]
fn text_from_right_to_left_has_its_direction() {
    let lines = ["مرحبا بكم", "hello"];
    let mut analysis = empty_analysis();
    analysis.summary = Some("تحدثت المرشحة عن عملها السابق.".into());
    let html = rendered(&interview("مقابلة"), &transcript(&lines), &analysis)
        .page
        .html;
    for expected in [
        "<h1 dir=\"rtl\">",
        "<p dir=\"rtl\">تحدثت",
        "id=\"turn_0\" dir=\"rtl\"",
        "id=\"turn_1\" lang",
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
}

#[test]
fn the_same_content_gives_the_same_page() {
    assert_eq!(page_of_example().page.html, page_of_example().page.html);
}

#[test]
fn page_without_an_address_has_no_links_to_elsewhere() {
    let (interview, transcript, analysis, _) = example();
    let content = report::ReportContent {
        interview: &interview,
        transcript: &transcript,
        analysis: &analysis,
        waveform: None,
        notes: &[],
        assessment: None,
        public_url: None,
    };
    let rendered = report::render(&content).unwrap();
    assert!(!rendered.page.html.contains("href=\"http"));
    let xml = crate::support::parts::part(&rendered.docx, "word/document.xml");
    assert!(!xml.contains("HYPERLINK"));
}

#[test]
fn shared_page_leaves_out_what_is_the_owners_alone() {
    let (interview, transcript, mut analysis, _) = example();
    analysis.cost_usd = Some(1.25);
    let content = SharedContent {
        interview: &interview,
        transcript: &transcript,
        analysis: Some(&analysis),
        waveform: None,
    };
    let page = report::shared_page(&content).unwrap();
    assert_harmless(&page.html);
    let own = rendered(&interview, &transcript, &analysis).page.html;
    for (mark, is_shared) in [
        ("id=\"transcript\"", true),
        ("id=\"scorecard\"", true),
        ("id=\"statistics\"", true),
        ("id=\"notes\"", false),
        ("Cost of the analysis", false),
        ("https://interviews.example/app/interviews/", false),
        ("Reasons", false),
    ] {
        assert!(own.contains(mark), "{mark} is in the report");
        assert_eq!(page.html.contains(mark), is_shared, "{mark}");
    }
    let alone = SharedContent {
        analysis: None,
        ..content
    };
    let page = report::shared_page(&alone).unwrap();
    assert_harmless(&page.html);
    assert!(page.html.contains("id=\"transcript\"") && !page.html.contains("id=\"statistics\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever people say and engines write, both formats are well-formed and hold it.
    #[test]
    fn any_text_gives_well_formed_formats(
        title in ".{0,40}",
        words in ".{0,60}",
        language in ".{0,8}",
        job in any::<bool>(),
    ) {
        let mut interview = interview(&title);
        interview.kind = if job { Kind::JobInterview } else { Kind::UserResearch };
        interview.language = Some(language);
        let mut analysis = full_analysis();
        analysis.summary = Some(words.as_str().into());
        analysis.engine.clone_from(&words);
        for own in &mut analysis.competencies {
            own.name.clone_from(&words);
            own.evidence[0].quote = words.as_str().into();
        }
        analysis.key_points[0].text = words.as_str().into();
        let mut transcript = transcript(&["one", &words]);
        transcript.head.speakers[0].name = title.as_str().into();
        let rendered = rendered(&interview, &transcript, &analysis);
        parts(&rendered.docx);
        assert_harmless(&rendered.page.html);
        let letters = |text: &str| -> String {
            text.chars().filter(char::is_ascii_alphanumeric).collect()
        };
        for text in [text(&rendered.docx), page_text(&rendered.page.html)] {
            let text = letters(&text);
            prop_assert!(text.contains(&letters(&words)));
            prop_assert!(text.contains(&letters(&title)));
        }
    }
}
