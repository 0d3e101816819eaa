//! An analysis without a language model: key sentences, topics and questions
//! picked from the transcript by counting words. It judges nobody.

mod select;
mod topics;
mod utterances;

use async_trait::async_trait;
use domain::{
    Private,
    analysis::{Citation, Draft, DraftClaim, DraftQuestion, Warning},
    ports::{AnalysisRequest, Analyst},
    steps::StepError,
    transcript::Transcript,
    wording::is_question,
};
use utterances::{Utterance, Vocabulary};

/// Utterances in the summary.
const SUMMARY: usize = 3;

/// Utterances among the key points.
const KEY_POINTS: usize = 6;

/// Questions shown at most.
const MAX_QUESTIONS: usize = 60;

/// Words shown of an answer.
const ANSWER_WORDS: usize = 40;

/// Words of a key point that stand above its quote.
const OPENING_WORDS: usize = 9;

/// Words below which a question counts as not really answered.
const SHORT_ANSWER: usize = 5;

/// The engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

#[async_trait]
impl Analyst for Extractive {
    fn name(&self) -> &'static str {
        "extractive"
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let transcript = request.transcript.clone();
        tokio::task::spawn_blocking(move || draft(&transcript))
            .await
            .map_err(|_| StepError::transient("engine_failed", "the language engine broke down"))
    }
}

fn draft(transcript: &Transcript) -> Draft {
    let utterances = utterances::split(transcript);
    let vocabulary = Vocabulary::new(&utterances);
    let central = select::central(&utterances, &vocabulary, KEY_POINTS);
    let questions = questions(transcript);
    Draft {
        model: "extractive".to_owned(),
        prompt_version: "extractive-1".to_owned(),
        summary: summary(transcript, &utterances, &central),
        key_points: in_order(&central, KEY_POINTS)
            .map(|index| key_point(transcript, &utterances[index]))
            .collect(),
        topics: topics::segment(transcript, &utterances, &vocabulary),
        follow_ups: questions.iter().filter_map(follow_up).collect(),
        questions,
        warnings: vec![Warning {
            code: "no_language_model".to_owned(),
            message:
                "made by counting words, without a language model: nothing was judged or rated"
                    .to_owned(),
        }],
        ..Draft::default()
    }
}

/// The best `count`, as they were said.
fn in_order(ranked: &[usize], count: usize) -> impl Iterator<Item = usize> {
    let mut best: Vec<usize> = ranked.iter().take(count).copied().collect();
    best.sort_unstable();
    best.into_iter()
}

/// A few central utterances, plainly as somebody's words.
fn summary(transcript: &Transcript, utterances: &[Utterance], ranked: &[usize]) -> Option<Private> {
    let sentences: Vec<String> = in_order(ranked, SUMMARY)
        .map(|index| {
            let utterance = &utterances[index];
            let name = transcript.speaker_name(utterance.speaker);
            format!("{}: \u{201c}{}\u{201d}", name.reveal(), utterance.text)
        })
        .collect();
    (!sentences.is_empty()).then(|| sentences.join(" ").into())
}

fn key_point(transcript: &Transcript, utterance: &Utterance) -> DraftClaim {
    let name = transcript.speaker_name(utterance.speaker);
    DraftClaim {
        text: format!("{}: {}", name.reveal(), opening(&utterance.text)).into(),
        evidence: vec![Citation {
            turn: utterance.turn,
            quote: utterance.text.clone().into(),
        }],
    }
}

/// The first words, for a line above the whole quote.
fn opening(text: &str) -> String {
    let short = first_words(text, OPENING_WORDS);
    if short.len() < text.len() {
        format!("{short} …")
    } else {
        short
    }
}

/// Each turn that asks, with what somebody else says next.
fn questions(transcript: &Transcript) -> Vec<DraftQuestion> {
    let asks = transcript
        .turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| is_question(turn.text.reveal()));
    asks.take(MAX_QUESTIONS)
        .map(|(index, turn)| {
            let next = transcript.turns[index + 1..]
                .iter()
                .find(|next| next.speaker != turn.speaker);
            let question = last_words(turn.text.reveal(), ANSWER_WORDS);
            let answer = next.map(|next| first_words(next.text.reveal(), ANSWER_WORDS));
            let cite = |turn: u32, quote: &str| Citation {
                turn,
                quote: quote.into(),
            };
            let answered = next
                .zip(answer.as_deref())
                .map(|(next, text)| cite(next.id, text));
            DraftQuestion {
                evidence: std::iter::once(cite(turn.id, &question))
                    .chain(answered)
                    .collect(),
                question: question.into(),
                answer: answer.map(Private::from),
            }
        })
        .collect()
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace()
        .take(count)
        .collect::<Vec<_>>()
        .join(" ")
}

fn last_words(text: &str, count: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words[words.len().saturating_sub(count)..].join(" ")
}

/// What was asked and hardly answered.
fn follow_up(question: &DraftQuestion) -> Option<Private> {
    let answered = question
        .answer
        .as_ref()
        .map_or(0, |answer| answer.reveal().split_whitespace().count());
    (answered < SHORT_ANSWER).then(|| question.question.clone())
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        transcript::{Quality, Speaker, TranscriptHead, Word},
        turns,
    };

    use super::*;

    fn transcript(lines: &[(u32, &str)]) -> Transcript {
        let (mut words, mut now) = (Vec::new(), 0);
        for (speaker, line) in lines {
            for text in line.split_whitespace() {
                words.push(Word {
                    text: text.into(),
                    start_ms: now,
                    end_ms: now + 250,
                    speaker: *speaker,
                    confidence: 0.9,
                });
                now += 300;
            }
            now += 800;
        }
        let head = TranscriptHead {
            revision: 1,
            engine: "test".into(),
            model: "test".into(),
            language: None,
            duration_ms: now,
            speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
            chunks: 1,
            quality: Quality::default(),
            created_at: Timestamp::from_millis(0),
        };
        Transcript::new(head, turns::order(words))
    }

    fn interview() -> Transcript {
        transcript(&[
            (0, "what does your team build"),
            (
                1,
                "our team builds a library system that lends books to schools in the whole county",
            ),
            (0, "what was the hardest problem"),
            (
                1,
                "the hardest problem was the library system losing the reservations of schools every night",
            ),
            (0, "did you find the reason"),
            (1, "yes"),
        ])
    }

    #[test]
    fn questions_are_found_with_their_answers_and_short_answers_are_followed_up() {
        let draft = draft(&interview());
        let asked: Vec<&str> = draft
            .questions
            .iter()
            .map(|question| question.question.reveal())
            .collect();
        assert_eq!(
            asked,
            [
                "what does your team build",
                "what was the hardest problem",
                "did you find the reason"
            ]
        );
        assert_eq!(draft.follow_ups, [Private::from("did you find the reason")]);
    }

    #[test]
    fn what_is_quoted_was_said_by_the_one_it_is_ascribed_to() {
        let transcript = interview();
        let draft = draft(&transcript);
        assert!(!draft.key_points.is_empty());
        for point in &draft.key_points {
            let citation = &point.evidence[0];
            let turn = &transcript.turns[citation.turn as usize];
            assert!(turn.text.reveal().contains(citation.quote.reveal()));
        }
        assert!(draft.competencies.is_empty() && draft.strengths.is_empty());
    }

    #[test]
    fn the_same_transcript_gives_the_same_draft() {
        assert_eq!(draft(&interview()), draft(&interview()));
    }

    #[test]
    fn little_or_nothing_said_is_no_error() {
        assert_eq!(draft(&transcript(&[])).summary, None);
        let one = draft(&transcript(&[(0, "hello")]));
        assert!(one.questions.is_empty());
    }
}
