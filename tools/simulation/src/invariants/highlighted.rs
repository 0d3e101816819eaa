//! Highlights: those that were acknowledged are there, and those that were deleted are not.

use domain::Interview;
use serde_json::json;

use super::Look;

impl Look<'_> {
    /// 18: acknowledged highlights are there with their tags, deleted ones are not, and the
    /// interview counts those that there are.
    pub(super) fn highlighted(&self, interview: &Interview) -> Vec<String> {
        let mut violations = Vec::new();
        let all = self.known.edits.open().highlights.clone();
        for own in all {
            let stored = self.document(&format!("/highlights/{}", own.id));
            if own.is_deleted && own.is_certain && stored.is_some() {
                violations.push(self.say("18: a deleted highlight is there"));
            }
            if own.deletion_sent {
                continue;
            }
            match (stored, &own.tag) {
                (None, _) => violations.push(self.say("18: an acknowledged highlight is lost")),
                (Some(stored), Some(tag)) if stored["tags"] != json!([tag]) => {
                    let tags = &stored["tags"];
                    violations.push(self.say(&format!("18: a highlight has {tags} for “{tag}”")));
                }
                (Some(_), _) => {}
            }
        }
        let stored = self.documents("highlights").count() as u64;
        let totals = interview.highlight_totals.as_ref();
        let counted = totals.map_or(0, |totals| totals.count);
        if counted != stored {
            violations.push(self.say(&format!("18: {counted} of {stored} highlights are counted")));
        }
        violations
    }
}
