//! Proposed themes with their quotes looked up in the newest transcripts.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    InterviewKey, Timestamp,
    analysis::{Citation, Evidence, EvidenceStatus, Warning},
    interview_store::{self, TranscriptError},
    ports::{Records, RecordsError},
    themes::{
        DraftTheme, MAX_THEMES, StatementRef, Theme, ThemeSource, ThemeVoice, Themes, ThemesDraft,
    },
    versions::UnknownFields,
};
use evidence::EvidenceIndex;

use super::sources::{Source, Sources};
use crate::{
    content::{breaks_content_rule, without_quotes},
    injection::orders,
};

/// The most interviews whose quotes are shown for a theme, and against it.
const MAX_VOICES: usize = 30;

/// The most quotes of one interview for a theme.
const MAX_QUOTES: usize = 2;

/// The quotes that exist, by the statements that cite them.
type Quotes = BTreeMap<StatementRef, Evidence>;

/// Looks up the quotes of a draft. Quotes that are not found are dropped, and with them the
/// themes that are left with quotes of fewer than two interviews.
pub(super) async fn verify(
    records: &dyn Records,
    mut sources: Sources,
    draft: ThemesDraft,
    engine: &str,
    now: Timestamp,
) -> Result<Themes, RecordsError> {
    let cited = draft
        .themes
        .iter()
        .flat_map(|own| own.supports.iter().chain(&own.contradicts));
    let mut by_interview: BTreeMap<usize, BTreeSet<StatementRef>> = BTreeMap::new();
    for own in cited {
        by_interview.entry(own.interview).or_default().insert(*own);
    }
    let mut quotes = Quotes::new();
    for (place, cited) in by_interview {
        let key = InterviewKey {
            user_id: sources.key.user_id.clone(),
            interview_id: match sources.interviews.get(place) {
                Some(source) => source.interview.clone(),
                None => continue,
            },
        };
        let source = &mut sources.interviews[place];
        quotes.extend(found(records, &key, source, cited).await?);
    }
    let proposed = draft.themes.len();
    let mut dropped = Dropped::default();
    let themes = draft.themes.into_iter();
    let mut themes: Vec<Theme> = themes
        .filter_map(|own| theme(own, &quotes, &sources.interviews, &mut dropped))
        .collect();
    themes.sort_by_key(|own| std::cmp::Reverse(own.supports.len()));
    themes.truncate(MAX_THEMES);
    let mut warnings = draft.warnings;
    warnings.extend(dropped.warnings(proposed));
    let derived_from = sources.interviews.iter().map(|own| ThemeSource {
        interview: own.interview.clone(),
        transcript: own.transcript,
        revision: own.revision,
        analyzed_at: own.analyzed_at,
        unknown: UnknownFields::default(),
    });
    let derived_from: Vec<ThemeSource> = derived_from.collect();
    let interviews = derived_from.iter().map(|own| own.interview.clone());
    Ok(Themes {
        interviews: interviews.chain(sources.left_out.iter().cloned()).collect(),
        derived_from,
        left_out: sources.left_out,
        engine: engine.to_owned(),
        model: draft.model,
        prompt_version: draft.prompt_version,
        usage: draft.usage.into(),
        cost_usd: draft.cost_usd,
        themes,
        warnings: warnings.into_iter().map(Into::into).collect(),
        forgotten: 0,
        created_at: now,
        unknown: UnknownFields::default(),
    })
}

/// The quotes of one interview that are in its newest transcript, which `source` is noted to be
/// taken from. None where it is deleted or has no transcript any more.
async fn found(
    records: &dyn Records,
    key: &InterviewKey,
    source: &mut Source,
    cited: BTreeSet<StatementRef>,
) -> Result<Vec<(StatementRef, Evidence)>, RecordsError> {
    let Some(interview) = interview_store::interview(records, key).await? else {
        return Ok(Vec::new());
    };
    let corrected = match interview_store::corrected_transcript(records, &interview).await {
        Ok(corrected) => corrected,
        Err(TranscriptError::Records(error @ RecordsError::Unavailable(_))) => return Err(error),
        Err(_) => None,
    };
    let Some(corrected) = corrected else {
        return Ok(Vec::new());
    };
    source.transcript = corrected.transcript.head.revision;
    source.revision = corrected.revision;
    let citations: Vec<(StatementRef, Citation)> = cited
        .into_iter()
        .filter_map(|own| Some((own, source.citations.get(own.statement)?.clone())))
        .collect();
    // Beside the runtime: a long conversation is a second's work.
    let looking = tokio::task::spawn_blocking(move || {
        let transcript = &corrected.transcript;
        let (index, orders) = (EvidenceIndex::new(transcript), orders(transcript));
        let look = |(own, citation): (StatementRef, Citation)| {
            let found = index.look_up(&citation);
            let (start_ms, end_ms) = (found.start_ms?, found.end_ms?);
            let is_order = orders
                .iter()
                .any(|order| order.start_ms < end_ms && start_ms < order.end_ms);
            let exists = found.status.known() != EvidenceStatus::Unverified && !is_order;
            exists.then_some((own, found))
        };
        citations.into_iter().filter_map(look).collect()
    });
    Ok(looking.await.unwrap_or_default())
}

/// How many themes were dropped, and why.
#[derive(Default)]
struct Dropped {
    by_content: usize,
    without_quotes: usize,
}

impl Dropped {
    fn warnings(&self, proposed: usize) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |code: &str, message: String| {
            warnings.push(Warning {
                code: code.to_owned(),
                message,
            });
        };
        if self.by_content > 0 {
            let message = "a statement about feelings, looks or protected traits was removed";
            warn("content_rule", message.to_owned());
        }
        if self.without_quotes > 0 {
            let count = self.without_quotes;
            warn(
                "themes_without_quotes",
                format!(
                    "{count} of {proposed} proposed themes were left out: they do not rest on \
                     quotes of two interviews that are in the transcripts"
                ),
            );
        }
        warnings
    }
}

/// A theme with its quotes, unless nothing is left of it.
fn theme(
    draft: DraftTheme,
    quotes: &Quotes,
    sources: &[Source],
    dropped: &mut Dropped,
) -> Option<Theme> {
    let is_judgement = |text: &str| breaks_content_rule(&without_quotes(text, |_| false));
    if is_judgement(draft.title.reveal()) {
        dropped.by_content += 1;
        return None;
    }
    let is_allowed = !is_judgement(draft.summary.reveal());
    dropped.by_content += usize::from(!is_allowed);
    let cited = draft.supports.iter().chain(&draft.contradicts);
    let cited: BTreeSet<usize> = cited.map(|own| own.interview).collect();
    let cited = cited.into_iter().filter_map(|place| sources.get(place));
    let cited = cited.map(|source| source.interview.clone()).collect();
    let supports = voices(&draft.supports, quotes, sources);
    let supporting: BTreeSet<&str> = supports.iter().map(|own| own.interview.as_str()).collect();
    // An interview that says both does not contradict.
    let mut contradicts = voices(&draft.contradicts, quotes, sources);
    contradicts.retain(|own| !supporting.contains(own.interview.as_str()));
    let theme = Theme {
        title: draft.title,
        summary: Some(draft.summary).filter(|_| is_allowed),
        supports,
        contradicts,
        cited,
        unknown: UnknownFields::default(),
    };
    if theme.is_shared() {
        return Some(theme);
    }
    dropped.without_quotes += 1;
    None
}

/// The interviews that are cited, in the order in which they are, with their quotes.
fn voices(cited: &[StatementRef], quotes: &Quotes, sources: &[Source]) -> Vec<ThemeVoice> {
    let mut voices: Vec<ThemeVoice> = Vec::new();
    for own in cited {
        let (Some(quote), Some(source)) = (quotes.get(own), sources.get(own.interview)) else {
            continue;
        };
        let known = voices
            .iter()
            .position(|voice| voice.interview == source.interview);
        match known {
            Some(at) if voices[at].quotes.len() < MAX_QUOTES => {
                voices[at].quotes.push(quote.clone());
            }
            None if voices.len() < MAX_VOICES => voices.push(ThemeVoice {
                interview: source.interview.clone(),
                quotes: vec![quote.clone()],
                unknown: UnknownFields::default(),
            }),
            Some(_) | None => {}
        }
    }
    voices
}
