//! Beam search: several texts are followed at once, and the likeliest is kept.
//!
//! `BeamSearchDecoder` of
//! <https://github.com/openai/whisper/blob/main/whisper/decoding.py> with a patience of 1.
//! The texts share one cache: each token names those that come before it, so that no keys
//! and values are copied when a text is continued in two ways.

use super::{Choice, Decoding, Start, WindowDecoder, count_with_end, log_sum_exp, most_tokens};
use crate::RecognitionError;

/// Texts that are followed at once.
const WIDTH: usize = 5;

/// A text under way.
#[derive(Debug, Clone, Default)]
struct Beam {
    choices: Vec<Choice>,
    /// The sum of the log probabilities of its tokens.
    sum: f32,
    /// The places of its tokens in the cache, the prompt's included; all but the newest.
    places: Vec<usize>,
}

/// A way to continue a text.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    /// Which of the beams it continues.
    beam: usize,
    token: u32,
    log_probability: f32,
    /// The sum of the text's log probabilities with it.
    sum: f32,
}

impl Beam {
    fn with(&self, candidate: Candidate) -> Self {
        let mut next = self.clone();
        next.choices.push(Choice {
            token: candidate.token,
            probability: candidate.log_probability.exp(),
        });
        next.sum = candidate.sum;
        next
    }

    /// Mean log probability of a finished text's tokens.
    fn mean(&self) -> f32 {
        self.sum / count_with_end(self.choices.len())
    }
}

impl WindowDecoder<'_> {
    /// The likeliest text of several that are followed at once.
    pub(super) fn beam_search(
        &self,
        instructions: &[u32],
        context: &[u32],
    ) -> Result<Decoding, RecognitionError> {
        let Start {
            mut cache,
            no_speech,
            logits,
        } = self.start(instructions, context)?;
        let mut beams = vec![Beam {
            places: (0..cache.length()).collect(),
            ..Beam::default()
        }];
        let mut all_logits = vec![logits];
        let mut finished: Vec<Beam> = Vec::new();
        for _ in 0..most_tokens(&cache) {
            if (self.is_cancelled)() {
                return Err(RecognitionError::Cancelled);
            }
            for (logits, beam) in all_logits.iter_mut().zip(&beams) {
                self.apply_rules(logits, &beam.choices);
            }
            let candidates = candidates(&all_logits, &beams);
            beams = self.continued(&beams, &candidates, &mut finished);
            if finished.len() >= WIDTH || beams.is_empty() {
                break;
            }
            let newest = beams.iter().filter_map(|beam| beam.choices.last());
            let before = beams.iter().map(|beam| &beam.places[..]);
            let tokens: Vec<(u32, &[usize])> =
                newest.map(|choice| choice.token).zip(before).collect();
            let first = cache.length();
            all_logits =
                self.network
                    .decode_branches(&tokens, self.encoded, &mut cache, self.pool)?;
            for (index, beam) in beams.iter_mut().enumerate() {
                beam.places.push(first + index);
            }
        }
        // Where few have ended, the likeliest of the unfinished ones count too.
        let missing = WIDTH.saturating_sub(finished.len());
        finished.extend(beams.into_iter().take(missing));
        let likeliest = finished
            .into_iter()
            .max_by(|one, other| one.mean().total_cmp(&other.mean()));
        let text = likeliest.unwrap_or_default();
        Ok(self.decoding(text.choices, text.sum, no_speech, 0.0))
    }

    /// The likeliest unfinished texts; finished ones are moved to `finished`.
    fn continued(
        &self,
        beams: &[Beam],
        candidates: &[Candidate],
        finished: &mut Vec<Beam>,
    ) -> Vec<Beam> {
        let mut next = Vec::with_capacity(WIDTH);
        for candidate in candidates {
            let beam = &beams[candidate.beam];
            if candidate.token == self.vocabulary.end_of_text {
                let mut ended = beam.clone();
                ended.sum = candidate.sum;
                finished.push(ended);
            } else {
                next.push(beam.with(*candidate));
            }
            if next.len() == WIDTH || finished.len() == WIDTH {
                break;
            }
        }
        next
    }
}

/// The likeliest ways to continue any of the beams, the likeliest first: of each beam one
/// more than are followed, because one may be its end.
fn candidates(logits: &[Vec<f32>], beams: &[Beam]) -> Vec<Candidate> {
    let mut all = Vec::with_capacity(beams.len() * (WIDTH + 1));
    for (index, (logits, beam)) in logits.iter().zip(beams).enumerate() {
        let total = log_sum_exp(logits);
        let mut ranked: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
        let nth = WIDTH.min(ranked.len().saturating_sub(1));
        ranked.select_nth_unstable_by(nth, |one, other| other.1.total_cmp(&one.1));
        ranked.truncate(WIDTH + 1);
        let possible = ranked
            .into_iter()
            .filter(|(_, logit)| *logit > f32::NEG_INFINITY);
        all.extend(possible.map(|(token, logit)| Candidate {
            beam: index,
            token,
            log_probability: logit - total,
            sum: beam.sum + logit - total,
        }));
    }
    all.sort_by(|one, other| other.sum.total_cmp(&one.sum));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_the_likeliest_continuations_of_all_beams() {
        let beams = [
            Beam {
                sum: -1.0,
                ..Beam::default()
            },
            Beam {
                sum: -0.1,
                ..Beam::default()
            },
        ];
        let logits = [vec![0.0, 3.0, f32::NEG_INFINITY], vec![1.0, 0.0, 1.0]];
        let found = candidates(&logits, &beams);
        let order: Vec<(usize, u32)> = found.iter().map(|it| (it.beam, it.token)).collect();
        assert_eq!(order.len(), 5, "{order:?}");
        assert!(order[..3].contains(&(0, 1)) && order[..3].contains(&(1, 2)));
        assert!(!order.contains(&(0, 2)), "a forbidden token");
        let sum: f32 = found
            .iter()
            .filter(|it| it.beam == 1)
            .map(|it| it.log_probability.exp())
            .sum();
        assert!((sum - 1.0).abs() < 1e-5);
        assert!(found.is_sorted_by(|one, other| one.sum >= other.sum));
    }
}
