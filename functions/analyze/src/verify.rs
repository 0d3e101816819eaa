//! A draft turned into an analysis: every quote looked up, every rating earned.

use domain::{
    Private, Timestamp,
    analysis::{
        Analysis, Claim, Competency, CompetencyStatus, DerivedFrom, Draft, DraftClaim,
        DraftCompetency, DraftQuestion, DraftTopic, Evidence, EvidenceStatus, Question, Rubric,
        Topic, Warning,
    },
    transcript::Transcript,
};

use crate::{
    content::{breaks_content_rule, suspected_injections},
    evidence::EvidenceIndex,
    gate, metrics,
};

/// What ratings may be.
const RATINGS: std::ops::RangeInclusive<u8> = 1..=5;

struct Verifier<'a> {
    transcript: &'a Transcript,
    index: EvidenceIndex<'a>,
    warnings: Vec<Warning>,
    quotes: usize,
    found: usize,
}

/// Turns what `engine` drafted into what is stored.
pub fn verify(
    draft: Draft,
    engine: &str,
    transcript: &Transcript,
    rubric: &Rubric,
    now: Timestamp,
) -> Analysis {
    let mut verifier = Verifier {
        transcript,
        index: EvidenceIndex::new(transcript),
        warnings: draft.warnings,
        quotes: 0,
        found: 0,
    };
    verifier.warn_of_injections();
    let competencies = verifier.competencies(&draft.competencies, rubric);
    let key_points = verifier.claims(draft.key_points);
    let questions = verifier.questions(draft.questions);
    let strengths = verifier.claims(draft.strengths);
    let concerns = verifier.claims(draft.concerns);
    let topics = draft
        .topics
        .iter()
        .filter_map(|topic| verifier.topic(topic))
        .collect();
    let summary = draft
        .summary
        .filter(|summary| verifier.permits(summary.reveal()));
    let follow_ups: Vec<Private> = draft
        .follow_ups
        .into_iter()
        .filter(|text| verifier.permits(text.reveal()))
        .collect();
    Analysis {
        derived_from: DerivedFrom {
            transcript_revision: transcript.head.revision,
        },
        engine: engine.to_owned(),
        model: draft.model,
        prompt_version: draft.prompt_version,
        usage: draft.usage,
        cost_usd: draft.cost_usd,
        summary,
        key_points,
        topics,
        questions,
        competencies,
        strengths,
        concerns,
        follow_ups,
        metrics: metrics::measure(transcript),
        evidence_validity: verifier.validity(),
        warnings: verifier.warnings,
        created_at: now,
    }
}

impl Verifier<'_> {
    fn warn(&mut self, code: &str, message: impl Into<String>) {
        let warning = Warning {
            code: code.to_owned(),
            message: message.into(),
        };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn warn_of_injections(&mut self) {
        for start_ms in suspected_injections(&self.transcript.turns) {
            let (minutes, seconds) = (start_ms / 60_000, start_ms / 1_000 % 60);
            let message = format!(
                "at {minutes}:{seconds:02} somebody speaks to the analysis; it was not obeyed"
            );
            self.warn("injection_suspected", message);
        }
    }

    /// Whether an engine's own words may stand.
    fn permits(&mut self, text: &str) -> bool {
        let breaks = breaks_content_rule(text);
        if breaks {
            self.warn(
                "content_rule",
                "a statement about feelings, looks or protected traits was removed",
            );
        }
        !breaks
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of a few quotes")]
    fn validity(&self) -> Option<f64> {
        (self.quotes > 0).then(|| self.found as f64 / self.quotes as f64)
    }

    fn evidence(&mut self, citations: &[domain::analysis::Citation]) -> Vec<Evidence> {
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

    fn claims(&mut self, drafts: Vec<DraftClaim>) -> Vec<Claim> {
        let permitted: Vec<DraftClaim> = drafts
            .into_iter()
            .filter(|claim| self.permits(claim.text.reveal()))
            .collect();
        permitted
            .into_iter()
            .map(|claim| Claim {
                evidence: self.evidence(&claim.evidence),
                text: claim.text,
            })
            .collect()
    }

    fn questions(&mut self, drafts: Vec<DraftQuestion>) -> Vec<Question> {
        drafts
            .into_iter()
            .map(|question| Question {
                evidence: self.evidence(&question.evidence),
                question: question.question,
                answer: question.answer,
            })
            .collect()
    }

    fn topic(&self, draft: &DraftTopic) -> Option<Topic> {
        let turn = |id: u32| self.transcript.turns.get(id as usize);
        let (first, last) = (turn(draft.first_turn)?, turn(draft.last_turn)?);
        (draft.first_turn <= draft.last_turn).then(|| Topic {
            title: draft.title.clone(),
            start_ms: first.start_ms,
            end_ms: last.end_ms.max(first.end_ms),
        })
    }

    /// Each of the rubric's competencies exactly once.
    fn competencies(&mut self, drafts: &[DraftCompetency], rubric: &Rubric) -> Vec<Competency> {
        let objections = gate::objections(&self.transcript.head.quality);
        let passes = objections.is_empty();
        for objection in objections {
            self.warn(&objection.code, objection.message);
        }
        let known = |name: &str| {
            rubric
                .competencies
                .iter()
                .any(|criterion| criterion.name == name)
        };
        if drafts.iter().any(|draft| !known(&draft.name)) {
            self.warn(
                "unknown_competency",
                "an assessment outside the rubric was removed",
            );
        }
        let mut competencies = Vec::new();
        for criterion in &rubric.competencies {
            let draft = drafts.iter().find(|draft| draft.name == criterion.name);
            competencies.push(match draft {
                Some(draft) if passes => self.competency(draft),
                _ => not_assessed(&criterion.name, passes),
            });
        }
        competencies
    }

    fn competency(&mut self, draft: &DraftCompetency) -> Competency {
        if !self.permits(draft.rationale.reveal()) {
            return not_assessed(&draft.name, true);
        }
        let evidence = self.evidence(&draft.evidence);
        let rating = draft.rating.filter(|rating| RATINGS.contains(rating));
        if draft.rating.is_some() && rating.is_none() {
            self.warn("invalid_rating", "a rating outside 1 to 5 was removed");
        }
        let proven = evidence.iter().any(is_found);
        let (status, rating) = match (rating, proven) {
            (Some(rating), true) => (CompetencyStatus::Assessed, Some(rating)),
            (Some(_), false) => (CompetencyStatus::InsufficientEvidence, None),
            (None, _) => (CompetencyStatus::NotAssessed, None),
        };
        Competency {
            name: draft.name.clone(),
            status,
            rating,
            rationale: draft.rationale.clone(),
            evidence,
        }
    }
}

fn is_found(evidence: &Evidence) -> bool {
    evidence.status != EvidenceStatus::Unverified
}

fn not_assessed(name: &str, passes: bool) -> Competency {
    let why = if passes {
        "the engine gave no assessment"
    } else {
        "the transcript is not good enough to assess anybody by"
    };
    Competency {
        name: name.to_owned(),
        status: CompetencyStatus::NotAssessed,
        rating: None,
        rationale: why.into(),
        evidence: Vec::new(),
    }
}
