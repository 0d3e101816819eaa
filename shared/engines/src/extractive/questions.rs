//! What was asked, and what came back.

use domain::{
    Private,
    analysis::{Citation, DraftQuestion},
    transcript::{Transcript, Turn},
    wording::{is_question, sentences},
};

/// Questions shown at most.
pub(crate) const MAX_QUESTIONS: usize = 100;

/// Words shown of a question and of an answer.
const SHOWN_WORDS: usize = 40;

/// Words below which a turn is hardly an answer: "sure", "oh let me think".
const SHORT_ANSWER: usize = 5;

/// A question and the turns with which others answer it.
pub(crate) struct Exchange<'a> {
    asked: &'a Turn,
    answers: Vec<&'a Turn>,
}

/// Each turn that asks, with what others say until the same speaker goes on.
pub(crate) fn exchanges(transcript: &Transcript) -> Vec<Exchange<'_>> {
    let turns = &transcript.turns;
    let mut exchanges = Vec::new();
    for (index, asked) in turns.iter().enumerate() {
        if sentences(asked.text.reveal()).any(|sentence| is_question(&sentence)) {
            let after = turns[index + 1..]
                .iter()
                .skip_while(|turn| turn.speaker == asked.speaker);
            let answers = after
                .take_while(|turn| turn.speaker != asked.speaker)
                .take(SHOWN_WORDS)
                .collect();
            exchanges.push(Exchange { asked, answers });
        }
    }
    exchanges
}

impl Exchange<'_> {
    /// The question and the first turn that answers it in more than a few words.
    pub(crate) fn draft(&self) -> DraftQuestion {
        let question = last_words(&self.asked.text);
        let answer = self
            .answers
            .iter()
            .find(|turn| turn.words.len() >= SHORT_ANSWER)
            .or(self.answers.first());
        let mut evidence = vec![cite(self.asked, &question)];
        let answer = answer.map(|turn| {
            let shown = first_words(turn.text.reveal(), SHOWN_WORDS);
            evidence.push(cite(turn, &shown));
            Private::from(shown)
        });
        DraftQuestion {
            evidence,
            question: question.into(),
            answer,
        }
    }

    /// The question again, where it was hardly answered.
    pub(crate) fn follow_up(&self) -> Option<Private> {
        let answered: usize = self.answers.iter().map(|turn| turn.words.len()).sum();
        (answered < SHORT_ANSWER).then(|| last_words(&self.asked.text).into())
    }
}

fn cite(turn: &Turn, quote: &str) -> Citation {
    Citation {
        turn: turn.id,
        quote: quote.into(),
    }
}

/// The first words of a text.
pub(crate) fn first_words(text: &str, count: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().take(count).collect();
    words.join(" ")
}

/// The last words of a turn: a long introduction ends in the question.
fn last_words(text: &Private) -> String {
    let words: Vec<&str> = text.reveal().split_whitespace().collect();
    words[words.len().saturating_sub(SHOWN_WORDS)..].join(" ")
}
