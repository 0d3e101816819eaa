//! How clients correct transcripts, and take that back.

use http::Method;
use serde_json::{Value, json};

use super::{
    Client, TRIES,
    edited::{Acknowledged, MARK},
};
use crate::ports::DIALOGUE;

/// How often one who takes everything back tries.
const UNDOS: u32 = 40;

/// A word of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenWord {
    id: String,
    pub(crate) text: String,
    pub(crate) speaker: u64,
}

impl SeenWord {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// A transcript as a client has read it.
#[derive(Debug, Clone)]
pub(crate) struct SeenTranscript {
    pub(crate) run_id: String,
    pub(crate) revision: u64,
    pub(crate) words: Vec<SeenWord>,
}

/// A correction that is to be sent.
struct Draft {
    operation: Value,
    /// The word that it adds.
    text: Option<String>,
    /// The texts of all words after it.
    expected: Vec<String>,
    /// Whether it suits every transcript.
    is_valid: bool,
}

impl SeenTranscript {
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let word = |word: &Value| {
            Some(SeenWord {
                id: word["id"].as_str()?.to_owned(),
                text: word["text"].as_str()?.to_owned(),
                speaker: word["speaker"].as_u64()?,
            })
        };
        let words = body["words"].as_array()?.iter().map(word);
        Some(Self {
            run_id: body["run_id"].as_str()?.to_owned(),
            revision: body["revision"].as_u64()?,
            words: words.collect::<Option<_>>()?,
        })
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.words.iter().map(|word| word.text.clone()).collect()
    }

    /// Whether it has the words that every recording has.
    pub(crate) fn is_as_recognised(&self) -> bool {
        let said = DIALOGUE.iter().flat_map(|(speaker, text)| {
            let words = text.split_whitespace();
            words.map(move |word| (word, u64::from(*speaker)))
        });
        let words = self.words.iter();
        said.eq(words.map(|word| (word.text.as_str(), word.speaker)))
    }
}

impl Client {
    /// Waits until there is a transcript; whether there is.
    pub(super) async fn await_transcript(&self) -> bool {
        for _ in 0..2 * TRIES {
            if self.transcript(None).await.is_some() {
                return true;
            }
            self.pause(240).await;
        }
        false
    }

    /// The transcript in its newest revision, or in another one.
    pub(super) async fn transcript(&self, revision: Option<u64>) -> Option<SeenTranscript> {
        let revision = revision.map_or(String::new(), |own| format!("?revision={own}"));
        let path = format!("{}/transcript{revision}", self.path());
        match self.request(Method::GET, &path, None).await? {
            (200, body) => SeenTranscript::read(&body),
            _ => None,
        }
    }

    /// Corrects something.
    pub(super) async fn correct(&self) {
        let Some(seen) = self.transcript(None).await else {
            return;
        };
        let Some(draft) = self.draft(&seen) else {
            return;
        };
        let is_old = self.chance(10) && seen.revision > 0;
        let base = seen.revision - u64::from(is_old);
        let mut body = json!({"base_revision": base, "operations": [draft.operation]});
        if self.chance(50) {
            body["run_id"] = json!(seen.run_id);
        }
        let path = format!("{}/transcript", self.path());
        let Some((answer, is_certain)) = self.send_revision(Method::PATCH, &path, body).await
        else {
            return;
        };
        match answer {
            (200, made) => {
                let own = self.acknowledge(&made, draft.text, false);
                if is_old || own.revision != base + 1 {
                    self.object(format!("a correction of revision {base} made {made}"));
                }
                if own.run_id == seen.run_id {
                    self.look_at(&own, draft.expected).await;
                }
            }
            (status @ 400..500, problem) => {
                if is_certain {
                    self.known.edits.open().refused.extend(draft.text);
                }
                let is_expected = matches!(status, 404 | 409 | 429);
                if draft.is_valid && !is_expected {
                    self.object(format!("a correction gets {status}: {problem}"));
                }
            }
            (status, _) => self.object(format!("a correction gets {status}")),
        }
    }

    /// Takes the last correction back; whether there may be another one.
    pub(super) async fn undo(&self) -> bool {
        let Some(seen) = self.transcript(None).await else {
            return true;
        };
        let path = format!("{}/transcript/undo", self.path());
        let body = json!({"run_id": seen.run_id, "base_revision": seen.revision});
        let answer = self.send_revision(Method::POST, &path, body).await;
        match answer {
            Some(((200, made), _)) => {
                self.acknowledge(&made, None, true);
                true
            }
            Some(((409, problem), _)) if problem["code"] == "nothing_to_undo" => {
                if !seen.is_as_recognised() {
                    let texts = seen.texts().join(" ");
                    self.object(format!("nothing is left to undo of “{texts}”"));
                }
                false
            }
            _ => true,
        }
    }

    /// Takes everything back.
    pub(super) async fn undo_all(&self) {
        for _ in 0..UNDOS {
            if !self.undo().await {
                return;
            }
        }
    }

    /// Sends a correction, with a key again until there is an answer; that, and whether none
    /// before it can happen late.
    async fn send_revision(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Option<((u16, Value), bool)> {
        let key = self.chance(50).then(|| self.unique("key"));
        let tries = if key.is_some() { TRIES } else { 1 };
        for number in 0..tries {
            let body = Some(body.clone());
            let answer = self.request_with(method.clone(), path, body, key.as_deref());
            if let Some(answer) = answer.await {
                if number > 0 && answer.0 != 200 {
                    self.known.edits.open().unknown += 1;
                }
                return Some((answer, number == 0));
            }
            self.pause(20).await;
        }
        self.known.edits.open().unknown += 1;
        None
    }

    fn acknowledge(&self, made: &Value, text: Option<String>, is_undo: bool) -> Acknowledged {
        let own = Acknowledged {
            run_id: made["run_id"].as_str().unwrap_or("").to_owned(),
            revision: made["revision"].as_u64().unwrap_or(0),
            text,
            is_undo,
        };
        self.known.edits.open().acknowledged.push(own.clone());
        own
    }

    /// Looks whether a revision has the words that it was to have.
    async fn look_at(&self, own: &Acknowledged, expected: Vec<String>) {
        if self.chance(50) {
            return;
        }
        let found = self.transcript(Some(own.revision)).await;
        let Some(found) = found.filter(|found| found.run_id == own.run_id) else {
            return;
        };
        if found.texts() != expected {
            let (found, expected) = (found.texts().join(" "), expected.join(" "));
            let revision = own.revision;
            self.object(format!(
                "revision {revision} is “{found}” and not “{expected}”"
            ));
        }
    }

    /// A word that there is nowhere else.
    pub(super) fn unique(&self, beginning: &str) -> String {
        let number = self.world.state().rng.u64(..u64::MAX);
        format!("{beginning}{number}")
    }

    fn draft(&self, seen: &SeenTranscript) -> Option<Draft> {
        let (choice, at, until) = {
            let rng = &mut self.world.state().rng;
            let at = rng.usize(..seen.words.len().max(1));
            (rng.u32(..12), at, at + rng.usize(..8))
        };
        let word = seen.words.get(at)?;
        let until = &seen.words[until.min(seen.words.len() - 1)].id;
        let id = &word.id;
        // What a client has written stays until that is taken back.
        let is_own = word.text.starts_with(MARK);
        let mut texts = seen.texts();
        let speakers: Vec<u64> = seen.words.iter().map(|word| word.speaker).collect();
        let other = speakers.iter().find(|other| **other != word.speaker);
        let text = self.unique(MARK);
        let (operation, text, is_valid) = match choice {
            0..=3 if !is_own => {
                texts[at].clone_from(&text);
                let operation = json!({"op": "replace_words", "from": id, "to": id, "text": text});
                (operation, Some(text), true)
            }
            4 | 5 => {
                texts.insert(at + 1, text.clone());
                let operation = json!({"op": "insert_words", "after": id, "text": text});
                (operation, Some(text), true)
            }
            6 => {
                texts.insert(0, text.clone());
                let operation = json!({"op": "insert_words", "after": null, "text": text});
                (operation, Some(text), true)
            }
            7 if !is_own && texts.len() > 1 => {
                texts.remove(at);
                let operation = json!({"op": "delete_words", "from": id, "to": id});
                (operation, None, true)
            }
            8 => {
                let speaker = other.copied().unwrap_or(word.speaker);
                let operation =
                    json!({"op": "assign_speaker", "from": id, "to": until, "speaker": speaker});
                (operation, None, true)
            }
            9 => {
                let operation =
                    json!({"op": "merge_speakers", "from": word.speaker, "into": other?});
                (operation, None, true)
            }
            10 => (json!({"op": "split_turn", "at": id}), None, false),
            _ => (json!({"op": "join_turns", "at": id}), None, false),
        };
        Some(Draft {
            operation,
            text,
            expected: texts,
            is_valid,
        })
    }
}
