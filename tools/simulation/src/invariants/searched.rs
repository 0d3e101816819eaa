//! What is found by its words is what is shown.

use std::collections::BTreeSet;

use domain::{
    Interview,
    paths::DocPath,
    search::{PASSAGES, run_of, tokens},
};
use serde_json::Value;

use super::{Look, edits::Shown};

impl Look<'_> {
    /// 17: the passages of the title, the notes, the highlights and the shown transcript are those
    /// of what is there, and say what clients see.
    pub(super) fn searched(&self, interview: &Interview, shown: &Shown) -> Vec<String> {
        let mut violations = Vec::new();
        let title = self.document(&format!("/{PASSAGES}/title"));
        let title = title.and_then(|passage| passage["text"].as_str());
        if title != Some(interview.title.reveal()) {
            violations.push(self.say("17: it is not found by its title"));
        }
        let texts = |collection: &str, prefix: &str| -> Vec<&Value> {
            let paths = self.documents(collection);
            let paths = paths.filter(|path| name(path).starts_with(prefix));
            let stored = paths.filter_map(|path| self.state.documents.get(path.as_str()));
            stored.map(|stored| &stored.fields["text"]).collect()
        };
        let (notes, found) = (texts("notes", ""), texts(PASSAGES, "note-"));
        if notes != found {
            let (notes, found) = (notes.len(), found.len());
            violations.push(self.say(&format!("17: of {notes} notes {found} are found")));
        }
        let names = |collection: &str, prefix: &str| -> BTreeSet<String> {
            let names = self.documents(collection).map(|path| name(path).to_owned());
            let names = names.filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned()));
            names.collect()
        };
        let (marked, found) = (names("highlights", ""), names(PASSAGES, "highlight-"));
        if marked != found {
            let (marked, found) = (marked.len(), found.len());
            violations.push(self.say(&format!("17: of {marked} highlights {found} are found")));
        }
        violations.extend(
            shown
                .highlights()
                .iter()
                .filter_map(|own| self.found_as(own)),
        );
        if let Some(words) = shown.words() {
            let said = texts_of(&words.join(" "));
            let found = self.passages_of_shown();
            if said != found {
                let (said, found) = (said.len(), found.len());
                violations.push(self.say(&format!("17: of {said} words {found} are found")));
            }
        }
        violations
    }

    /// That a highlight is found by other words than it shows.
    fn found_as(&self, highlight: &Value) -> Option<String> {
        // An import has replaced its transcript: its last words are not known any more.
        if highlight["state"] == "gone" && highlight["is_shown"] == false {
            return None;
        }
        let texts = [&highlight["text"]].into_iter();
        let texts = texts.chain(highlight["tags"].as_array().into_iter().flatten());
        let texts: Vec<&str> = texts.filter_map(Value::as_str).collect();
        let id = highlight["id"].as_str().unwrap_or("");
        let passage = self.document(&format!("/{PASSAGES}/highlight-{id}"));
        let found = passage.and_then(|passage| passage["text"].as_str());
        (found != Some(&texts.join("\n"))).then(|| {
            let texts = texts.join(", ");
            self.say(&format!(
                "17: the highlight “{texts}” is found as {found:?}"
            ))
        })
    }

    /// The words of the passages of the transcript that is shown.
    fn passages_of_shown(&self) -> Vec<String> {
        let head = self.document("/data/transcript");
        let shown = head.and_then(|head| head["revision"].as_u64());
        let paths = self.documents(PASSAGES);
        let paths = paths.filter(|path| {
            let run = DocPath::parse(path).and_then(|path| run_of(&path));
            run.is_some() && run == shown
        });
        let stored = paths.filter_map(|path| self.state.documents.get(path));
        stored
            .flat_map(|stored| texts_of(stored.fields["text"].as_str().unwrap_or("")))
            .collect()
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn texts_of(text: &str) -> Vec<String> {
    let found = tokens(text).into_iter();
    found.map(|token| token.text).collect()
}
