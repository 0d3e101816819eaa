//! Shares: links that open an interview, its report or one of its highlights to people without
//! an account.
//!
//! A link names its share and is signed; the share itself lies below its interview, so that it
//! can be listed and revoked and ends with the interview.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    analysis::Analysis,
    paths::DocPath,
    transcript::Transcript,
    versions::{UnknownFields, open_enum, strip_unknown},
    waveform::StoredWaveform,
};

/// The most shares of an interview.
pub const MAX_SHARES: usize = 100;

/// How long a link opens, unless its owner says otherwise.
pub const SHARE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The shortest time for which a link opens.
pub const MIN_SHARE_LIFETIME: Duration = Duration::from_mins(1);

/// The longest time for which a link opens.
pub const MAX_SHARE_LIFETIME: Duration = Duration::from_hours(366 * 24);

open_enum! {
    /// What a share shows. One of a newer release opens nothing in this one, whatever it is
    /// listed as.
    pub enum ShareScope, unknown as Report {
        /// The report as it is stored, as a page and as a Word document.
        Report = "report",
        /// What is known of the interview now, the transcript included, without notes, a
        /// person's assessment and costs.
        Interview = "interview",
        /// The words of one highlight, with the title of the interview, who says them and when.
        Highlight = "highlight",
    }
}

/// `shares/{id}` below the interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Its id.
    pub id: String,
    /// What it shows.
    pub scope: ShareScope,
    /// The highlight that it shows, by its id, where it shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlight_id: Option<String>,
    /// Whether the recording can be listened to.
    pub with_audio: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when its link opens.
    pub expires_at: Timestamp,
    /// How often its page was opened.
    pub views: u64,
    /// When that was last.
    pub last_viewed_at: Option<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Share, scope);

/// What the link of a share says: which share it is of, and until when it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareLink {
    /// The interview.
    pub key: InterviewKey,
    /// The share's id.
    pub share_id: String,
    /// Until when it opens.
    pub expires_at: Timestamp,
}

impl ShareLink {
    /// The purpose for which links are signed.
    pub const PURPOSE: &'static str = "share";

    /// The link of a share.
    pub fn of(key: &InterviewKey, share: &Share) -> Self {
        Self {
            key: key.clone(),
            share_id: share.id.clone(),
            expires_at: share.expires_at,
        }
    }

    /// What is signed.
    pub fn text(&self) -> String {
        let (user, interview) = (&self.key.user_id, &self.key.interview_id);
        let expires_ms = self.expires_at.as_millis();
        format!("{user}.{interview}.{}.{expires_ms}", self.share_id)
    }

    /// Reads what was signed.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [user, interview, share, expires_ms] = parts[..] else {
            return None;
        };
        Some(Self {
            key: InterviewKey {
                user_id: UserId::parse(user).ok()?,
                interview_id: InterviewId::parse(interview).ok()?,
            },
            share_id: share.to_owned(),
            expires_at: Timestamp::from_millis(expires_ms.parse().ok()?),
        })
    }

    /// Where its share lies; nothing for what cannot be an id.
    pub fn share(&self) -> Option<DocPath> {
        self.key.share(&self.share_id)
    }
}

/// What the page of an interview shows to people without an account.
#[derive(Clone, Copy)]
pub struct SharedContent<'a> {
    /// What it is about.
    pub interview: &'a Interview,
    /// The transcript, corrected and with the names of its speakers.
    pub transcript: &'a Transcript,
    /// The analysis with its quotes as they stand in the transcript; absent where none could
    /// be made.
    pub analysis: Option<&'a Analysis>,
    /// How loud it is; absent where that is not known.
    pub waveform: Option<&'a StoredWaveform>,
}

/// A page that loads nothing and runs no script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPage {
    /// The page in UTF-8.
    pub html: String,
    /// The SHA-256 of its style sheet in Base64.
    pub style_sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_reads_back_and_nothing_else_is_one() {
        let link = ShareLink {
            key: InterviewKey {
                user_id: UserId::parse("anna_b-1").unwrap(),
                interview_id: InterviewId::parse("i").unwrap(),
            },
            share_id: "s".repeat(24),
            expires_at: Timestamp::from_millis(1_767_225_600_123),
        };
        assert_eq!(ShareLink::parse(&link.text()), Some(link.clone()));
        for wrong in ["", "a.b.c", "a.b.c.d", "a.b.c.1.2", "a/b.i.s.1", ".i.s.1"] {
            assert_eq!(ShareLink::parse(wrong), None, "{wrong}");
        }
        assert!(link.share().is_some());
        let strange = ShareLink {
            share_id: "../notes".into(),
            ..link
        };
        assert_eq!(strange.share(), None);
    }
}
