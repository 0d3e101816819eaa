//! Shares and access tokens: those that have ended open nothing, and none is left behind.

use http::Method;

use super::Look;
use crate::{
    clients::{Known, OwnShare, OwnToken},
    instances::Fleet,
    requests::{self, ApiCall},
    world::{State, World, short},
};

/// What the shares and tokens that clients know of an interview open in a world at rest.
pub(super) struct Opened {
    shares: Vec<(OwnShare, Option<u16>)>,
    tokens: Vec<(OwnToken, Option<u16>)>,
    /// Whether their lifetimes are known to be over.
    at: domain::Timestamp,
}

impl Opened {
    pub(super) async fn of(world: &World, fleet: &Fleet, known: &Known) -> Self {
        let (shares, tokens) = {
            let edits = known.edits.open();
            (edits.shares.clone(), edits.tokens.clone())
        };
        let ask = async |path: &str, headers| {
            let call = ApiCall {
                who: "at rest".to_owned(),
                method: Method::GET,
                path: path.to_owned(),
                headers,
                body: Vec::new(),
            };
            let answer = requests::send(world, fleet, call).await;
            answer.map(|(status, _)| status)
        };
        let mut opened = Self {
            shares: Vec::new(),
            tokens: Vec::new(),
            at: world.now(),
        };
        for own in shares {
            let status = ask(&own.link, Vec::new()).await;
            opened.shares.push((own, status));
        }
        for own in tokens {
            let bearer = ("authorization", format!("Bearer {}", own.secret));
            let status = ask("/v1/interviews", vec![bearer]).await;
            opened.tokens.push((own, status));
        }
        opened
    }

    /// 20 and 21, of an interview that may be deleted.
    pub(super) fn check(&self, look: &Look<'_>, is_deleted: bool) -> Vec<String> {
        let mut violations = self.tokens(look);
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                violations.push(look.say(what));
            }
        };
        for (own, status) in &self.shares {
            let opens = *status == Some(200);
            let stored = look.document(&format!("/shares/{}", own.id)).is_some();
            let is_expired = own.over_at <= self.at;
            expect(!(opens && is_expired), "20: an expired share opens");
            expect(
                !(opens && is_deleted),
                "20: a share of a deleted interview opens",
            );
            if own.is_revoked && own.is_certain {
                expect(!opens, "20: a revoked share opens");
                expect(!stored, "20: a revoked share is left");
            }
            if is_deleted {
                continue;
            }
            let edits = look.known.edits.open();
            let is_marked = own.highlight.as_ref().is_none_or(|id| {
                let highlight = edits.highlights.iter().find(|one| one.id == *id);
                highlight.is_some_and(|one| !one.deletion_sent)
            });
            if !own.revocation_sent && is_marked {
                expect(stored, "20: an acknowledged share is lost");
            }
        }
        if !is_deleted {
            violations.extend(of_lost_highlights(look));
        }
        violations
    }

    fn tokens(&self, look: &Look<'_>) -> Vec<String> {
        let mut violations = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                violations.push(look.say(what));
            }
        };
        for (own, status) in &self.tokens {
            let permits = *status == Some(200);
            let entry = format!("users/{}/tokens/{}", look.known.user, own.id);
            let stored = look.state.documents.contains_key(&entry);
            let is_expired = own.over_at <= self.at;
            if own.is_revoked {
                expect(!permits, "21: a revoked token permits");
                expect(!stored, "21: a revoked token is left");
            }
            expect(!(permits && is_expired), "21: an expired token permits");
            if !own.revocation_sent && !is_expired {
                expect(stored && permits, "21: an acknowledged token is lost");
            }
        }
        violations
    }
}

/// 20: no share is left of a highlight that is deleted.
fn of_lost_highlights(look: &Look<'_>) -> Vec<String> {
    let shares = look.documents("shares");
    let lost = shares.filter(|path| {
        let stored = look.state.documents.get(*path);
        let highlight = stored.and_then(|stored| stored.fields["highlight_id"].as_str());
        highlight.is_some_and(|id| look.document(&format!("/highlights/{id}")).is_none())
    });
    lost.map(|path| look.say(&format!("20: {} has no highlight", short(path))))
        .collect()
}

/// 21: every token can be revoked: its secret and its entry are there, or neither.
pub(super) fn half_tokens(state: &State) -> Vec<String> {
    let digest_of = |path: &str| state.documents.get(path)?.fields["digest"].as_str();
    let entries = state.documents.keys();
    let entries = entries.filter(|path| path.split('/').nth(2) == Some("tokens"));
    let mut digests: Vec<&str> = entries.filter_map(|path| digest_of(path)).collect();
    digests.sort_unstable();
    let prefix = "access_tokens/";
    let tokens = state
        .documents
        .keys()
        .filter_map(|path| path.strip_prefix(prefix));
    let mut stored: Vec<&str> = tokens.collect();
    stored.sort_unstable();
    if stored == digests {
        return Vec::new();
    }
    let (tokens, entries) = (stored.len(), digests.len());
    vec![format!(
        "21: there are {tokens} tokens and {entries} entries of tokens"
    )]
}
