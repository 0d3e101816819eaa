//! Guesses who interviews, by questions, shares of talk, and lengths of turns.

use crate::{
    speaker::Role,
    text,
    transcript::{Speaker, Word},
    turns,
};

/// Words below which a conversation says nothing about roles.
const LEAST_WORDS: f32 = 40.0;

/// Questions below which it says nothing either.
const LEAST_QUESTIONS: f32 = 2.0;

/// Below this confidence no role is guessed.
const LEAST_CONFIDENCE: f32 = 0.65;

/// The most that a guess is trusted: a role is certain only where a person gives it.
const MOST_CONFIDENCE: f32 = 0.95;

/// Weights of the three signs: more questions, less talk, shorter turns.
const ASKS: f32 = 0.6;
const TALKS_LESS: f32 = 0.25;
const IS_BRIEF: f32 = 0.15;

/// What is counted of one speaker.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    words: f32,
    turns: f32,
    questions: f32,
}

/// Gives the speaker with the questions the role of the interviewer and, where two
/// speak, the other one that of the interviewee. Where that is unclear no speaker gets
/// a role.
///
/// `words` are in reading order.
pub fn assign(speakers: &mut [Speaker], words: &[Word]) {
    let ids: Vec<u32> = speakers.iter().map(|speaker| speaker.id).collect();
    let Some((interviewer, confidence)) = interviewer(&counts(&ids, words)) else {
        return;
    };
    let are_two = speakers.len() == 2;
    for (index, speaker) in speakers.iter_mut().enumerate() {
        speaker.role = if index == interviewer {
            Some(Role::Interviewer)
        } else {
            are_two.then_some(Role::Interviewee)
        };
        speaker.role_confidence = speaker.role.map(|_| confidence);
    }
}

fn counts(ids: &[u32], words: &[Word]) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); ids.len()];
    for turn in turns::group(words) {
        let Some(index) = ids.iter().position(|id| *id == turn.speaker) else {
            continue;
        };
        let sentences = text::sentences(turn.text.reveal());
        let own = &mut counts[index];
        own.words += number(turn.words.len());
        own.turns += 1.0;
        own.questions += number(sentences.filter(|text| text::is_question(text)).count());
    }
    counts
}

/// Which one interviews, and how sure that is, 0 to 1.
fn interviewer(counts: &[Counts]) -> Option<(usize, f32)> {
    let sum = |of: fn(&Counts) -> f32| counts.iter().map(of).sum::<f32>();
    let (words, questions) = (sum(|own| own.words), sum(|own| own.questions));
    if counts.len() < 2 || words < LEAST_WORDS || questions < LEAST_QUESTIONS {
        return None;
    }
    let count = number(counts.len());
    let brevity = |own: &Counts| own.turns.max(1.0) / own.words.max(1.0);
    let all_brevity: f32 = counts.iter().map(brevity).sum();
    let likelihood = |own: &Counts| {
        // Half a question more for each: a few questions prove little.
        let asks = (own.questions + 0.5) / (questions + 0.5 * count);
        let talks_less = (1.0 - own.words / words) / (count - 1.0);
        ASKS * asks + TALKS_LESS * talks_less + IS_BRIEF * brevity(own) / all_brevity
    };
    let speaks = |own: &Counts| own.words > 0.0 && own.questions > 0.0;
    let mut ranked: Vec<(usize, f32)> = counts.iter().map(likelihood).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, most) = ranked[0];
    let confidence = (most / (most + ranked[1].1)).min(MOST_CONFIDENCE);
    (confidence >= LEAST_CONFIDENCE && speaks(&counts[best])).then_some((best, confidence))
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
const fn number(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words 300 ms apart, a line to a turn.
    fn words(lines: &[(u32, &str)]) -> Vec<Word> {
        let said = lines
            .iter()
            .flat_map(|(speaker, line)| line.split(' ').map(move |text| (*speaker, text)));
        said.zip(0..)
            .map(|((speaker, text), index)| Word {
                text: text.into(),
                start_ms: index * 300,
                end_ms: index * 300 + 200,
                speaker,
                confidence: 1.0,
                overlap: false,
            })
            .collect()
    }

    fn assigned(count: u32, lines: &[(u32, &str)]) -> Vec<(Option<Role>, Option<f32>)> {
        let mut speakers: Vec<Speaker> = (0..count).map(Speaker::unnamed).collect();
        assign(&mut speakers, &words(lines));
        let role = |speaker: &Speaker| (speaker.role, speaker.role_confidence);
        speakers.iter().map(role).collect()
    }

    const INTERVIEW: [(u32, &str); 6] = [
        (1, "Good morning. Could you tell me about your current job?"),
        (
            0,
            "I work in a public library and help people find the right books every week.",
        ),
        (1, "What do you like most about that work?"),
        (
            0,
            "I like the moment when a person finds the right answer after three lessons with us.",
        ),
        (1, "Can you describe a time when something went wrong?"),
        (
            0,
            "Yes. Two years ago we moved all our books and lost a list on the first day.",
        ),
    ];

    #[test]
    fn speaker_with_more_questions_is_interviewer() {
        let roles = assigned(2, &INTERVIEW);
        assert_eq!(roles[0].0, Some(Role::Interviewee));
        assert_eq!(roles[1].0, Some(Role::Interviewer));
        let confidence = roles[1].1.unwrap();
        assert!((0.75..=0.95).contains(&confidence), "{confidence}");
    }

    #[test]
    fn unpunctuated_questions_count() {
        let plain: Vec<(u32, String)> = INTERVIEW
            .iter()
            .map(|(speaker, line)| (*speaker, line.to_lowercase().replace(['.', '?'], "")))
            .collect();
        let lines: Vec<(u32, &str)> = plain.iter().map(|(id, line)| (*id, &line[..])).collect();
        assert_eq!(assigned(2, &lines)[1].0, Some(Role::Interviewer));
    }

    #[test]
    fn equal_question_counts_give_no_role() {
        let lines = [
            (
                0,
                "How was the weather on the island and did you sail there in the end?",
            ),
            (
                1,
                "It was fine and warm all week. How was your own summer in the mountains?",
            ),
            (
                0,
                "It was cold up there but nice. Did you take your sister with you again?",
            ),
            (
                1,
                "She came for a week at least. Did you see your brother this year at all?",
            ),
        ];
        assert!(assigned(2, &lines).iter().all(|(role, _)| role.is_none()));
    }

    #[test]
    fn a_third_speaker_gets_no_role() {
        let mut lines = INTERVIEW.to_vec();
        lines.push((2, "I only take notes today and say nothing more than that."));
        let roles: Vec<Option<Role>> = assigned(3, &lines).iter().map(|own| own.0).collect();
        assert_eq!(roles, [None, Some(Role::Interviewer), None]);
    }

    #[test]
    fn one_speaker_and_few_words_get_no_role() {
        assert!(assigned(1, &INTERVIEW[..1])[0].0.is_none());
        assert!(
            assigned(2, &INTERVIEW[..2])
                .iter()
                .all(|(role, _)| role.is_none())
        );
    }
}
