//! What a speaker is called and what part they have in the conversation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Private,
    ids::short_digest,
    transcript::Speaker,
    versions::{UnknownFields, open_enum, strip_unknown},
};

open_enum! {
    /// A speaker's part in an interview.
    pub enum Role, unknown as Other {
        /// Asks the questions.
        Interviewer = "interviewer",
        /// Answers them.
        Interviewee = "interviewee",
        /// Takes part without either.
        Other = "other",
    }
}

/// What the owner of an interview says about a speaker. As JSON it is a text where there
/// is a name alone, and an object otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
#[serde(from = "Form", into = "Form")]
pub struct SpeakerLabel {
    /// The speaker's name.
    pub name: Option<Private>,
    /// The speaker's role.
    pub role: Option<Role>,
    /// Fields of a newer release.
    pub unknown: UnknownFields,
}
strip_unknown!(SpeakerLabel, role);

impl SpeakerLabel {
    /// Whether it says nothing.
    fn is_empty(&self) -> bool {
        self.name.is_none() && self.role.is_none() && self.unknown.is_empty()
    }
}

impl From<Private> for SpeakerLabel {
    fn from(name: Private) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }
}

/// The two ways in which a label is written.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Form {
    Name(Private),
    Fields(Fields),
}

/// Name and role.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
struct Fields {
    /// The speaker's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "String"))]
    name: Option<Private>,
    /// Their part in the interview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Role"))]
    role: Option<Role>,
    #[serde(flatten)]
    unknown: UnknownFields,
}

impl From<Form> for SpeakerLabel {
    fn from(form: Form) -> Self {
        match form {
            Form::Name(name) => name.into(),
            Form::Fields(Fields {
                name,
                role,
                unknown,
            }) => Self {
                name,
                role,
                unknown,
            },
        }
    }
}

impl From<SpeakerLabel> for Form {
    fn from(label: SpeakerLabel) -> Self {
        match label {
            SpeakerLabel {
                name: Some(name),
                role: None,
                unknown,
            } if unknown.is_empty() => Self::Name(name),
            SpeakerLabel {
                name,
                role,
                unknown,
            } => Self::Fields(Fields {
                name,
                role,
                unknown,
            }),
        }
    }
}

/// The same without names.
pub fn roles(labels: &BTreeMap<u32, SpeakerLabel>) -> BTreeMap<u32, SpeakerLabel> {
    let nameless = |label: &SpeakerLabel| SpeakerLabel {
        role: label.role,
        ..SpeakerLabel::default()
    };
    labels
        .iter()
        .map(|(id, label)| (*id, nameless(label)))
        .collect()
}

/// A digest of what is said about speakers, of 63 bits as documents hold them. By it is known
/// whether that has changed.
pub fn digest(labels: &BTreeMap<u32, SpeakerLabel>) -> u64 {
    let said = labels.iter().filter(|(_, label)| !label.is_empty());
    short_digest(&said.collect::<BTreeMap<_, _>>())
}

/// Puts what the owner says in place of what was recognised. A role that a person gives
/// is certain; a guess that contradicts it, because only one speaker interviews or is
/// interviewed, is withdrawn.
pub fn apply(labels: &BTreeMap<u32, SpeakerLabel>, speakers: &mut [Speaker]) {
    let given = |role: Role| labels.values().any(|label| label.role == Some(role));
    for speaker in speakers {
        let label = labels.get(&speaker.id);
        if let Some(name) = label.and_then(|label| label.name.clone()) {
            speaker.name = name;
        }
        if let Some(role) = label.and_then(|label| label.role) {
            speaker.role = Some(role);
            speaker.role_confidence = Some(1.0);
        } else if speaker.role.is_some_and(given) {
            speaker.role = None;
            speaker.role_confidence = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(value: serde_json::Value) -> BTreeMap<u32, SpeakerLabel> {
        serde_json::from_value(value).unwrap()
    }

    fn guessed(role: Role, id: u32) -> Speaker {
        Speaker {
            role: Some(role),
            role_confidence: Some(0.8),
            ..Speaker::unnamed(id)
        }
    }

    #[test]
    fn labels_keep_their_form() {
        let value = json!({"0": "Ada", "1": {"name": "Bob", "role": "interviewer"}, "2": {"role": "other"}});
        assert_eq!(json!(labels(value.clone())), value);
        let newer = json!({"0": {"name": "Ada", "pronouns": "she"}, "1": {"role": "observer"}});
        assert_eq!(json!(labels(newer.clone())), newer);
    }

    #[test]
    fn a_persons_role_is_certain_and_replaces_the_guess() {
        let mut speakers = [guessed(Role::Interviewer, 0), guessed(Role::Interviewee, 1)];
        apply(
            &labels(json!({"1": {"role": "interviewer"}})),
            &mut speakers,
        );
        assert_eq!(
            (speakers[1].role, speakers[1].role_confidence),
            (Some(Role::Interviewer), Some(1.0))
        );
        assert_eq!(
            (speakers[0].role, speakers[0].role_confidence),
            (None, None)
        );
    }

    #[test]
    fn a_name_leaves_the_guessed_role() {
        let mut speakers = [guessed(Role::Interviewer, 0)];
        apply(&labels(json!({"0": "Ada"})), &mut speakers);
        assert_eq!(speakers[0].name.reveal(), "Ada");
        assert_eq!(speakers[0].role_confidence, Some(0.8));
    }
}
