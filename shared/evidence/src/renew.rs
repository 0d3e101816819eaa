//! The quotes of an analysis, looked up again in a corrected transcript.

use domain::{
    analysis::{
        Analysis, Citation, Claim, Competency, CompetencyStatus, Evidence, EvidenceStatus, Warning,
    },
    interview::Kind,
    transcript::Transcript,
    usable::least_speakers,
};

use crate::EvidenceIndex;

/// The same analysis with every quote looked up in the transcript as it is now.
///
/// A quote is found where it was, with the words that stand there now, or it is not found any
/// more. A rating stays where a quote is still found on which it could rest, and people may be
/// rated by the transcript. Takes time in proportion to the length of the transcript.
#[must_use]
pub fn renewed(mut analysis: Analysis, transcript: &Transcript, kind: Kind) -> Analysis {
    let mut renewal = Renewal {
        transcript,
        index: EvidenceIndex::new(transcript),
        quotes: 0,
        found: 0,
        lost: 0,
    };
    renewal.claims(&mut analysis.key_points);
    for question in &mut analysis.questions {
        renewal.evidence(&mut question.evidence);
    }
    let usable = transcript.usable(least_speakers(kind, None));
    let permits_ratings = usable.permits_ratings(kind);
    for competency in &mut analysis.competencies {
        renewal.competency(competency, permits_ratings);
    }
    renewal.claims(&mut analysis.strengths);
    renewal.claims(&mut analysis.concerns);
    analysis.evidence_validity = renewal.validity();
    if renewal.lost > 0 {
        let warning = Warning {
            code: "quotes_lost".to_owned(),
            message: format!(
                "{} of the quotes are no longer in the transcript, which was corrected",
                renewal.lost
            ),
        };
        analysis.warnings.push(warning.into());
    }
    analysis
}

struct Renewal<'a> {
    transcript: &'a Transcript,
    index: EvidenceIndex<'a>,
    quotes: usize,
    found: usize,
    lost: usize,
}

impl Renewal<'_> {
    fn claims(&mut self, claims: &mut [Claim]) {
        for claim in claims {
            self.evidence(&mut claim.evidence);
        }
    }

    fn competency(&mut self, competency: &mut Competency, permits_ratings: bool) {
        let before: Vec<bool> = competency.evidence.iter().map(is_found).collect();
        self.evidence(&mut competency.evidence);
        if competency.status.known() != CompetencyStatus::Assessed {
            return;
        }
        // What was not found when it was rated supports no rating now either.
        let mut both = competency.evidence.iter().zip(before);
        let rests = both.any(|(evidence, before)| before && is_found(evidence));
        if !permits_ratings {
            competency.status = CompetencyStatus::NotAssessed;
            competency.rating = None;
        } else if !rests {
            competency.status = CompetencyStatus::InsufficientEvidence;
            competency.rating = None;
        }
    }

    fn evidence(&mut self, evidence: &mut [Evidence]) {
        for quote in evidence {
            let before = is_found(quote);
            *quote = self.look_up(quote);
            let after = is_found(quote);
            self.quotes += 1;
            self.found += usize::from(after);
            self.lost += usize::from(before && !after);
        }
    }

    fn look_up(&self, quote: &Evidence) -> Evidence {
        let citation = Citation {
            turn: self.turn_at(quote.start_ms),
            quote: quote.quote.clone(),
        };
        let mut found = self.index.look_up(&citation);
        let was_repaired = quote.status.known() == EvidenceStatus::Repaired;
        if was_repaired && found.status == EvidenceStatus::Verified {
            // These words are the transcript's; the engine's were others.
            found.status = EvidenceStatus::Repaired;
        }
        found.unknown = quote.unknown.clone();
        found
    }

    /// The turn in which something is said at that time; the first one without a time.
    fn turn_at(&self, at_ms: Option<u64>) -> u32 {
        let turns = &self.transcript.turns;
        let begun = turns.partition_point(|turn| Some(turn.start_ms) <= at_ms);
        let turn = turns.get(begun.saturating_sub(1));
        turn.map_or(0, |turn| turn.id)
    }

    /// The share of quotes that exist.
    #[expect(clippy::cast_precision_loss, reason = "a share of a few quotes")]
    fn validity(&self) -> Option<f64> {
        (self.quotes > 0).then(|| self.found as f64 / self.quotes as f64)
    }
}

fn is_found(evidence: &Evidence) -> bool {
    evidence.status.known() != EvidenceStatus::Unverified
}
