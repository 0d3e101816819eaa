//! A draft turned into an analysis: every quote looked up, every rating earned.

use domain::{
    Private, Timestamp,
    analysis::{
        Analysis, Citation, Claim, DerivedFrom, Draft, DraftClaim, DraftQuestion, DraftTopic,
        Evidence, EvidenceStatus, Question, Topic, Usage, Warning,
    },
    interview::Kind,
    ports::AnalysisRequest,
    text,
    transcript::Transcript,
    usable::{self, Usable},
    versions::UnknownFields,
};
use evidence::EvidenceIndex;

use crate::{
    content::{breaks_content_rule, without_quotes},
    injection::{Order, orders},
    metrics,
};

/// Suspected orders that are shown one by one.
const MAX_INJECTIONS: usize = 10;

/// Context of the verification of a draft.
pub(crate) struct Verifier<'a> {
    pub(crate) transcript: &'a Transcript,
    pub(crate) kind: Kind,
    pub(crate) usable: Usable,
    index: EvidenceIndex<'a>,
    orders: Vec<Order>,
    warnings: Vec<Warning>,
    quotes: usize,
    found: usize,
}

/// Turns what `engine` drafted on request into what is stored.
pub fn verify(draft: Draft, engine: &str, request: &AnalysisRequest, now: Timestamp) -> Analysis {
    let AnalysisRequest {
        transcript, rubric, ..
    } = request;
    let mut verifier = Verifier::new(request, draft.warnings);
    verifier.warn_of_injections();
    if draft.usage != Usage::default() || !draft.competencies.is_empty() {
        verifier.warn_of_language();
    }
    let competencies = verifier.competencies(&draft.competencies, rubric);
    Analysis {
        derived_from: DerivedFrom {
            transcript_revision: transcript.head.revision,
            ..DerivedFrom::default()
        }
        .into(),
        engine: engine.to_owned(),
        model: draft.model,
        prompt_version: draft.prompt_version,
        usage: draft.usage.into(),
        cost_usd: draft.cost_usd,
        summary: draft.summary.and_then(|summary| verifier.summary(&summary)),
        key_points: verifier.claims(draft.key_points),
        topics: verifier.topics(&draft.topics),
        questions: verifier.questions(draft.questions),
        competencies,
        strengths: verifier.claims(draft.strengths),
        concerns: verifier.claims(draft.concerns),
        follow_ups: verifier.follow_ups(draft.follow_ups),
        metrics: metrics::measure(transcript),
        // The fields above count quotes and warn: these two come last.
        evidence_validity: verifier.validity(),
        warnings: verifier.warnings.into_iter().map(Into::into).collect(),
        created_at: now,
        unknown: UnknownFields::default(),
    }
}

impl<'a> Verifier<'a> {
    fn new(request: &'a AnalysisRequest, warnings: Vec<Warning>) -> Self {
        let transcript = &*request.transcript;
        Self {
            transcript,
            kind: request.kind,
            usable: transcript.usable(usable::least_speakers(request.kind, None)),
            index: EvidenceIndex::new(transcript),
            orders: orders(transcript),
            warnings,
            quotes: 0,
            found: 0,
        }
    }

    /// Warns the reader of the analysis, of each thing once. Nothing that was said in the
    /// recording belongs into a message.
    pub(crate) fn warn(&mut self, code: &str, message: impl Into<String>) {
        let warning = Warning {
            code: code.to_owned(),
            message: message.into(),
        };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The content rule knows English words: a model's in another language pass it by.
    fn warn_of_language(&mut self) {
        if !text::is_english(self.transcript.head.language.as_deref()) {
            self.warn(
                "content_rule_unchecked",
                "whether it speaks of feelings, looks or protected traits is checked in English only",
            );
        }
    }

    fn warn_of_injections(&mut self) {
        let mut suspected: Vec<u64> = self.orders.iter().map(|own| own.turn_start_ms).collect();
        suspected.dedup();
        for start_ms in suspected.iter().take(MAX_INJECTIONS) {
            let (minutes, seconds) = (start_ms / 60_000, start_ms / 1_000 % 60);
            self.warn(
                "injection_suspected",
                format!(
                    "at {minutes}:{seconds:02} a speaker addresses the analysis; this was ignored"
                ),
            );
        }
        if let Some(more @ 1..) = suspected.len().checked_sub(MAX_INJECTIONS) {
            self.warn(
                "injection_suspected",
                format!("a speaker addresses the analysis {more} more times; this was ignored"),
            );
        }
    }

    /// Whether an engine's own words may stand.
    pub(crate) fn permits(&mut self, text: &str) -> bool {
        let own = without_quotes(text, |quote| self.index.is_quoted(quote));
        self.allow(!breaks_content_rule(&own))
    }

    /// Whether words may stand that may be the speakers'.
    fn permits_spoken(&mut self, text: &str) -> bool {
        let allowed = !breaks_content_rule(text) || self.index.is_said(text);
        self.allow(allowed)
    }

    fn allow(&mut self, allowed: bool) -> bool {
        if !allowed {
            self.warn(
                "content_rule",
                "a statement about feelings, looks or protected traits was removed",
            );
        }
        allowed
    }

    /// Whether a rating may rest on it: it exists, and is not an instruction to rate.
    pub(crate) fn supports(&self, evidence: &Evidence) -> bool {
        let (Some(start_ms), Some(end_ms)) = (evidence.start_ms, evidence.end_ms) else {
            return false;
        };
        let is_order = |own: &Order| own.start_ms < end_ms && start_ms < own.end_ms;
        is_found(evidence) && !self.orders.iter().any(is_order)
    }

    /// Whether a rating may rest on any of these quotes, which do not count as shown.
    pub(crate) fn rests(&self, citations: &[Citation]) -> bool {
        let mut found = citations.iter().map(|own| self.index.look_up(own));
        found.any(|evidence| self.supports(&evidence))
    }

    /// The share of quotes that exist.
    #[expect(clippy::cast_precision_loss, reason = "a share of a few quotes")]
    fn validity(&self) -> Option<f64> {
        (self.quotes > 0).then(|| self.found as f64 / self.quotes as f64)
    }

    pub(crate) fn evidence(&mut self, citations: &[Citation]) -> Vec<Evidence> {
        let evidence: Vec<Evidence> = citations
            .iter()
            .map(|citation| self.index.look_up(citation))
            .collect();
        self.quotes += evidence.len();
        self.found += evidence
            .iter()
            .filter(|evidence| is_found(evidence))
            .count();
        evidence
    }

    /// The whole summary, or the sentences of it that may stand.
    fn summary(&mut self, summary: &Private) -> Option<Private> {
        if self.permits(summary.reveal()) {
            return Some(summary.clone());
        }
        let sentences = summary.reveal().split_inclusive(['.', '!', '?', '\n']);
        let kept: String = sentences
            .filter(|sentence| self.permits(sentence))
            .collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| kept.into())
    }

    fn claims(&mut self, mut drafts: Vec<DraftClaim>) -> Vec<Claim> {
        drafts.retain(|claim| {
            let text = claim.text.reveal();
            // What claims nothing but its quote is its speaker's, if it was said.
            let is_quote = claim.evidence.iter().any(|own| own.quote.reveal() == text);
            if is_quote {
                self.permits_spoken(text)
            } else {
                self.permits(text)
            }
        });
        drafts
            .into_iter()
            .map(|claim| Claim {
                evidence: self.evidence(&claim.evidence),
                text: claim.text,
                unknown: UnknownFields::default(),
            })
            .collect()
    }

    fn follow_ups(&mut self, mut drafts: Vec<Private>) -> Vec<Private> {
        drafts.retain(|text| self.permits_spoken(text.reveal()));
        drafts
    }

    fn questions(&mut self, mut drafts: Vec<DraftQuestion>) -> Vec<Question> {
        drafts.retain(|draft| self.permits_spoken(draft.question.reveal()));
        drafts
            .into_iter()
            .map(|draft| Question {
                evidence: self.evidence(&draft.evidence),
                question: draft.question,
                answer: draft
                    .answer
                    .filter(|answer| self.permits_spoken(answer.reveal())),
                unknown: UnknownFields::default(),
            })
            .collect()
    }

    fn topics(&mut self, drafts: &[DraftTopic]) -> Vec<Topic> {
        let topics = drafts.iter().filter_map(|draft| {
            // A conversation may be about what must not be judged.
            let spoken = self.index.knows(draft.title.reveal());
            let allowed = spoken || self.permits(draft.title.reveal());
            allowed.then(|| self.topic(draft))?
        });
        topics.collect()
    }

    /// A topic that runs on after the last turn ends there; one that begins there
    /// or ends before it begins is none.
    fn topic(&self, draft: &DraftTopic) -> Option<Topic> {
        let turns = &self.transcript.turns;
        let first = turns.get(draft.first_turn as usize)?;
        let last = turns.get(draft.last_turn as usize).or(turns.last())?;
        (draft.first_turn <= draft.last_turn).then(|| Topic {
            title: draft.title.clone(),
            start_ms: first.start_ms,
            end_ms: last.end_ms.max(first.end_ms),
            unknown: UnknownFields::default(),
        })
    }
}

/// Whether the words of the evidence exist.
fn is_found(evidence: &Evidence) -> bool {
    evidence.status.known() != EvidenceStatus::Unverified
}
