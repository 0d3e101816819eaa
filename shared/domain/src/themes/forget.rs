//! Removing what results have of a deleted interview.

use std::collections::BTreeSet;

use serde_json::json;

use super::{INTERVIEWS, LEAST_INTERVIEWS, THEMES, Theme, Themes};
use crate::{
    InterviewId, InterviewKey,
    conflict::ConflictPauses,
    paths::DocPath,
    ports::{Precondition, Query, Records, RecordsError, Write},
};

/// How many results are read at once.
const PAGE: usize = 20;

/// Removes everything that results of the user's collections have of an interview, wherever the
/// interview is now. A result that cannot be decoded is deleted: what it
/// has of the interview is not known.
pub async fn forget(records: &dyn Records, key: &InterviewKey) -> Result<(), RecordsError> {
    let owner = format!("users/{}/", key.user_id);
    let mut query = Query {
        contains: Some((INTERVIEWS.to_owned(), json!(key.interview_id))),
        limit: PAGE,
        ..Query::group(THEMES)
    };
    loop {
        let found = records.list_paths(&query).await?;
        for path in found
            .iter()
            .filter(|path| path.as_str().starts_with(&owner))
        {
            forget_in(records, path, &key.interview_id).await?;
        }
        match found.last() {
            Some(last) if found.len() == PAGE => {
                query.after = Some((serde_json::Value::Null, last.clone()));
            }
            _ => return Ok(()),
        }
    }
}

async fn forget_in(
    records: &dyn Records,
    path: &DocPath,
    interview: &InterviewId,
) -> Result<(), RecordsError> {
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(document) = records.read(path).await? else {
            return Ok(());
        };
        let precondition = Precondition::Version(document.version);
        let write = match document.decode::<Themes>() {
            Ok(mut themes) => {
                if !themes.forget(interview) {
                    return Ok(());
                }
                Write::put(path.clone(), &themes, precondition)?
            }
            Err(_) => Write::Delete {
                path: path.clone(),
                precondition,
            },
        };
        match records.commit(vec![write]).await {
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            committed => return committed,
        }
    }
}

impl Themes {
    /// Removes what it has of an interview: quotes, the summaries of themes that the interview
    /// had a part in, and themes that rest on too few others. Answers whether there was anything.
    pub fn forget(&mut self, interview: &InterviewId) -> bool {
        let count = self.interviews.len();
        self.interviews.retain(|own| own != interview);
        if self.interviews.len() == count {
            return false;
        }
        self.derived_from.retain(|own| own.interview != *interview);
        self.left_out.retain(|own| own != interview);
        for theme in &mut self.themes {
            theme.forget(interview);
        }
        self.themes.retain(Theme::is_shared);
        self.forgotten += 1;
        true
    }
}

impl Theme {
    /// Whether it rests on enough interviews.
    pub fn is_shared(&self) -> bool {
        let interviews: BTreeSet<&str> = self
            .supports
            .iter()
            .map(|own| own.interview.as_str())
            .collect();
        interviews.len() >= LEAST_INTERVIEWS
    }

    fn forget(&mut self, interview: &InterviewId) {
        let count = self.supports.len() + self.contradicts.len();
        self.supports.retain(|own| own.interview != *interview);
        self.contradicts.retain(|own| own.interview != *interview);
        let cited = self.cited.len();
        self.cited.retain(|own| own != interview);
        if self.supports.len() + self.contradicts.len() < count || self.cited.len() < cited {
            self.summary = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn themes() -> Themes {
        let quote = |words: &str| {
            json!({"quote": words, "status": "verified", "speaker": 1,
                "start_ms": 1, "end_ms": 2, "turn": 0})
        };
        let voice =
            |id: &str| json!({"interview": id, "quotes": [quote(&format!("said by {id}"))]});
        let source = |id: &str| {
            json!({"interview": id, "transcript": 1, "revision": 0,
                "analyzed_at": "2026-01-01T00:00:00.000Z"})
        };
        let theme = |title: &str, supports: &[&str], contradicts: &[&str]| {
            let voices = |ids: &[&str]| -> Vec<Value> { ids.iter().map(|id| voice(id)).collect() };
            json!({"title": title, "summary": format!("about {title}"),
                "supports": voices(supports), "contradicts": voices(contradicts)})
        };
        serde_json::from_value(json!({
            "interviews": ["a", "b", "c", "d"],
            "derived_from": [source("a"), source("b"), source("c")],
            "left_out": ["d"],
            "engine": "e", "model": "m", "prompt_version": "p",
            "usage": {"input_tokens": 0, "output_tokens": 0, "thinking_tokens": 0},
            "cost_usd": null, "warnings": [], "created_at": "2026-01-01T00:00:00.000Z",
            "themes": [
                theme("all", &["a", "b", "c"], &[]),
                theme("two", &["a", "b"], &[]),
                theme("contrary", &["b", "c"], &["a"]),
                theme("others", &["b", "c"], &[]),
                {"title": "cited", "summary": "about a", "supports": [voice("b"), voice("c")],
                    "contradicts": [], "cited": ["a", "b", "c"]},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn nothing_of_a_deleted_interview_is_left() {
        let mut themes = themes();
        let deleted = InterviewId::parse("a").unwrap();
        assert!(themes.forget(&deleted));
        let text = serde_json::to_string(&themes).unwrap();
        assert!(
            !text.contains("said by a") && !text.contains("\"a\""),
            "{text}"
        );
        let shown: Vec<(&str, bool)> = themes
            .themes
            .iter()
            .map(|own| (own.title.reveal(), own.summary.is_some()))
            .collect();
        let expected = [
            ("all", false),
            ("contrary", false),
            ("others", true),
            ("cited", false),
        ];
        assert_eq!(shown, expected);
        assert_eq!(themes.forgotten, 1);
        assert!(!themes.forget(&deleted));
        assert!(themes.forget(&InterviewId::parse("d").unwrap()));
        assert_eq!(themes.left_out, []);
    }
}
