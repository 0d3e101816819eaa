//! What a `PATCH` says about speakers: names and roles.

use std::collections::BTreeMap;

use domain::{
    Private,
    speaker::{Role, SpeakerLabel},
    versions::closed,
};
use runtime::http::Problem;
use serde::{Deserialize, Deserializer};

use crate::{
    interviews::{invalid, is_name},
    patch::Patch,
};

/// The most speakers that can be described.
const MAX_SPEAKERS: usize = 64;

/// The longest name of a speaker, in characters.
const MAX_NAME: usize = 100;

/// Changes by the ids of speakers: one that is left out stays, `null` removes it.
pub(crate) type LabelChanges = BTreeMap<u32, Option<LabelChange>>;

/// What changes about a speaker: a name alone, or fields of which those that are left out
/// stay.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "each of `speakers` must be `null`, a name, or an object with `name` and `role` \
                 (interviewer, interviewee or other)"
)]
pub(crate) enum LabelChange {
    Name(Private),
    Fields(Fields),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    #[serde(default)]
    name: Patch<Private>,
    #[serde(default, deserialize_with = "closed_role")]
    role: Patch<Role>,
}

/// Reads a role, which must be one that this release knows.
fn closed_role<'de, D: Deserializer<'de>>(input: D) -> Result<Patch<Role>, D::Error> {
    let role: Option<Role> = closed(input)?;
    Ok(role.map_or(Patch::Clear, Patch::Set))
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
    let checked = changes.into_iter().map(|(id, change)| {
        let name = change.as_ref().and_then(LabelChange::name);
        let sensible = name.is_none_or(|name| is_name(name, MAX_NAME));
        Some((id.parse().ok().filter(|_| sensible)?, change))
    });
    checked.collect::<Option<_>>().ok_or_else(|| {
        let expected = format!(
            "ids of speakers, each with `null`, a name of 1 to {MAX_NAME} characters without line \
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
        return Err(invalid("speakers", &format!("at most {MAX_SPEAKERS}")));
    }
    Ok(labels)
}
