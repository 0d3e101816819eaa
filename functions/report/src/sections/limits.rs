//! What the reader should know before believing any of it.

use domain::{
    analysis::{CompetencyStatus, NO_LANGUAGE_MODEL},
    interview::Kind,
};

use super::{colophon, quotes, scorecard};
use crate::{
    content::ReportContent,
    document::{Block, Paragraph, Section, Style},
    text::{counted, sentence},
};

/// A bullet for each limit.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let title = match content.interview.kind {
        Kind::JobInterview => "What limits this assessment",
        _ => "What limits this report",
    };
    let limits = [engine(content), ratings(content)];
    let limits = limits.into_iter().flatten();
    let limits = limits.chain([proof(content), recognition(content)]);
    let bullets = limits
        .chain(warnings(content))
        .map(|text| Block::from(Paragraph::of(Style::Bullet, text)));
    Section::new("limits", title, bullets)
}

/// That a language model wrote it.
fn engine(content: &ReportContent<'_>) -> Option<String> {
    let mut warnings = content.analysis.warnings.iter();
    let without_model = warnings.any(|warning| warning.code == NO_LANGUAGE_MODEL);
    (!without_model).then(|| {
        "A language model wrote the summary, answers and ratings, which can be wrong. Code \
         looked up the quotes in the transcript."
            .to_owned()
    })
}

/// How many competencies are not rated, where that is not said in the place of the ratings.
fn ratings(content: &ReportContent<'_>) -> Option<String> {
    let all = &content.analysis.competencies;
    let is_rated = |status| status == CompetencyStatus::Assessed;
    let unrated = all.iter().filter(|own| !is_rated(own.status)).count();
    let is_said = unrated == 0 || scorecard::unrated(content).is_some();
    let verb = if unrated == 1 { "is" } else { "are" };
    let all = all.len();
    (!is_said).then(|| format!("{unrated} of {all} competencies {verb} not rated."))
}

/// How many quotes were found.
fn proof(content: &ReportContent<'_>) -> String {
    let all = quotes::all(content.analysis).count();
    let found = quotes::all(content.analysis).filter(|own| quotes::is_found(own));
    let found = found.count();
    match all - found {
        _ if all == 0 => "Nothing is quoted.".to_owned(),
        0 => format!("{found} of {all} quotes match the transcript."),
        1 => format!("{found} of {all} quotes match the transcript; the other is left out."),
        _ => format!("{found} of {all} quotes match the transcript; the others are left out."),
    }
}

fn recognition(content: &ReportContent<'_>) -> String {
    let quality = &content.transcript.head.quality;
    let verb = if quality.words == 1 { "was" } else { "were" };
    let uncertain = format!("{:.0}", quality.low_confidence_share * 100.0);
    let uncertain = (uncertain != "0").then(|| format!("; {uncertain}\u{a0}% are uncertain"));
    format!(
        "{} {verb} recognised with a mean confidence of {:.0}\u{a0}%{}.",
        counted(quality.words, "word"),
        quality.mean_confidence * 100.0,
        uncertain.unwrap_or_default()
    )
}

/// The warnings that are said nowhere else: not above the title, not in the place of the
/// ratings, and not to the operator at the end.
fn warnings(content: &ReportContent<'_>) -> impl Iterator<Item = String> {
    let usable = content
        .transcript
        .usable(content.interview.least_speakers());
    let has_scorecard = content.interview.kind.known() == Kind::JobInterview;
    let is_said = move |code: &String| {
        let in_scorecard = has_scorecard && code == NO_LANGUAGE_MODEL;
        in_scorecard || usable.reasons.contains(code) || colophon::is_for_operators(code)
    };
    let warnings = content.analysis.warnings.iter();
    let others = warnings.filter(move |warning| !is_said(&warning.code));
    others.map(|warning| sentence(&warning.message))
}
