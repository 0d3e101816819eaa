//! The secret of a user, which signs the webhooks of their interviews.
//!
//! The service signs the webhooks of a user who has none. A replaced secret signs for
//! [`SECRET_OVERLAP`] more, beside the new one, so that receivers have time to learn the new
//! one; so does the service's when a user makes the first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Private, Timestamp, ids::random_name, versions::UnknownFields, webhook::new_secret};

/// How long a replaced secret signs beside the new one.
pub const SECRET_OVERLAP: Duration = Duration::from_hours(24);

/// The most replaced secrets that are kept: each adds a signature to every webhook.
const MAX_PREVIOUS: usize = 4;

/// `users/{user}/secrets/webhook`: what signs the webhooks of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerSecret {
    /// Its id, which says nothing about it.
    pub id: String,
    /// `whsec_…`.
    pub secret: Private,
    /// When it was made.
    pub created_at: Timestamp,
    /// The secrets before it that still sign, newest first.
    #[serde(default)]
    pub previous: Vec<ReplacedSecret>,
    /// Until when the service's secret signs as well.
    pub service_until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// A secret that has been replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedSecret {
    /// `whsec_…`.
    pub secret: Private,
    /// Until when it signs.
    pub valid_until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl OwnerSecret {
    /// The first secret of a user.
    pub fn first(now: Timestamp) -> Self {
        Self {
            id: random_name(),
            secret: new_secret().into(),
            created_at: now,
            previous: Vec::new(),
            service_until: now + SECRET_OVERLAP,
            unknown: UnknownFields::default(),
        }
    }

    /// A new secret in place of this one, which signs for [`SECRET_OVERLAP`] more.
    #[must_use]
    pub fn rotate(self, now: Timestamp) -> Self {
        let replaced = ReplacedSecret {
            secret: self.secret,
            valid_until: now + SECRET_OVERLAP,
            unknown: UnknownFields::default(),
        };
        let older = self.previous.into_iter();
        let older = older.filter(|before| before.valid_until > now);
        let previous = std::iter::once(replaced).chain(older);
        Self {
            id: random_name(),
            secret: new_secret().into(),
            created_at: now,
            previous: previous.take(MAX_PREVIOUS).collect(),
            ..self
        }
    }

    /// The secrets that sign at `now`, newest first; without the service's.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Private> {
        let older = self.previous.iter();
        let older = older.filter(move |before| before.valid_until > now);
        std::iter::once(&self.secret).chain(older.map(|before| &before.secret))
    }

    /// Whether the service's secret signs at `now` as well.
    pub fn signs_with_service(&self, now: Timestamp) -> bool {
        self.service_until > now
    }

    /// Until when a secret before this one signs, the service's included; `None` when none
    /// does at `now`.
    pub fn previous_valid_until(&self, now: Timestamp) -> Option<Timestamp> {
        let older = self.previous.iter().map(|before| before.valid_until);
        let all = older.chain([self.service_until]);
        all.filter(|until| *until > now).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000)
    }

    #[test]
    fn a_replaced_secret_signs_for_a_day() {
        let first = OwnerSecret::first(at(0));
        assert!(first.signs_with_service(at(23)) && !first.signs_with_service(at(24)));
        let second = first.clone().rotate(at(100));
        assert_ne!((&first.id, &first.secret), (&second.id, &second.secret));
        let signing = |hours| second.signing(at(hours)).collect::<Vec<_>>();
        assert_eq!(signing(101), [&second.secret, &first.secret]);
        assert_eq!(signing(124), [&second.secret]);
        assert_eq!(second.previous_valid_until(at(101)), Some(at(124)));
        assert_eq!(second.previous_valid_until(at(124)), None);
        assert!(!second.signs_with_service(at(101)));
    }

    #[test]
    fn secrets_replaced_in_quick_succession_all_sign_up_to_four() {
        let first = OwnerSecret::first(at(0));
        let third = first.clone().rotate(at(1)).rotate(at(2));
        assert_eq!(third.signing(at(3)).count(), 3);
        assert_eq!(third.signing(at(3)).last(), Some(&first.secret));
        let many = (3..20).fold(third, |secret, hour| secret.rotate(at(hour)));
        assert_eq!(many.signing(at(20)).count(), 1 + MAX_PREVIOUS);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = OwnerSecret::first(at(0)).rotate(at(1));
        assert!(!format!("{secret:?}").contains("whsec_"), "{secret:?}");
    }
}
