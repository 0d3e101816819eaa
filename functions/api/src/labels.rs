//! What a `PATCH` says about speakers: names and roles.

use std::collections::BTreeMap;

use domain::{
    Private,
    speaker::{Role, SpeakerLabel},
    versions::closed,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    patch::Patch,
    validation::{LINE, SPEAKER_ID, invalid, is_name},
};

/// The most speakers that can be described.
pub(crate) const MAX_SPEAKERS: usize = 64;

/// The longest name of a speaker, in characters.
const MAX_NAME: usize = 100;

/// Changes by the ids of speakers: one that is left out stays, `null` removes it.
pub(crate) type LabelChanges = BTreeMap<u32, Option<LabelChange>>;

/// What changes about a speaker: a name alone, or fields of which those that are left out
/// stay.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(
    untagged,
    expecting = "each of `speakers` must be `null`, a name, or an object with `name` and `role` \
                 (interviewer, interviewee or other)"
)]
pub(crate) enum LabelChange {
    /// The speaker's name.
    Name(#[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))] Private),
    Fields(Fields),
}

/// What changes about a speaker; what is left out stays, `null` is removed.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    /// The speaker's name.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    name: Patch<Private>,
    /// Their part in the interview. It replaces what was recognised.
    #[serde(default, deserialize_with = "closed")]
    role: Patch<Role>,
}

impl LabelChange {
    const fn name(&self) -> Option<&Private> {
        match self {
            Self::Name(name)
            | Self::Fields(Fields {
                name: Patch::Set(name),
                ..
            }) => Some(name),
            Self::Fields(_) => None,
        }
    }

    fn apply(&self, label: SpeakerLabel) -> SpeakerLabel {
        match self {
            Self::Name(name) => SpeakerLabel {
                name: Some(name.clone()),
                ..label
            },
            Self::Fields(fields) => SpeakerLabel {
                name: fields.name.apply(label.name),
                role: fields.role.apply(label.role),
                unknown: label.unknown,
            },
        }
    }
}

/// The changes by number, if ids and names are sensible.
pub(crate) fn check(
    changes: BTreeMap<String, Option<LabelChange>>,
) -> Result<LabelChanges, Problem> {
    if changes.len() > MAX_SPEAKERS {
        return Err(too_many());
    }
    let checked = changes.into_iter().map(|(id, change)| {
        let name = change.as_ref().and_then(LabelChange::name);
        let is_valid = SPEAKER_ID.is_match(&id) && name.is_none_or(|it| is_name(it, MAX_NAME));
        Some((id.parse().ok().filter(|_| is_valid)?, change))
    });
    checked.collect::<Option<_>>().ok_or_else(|| {
        let expected = format!(
            "ids of speakers from 0 to 9999, each with `null`, a name of 1 to {MAX_NAME} characters without line \
             ends and the like, or an object with `name` and `role`"
        );
        invalid("speakers", &expected)
    })
}

/// The labels after the changes, if they are not too many.
pub(crate) fn changed(
    mut labels: BTreeMap<u32, SpeakerLabel>,
    changes: &LabelChanges,
) -> Result<BTreeMap<u32, SpeakerLabel>, Problem> {
    for (id, change) in changes {
        let before = labels.remove(id).unwrap_or_default();
        let after = change.as_ref().map(|change| change.apply(before));
        if let Some(label) = after.filter(|label| *label != SpeakerLabel::default()) {
            labels.insert(*id, label);
        }
    }
    if labels.len() > MAX_SPEAKERS {
        return Err(too_many());
    }
    Ok(labels)
}

fn too_many() -> Problem {
    invalid("speakers", &format!("at most {MAX_SPEAKERS}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(changes: Value) -> Result<LabelChanges, Problem> {
        check(serde_json::from_value(changes).unwrap())
    }

    #[test]
    fn a_speaker_is_named_by_the_id_in_the_transcript() {
        let changes = checked(json!({"0": "Ada", "9999": null})).unwrap();
        assert_eq!(changes.keys().collect::<Vec<_>>(), [&0, &9_999]);
        for id in ["+5", "00005", "4294967295", "", "one"] {
            assert!(checked(json!({id: "Ada"})).is_err(), "{id}");
        }
    }

    #[test]
    fn changes_of_more_speakers_than_can_be_described_are_refused() {
        let changes = |count| (0..count).map(|id: usize| (id.to_string(), Value::Null));
        assert!(checked(changes(MAX_SPEAKERS).collect()).is_ok());
        assert!(checked(changes(MAX_SPEAKERS + 1).collect()).is_err());
    }
}
