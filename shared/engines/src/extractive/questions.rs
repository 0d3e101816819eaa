//! Questions and their answers.

use std::{collections::HashSet, sync::LazyLock};

use domain::{
    Private,
    analysis::{Citation, DraftQuestion},
    text::{joined, normalize},
    transcript::Transcript,
};

use super::sentences::{Sentence, Sentences, word_set};

/// Questions shown at most.
pub(crate) const MAX_QUESTIONS: usize = 100;

/// Words shown of a question, and about as many of an answer.
const SHOWN_WORDS: usize = 60;

/// About as many words are shown of an answer that begins with yes or no.
const VERDICT_WORDS: usize = 30;

/// Words of a question where an engine writes no punctuation: a long introduction ends
/// in the question.
const UNPUNCTUATED_WORDS: usize = 40;

/// An interjection of the questioner up to this number of words does not end the
/// answer.
const BACK_CHANNEL_WORDS: usize = 4;

/// From this number of words after a question, before anyone else speaks, the
/// questioner has answered it themselves.
const OWN_ANSWER_WORDS: usize = 8;

/// Up to this number of words a question without a question word is none: "okay?",
/// "right?".
const TAG_WORDS: usize = 2;

/// What does not answer: said to hold the floor, or to show that one listens.
static FILLERS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set(
        "okay ok sure yeah yep right alright all well hmm mhm uh um oh one moment \
    please sec second thank thanks you very much for your time great good perfect got it i see let \
    me think hello hi morning afternoon evening",
    )
});

/// What answers a question by itself, however short.
static VERDICTS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set("yes no yeah yep nope never always correct exactly absolutely definitely")
});

/// Answers that leave the question open.
const EVASIONS: [&str; 5] = [
    "not sure",
    "dont know",
    "no idea",
    "cant say",
    "cant remember",
];

/// A question with what others answer.
pub(crate) struct Exchange<'a> {
    asked: Vec<&'a Sentence>,
    answer: Vec<&'a Sentence>,
    /// Whether the answer is a question itself.
    is_returned: bool,
}

/// The questions that are meant as such, each with what other speakers say until the next
/// one.
pub(crate) fn exchanges(sentences: &Sentences) -> Vec<Exchange<'_>> {
    let all = &sentences.all;
    let mut exchanges: Vec<Exchange<'_>> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        if !asks(&all[at], sentences.is_punctuated) {
            at += 1;
            continue;
        }
        let end = at
            + all[at..]
                .iter()
                .take_while(|own| {
                    own.speaker == all[at].speaker && asks(own, sentences.is_punctuated)
                })
                .count();
        if !answers_itself(all, end, sentences.is_punctuated) {
            let next = all.get(end).filter(|next| next.speaker != all[at].speaker);
            exchanges.push(Exchange {
                asked: all[at..end].iter().collect(),
                answer: answer(all, end, sentences.is_punctuated),
                is_returned: next.is_some_and(|next| asks(next, sentences.is_punctuated)),
            });
        }
        at = end;
    }
    exchanges
}

fn asks(sentence: &Sentence, is_punctuated: bool) -> bool {
    let normal = normal(sentence);
    let is_request_for_time = normal.starts_with("give me");
    let is_tag = sentence.length() <= TAG_WORDS && !opens_with_question_word(&normal);
    sentence.asks() && !is_request_for_time && !(is_punctuated && is_tag)
}

fn opens_with_question_word(normal: &str) -> bool {
    let words = [
        "what", "how", "why", "when", "where", "who", "which", "whose",
    ];
    words.iter().any(|word| normal.starts_with(word))
}

/// Whether the questioner continues long enough, before anyone else speaks, to have
/// answered the question. Without punctuation that is unknown.
fn answers_itself(all: &[Sentence], end: usize, is_punctuated: bool) -> bool {
    let speaker = all[end - 1].speaker;
    let own = all[end..].iter().take_while(|next| next.speaker == speaker);
    let statements = own.take_while(|next| !asks(next, is_punctuated));
    is_punctuated && statements.map(Sentence::length).sum::<usize>() > OWN_ANSWER_WORDS
}

/// What others say until one of them asks a question, or the questioner continues.
fn answer(all: &[Sentence], start: usize, is_punctuated: bool) -> Vec<&Sentence> {
    let speaker = all[start - 1].speaker;
    let mut answer: Vec<&Sentence> = Vec::new();
    let mut shown = 0;
    for (at, sentence) in all.iter().enumerate().skip(start) {
        let is_own = sentence.speaker == speaker;
        let is_back_channel = sentence.length() <= BACK_CHANNEL_WORDS;
        let asks = asks(sentence, is_punctuated);
        let is_rhetorical = asks && !is_own && answers_itself(all, at + 1, is_punctuated);
        if asks && !is_rhetorical || is_own && !is_back_channel && !answer.is_empty() {
            break;
        }
        if is_own || is_rhetorical {
            continue;
        }
        // A verdict and its reasons answer; what comes later is about something else.
        let is_verdict = answer.first().is_some_and(|own| is_verdict(&normal(own)));
        let limit = if is_verdict {
            VERDICT_WORDS
        } else {
            SHOWN_WORDS
        };
        if shown > 0 && shown + sentence.length() > limit {
            break;
        }
        shown += sentence.length();
        answer.push(sentence);
    }
    let says = |own: &&Sentence| !is_filler(&normal(own));
    if answer.iter().any(says) {
        answer.retain(says);
    }
    answer
}

fn is_filler(normal: &str) -> bool {
    normal.split(' ').all(|word| FILLERS.contains(word)) && !is_verdict(normal)
}

fn is_verdict(normal: &str) -> bool {
    VERDICTS.contains(normal.split(' ').next().unwrap_or(""))
}

/// The words of a sentence as they are compared.
fn normal(sentence: &Sentence) -> String {
    let words: Vec<String> = sentence.text.split_whitespace().map(normalize).collect();
    words.join(" ")
}

impl Exchange<'_> {
    /// The question, the answer, and where both are found.
    pub(crate) fn draft(&self, transcript: &Transcript) -> DraftQuestion {
        let question = self.question();
        let mut evidence = vec![Citation {
            turn: self.asked[0].turn,
            quote: question.as_str().into(),
        }];
        let answer = (!self.answer.is_empty()).then(|| {
            let texts = self.answer.iter().map(|own| own.text.as_str());
            Private::from(first_words(&joined(texts), SHOWN_WORDS))
        });
        evidence.extend(self.cited_answer(transcript));
        DraftQuestion {
            evidence,
            question: question.into(),
            answer,
        }
    }

    /// The answer's sentences as quotes; adjacent ones are joined.
    fn cited_answer(&self, transcript: &Transcript) -> Vec<Citation> {
        let follows = |left: &&Sentence, right: &&Sentence| left.words.end == right.words.start;
        let runs = self.answer.chunk_by(follows);
        let citations = runs.map(|run| {
            let range = run[0].words.start..run[run.len() - 1].words.end;
            let end = range.end.min(range.start + SHOWN_WORDS);
            let words = &transcript.words[range.start..end];
            Citation {
                turn: run[0].turn,
                quote: joined(words.iter().map(|word| word.text.reveal())).into(),
            }
        });
        citations.collect()
    }

    fn question(&self) -> String {
        let question = joined(self.asked.iter().map(|own| own.text.as_str()));
        let words: Vec<&str> = question.split_whitespace().collect();
        words[words.len().saturating_sub(UNPUNCTUATED_WORDS)..].join(" ")
    }

    /// The question again, where it was left open.
    pub(crate) fn follow_up(&self) -> Option<Private> {
        let answer: Vec<String> = self.answer.iter().map(|own| normal(own)).collect();
        let answer = answer.join(" ");
        let is_evasion = EVASIONS.iter().any(|own| answer.contains(own));
        let is_short = answer.split_whitespace().count() <= BACK_CHANNEL_WORDS;
        let is_open = is_short && (is_evasion || !is_verdict(&answer)) && self.is_open_question();
        let is_unanswered = answer.is_empty() && !self.is_returned;
        (is_unanswered || is_open || is_short && is_evasion).then(|| self.question().into())
    }

    /// Whether the answer needs more than one word.
    fn is_open_question(&self) -> bool {
        let question = normal(self.asked[self.asked.len() - 1]);
        [
            "why",
            "how do",
            "how did",
            "how would",
            "tell me",
            "describe",
            "what did",
            "what do",
        ]
        .iter()
        .any(|own| format!(" {question}").contains(&format!(" {own}")))
    }
}

/// The first words of a text.
pub(crate) fn first_words(text: &str, count: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().take(count).collect();
    words.join(" ")
}
