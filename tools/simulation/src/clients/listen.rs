//! Clients that follow the progress of an interview.

use std::time::Duration;

use futures::StreamExt as _;
use http::Method;
use serde_json::Value;

use super::{Client, TRIES};
use crate::requests::{self, ApiCall};

/// How long one follows an interview.
const LIMIT: Duration = Duration::from_hours(2);

/// How soon a listener learns of a change.
const SOON: Duration = Duration::from_mins(1);

/// What a stream of events said.
#[derive(Default)]
struct Heard {
    last_id: Option<String>,
    /// The last status that was told.
    status: Option<String>,
    violation: Option<String>,
}

impl Heard {
    /// Takes whole events; comments keep the stream open.
    fn take(&mut self, text: &str) {
        let field = |event: &str, name: &str| {
            let mut lines = event.lines();
            let value = lines.find_map(|line| line.strip_prefix(name));
            value.map(|value| value.trim_start_matches([':', ' ']).to_owned())
        };
        for event in text.split("\n\n") {
            let Some(id) = field(event, "id:") else {
                continue;
            };
            if self.last_id.as_deref() == Some(&id) {
                self.violation = Some(format!("a listener gets event {id} twice"));
            }
            let data = field(event, "data:").unwrap_or_default();
            let data: Value = serde_json::from_str(&data).unwrap_or_default();
            if let Some(status) = data["status"].as_str() {
                self.status = Some(status.to_owned());
            }
            self.last_id = Some(id);
        }
    }

    fn is_final(&self) -> bool {
        let status = self.status.as_deref();
        matches!(status, Some("completed" | "partial" | "failed"))
    }
}

impl Client {
    /// Follows the interview until it is final, it is deleted, or patience ends.
    pub(super) async fn listen(self) {
        let mut heard = Heard::default();
        let until = tokio::time::Instant::now() + LIMIT;
        while tokio::time::Instant::now() < until && !heard.is_final() {
            if self.follow(&mut heard, until).await.is_none() {
                return;
            }
            if let Some(violation) = heard.violation.take() {
                self.complain(violation);
            }
            self.pause(20).await;
        }
        // A new connection after the end tells of it.
        for _ in 0..TRIES {
            if heard.is_final() || !self.is_final_now().await {
                return;
            }
            let until = tokio::time::Instant::now() + SOON;
            if self.follow(&mut heard, until).await.is_none() {
                return;
            }
        }
        if !heard.is_final() && !self.is_restored() {
            self.complain("a listener is not told of the end".to_owned());
        }
    }

    /// One connection; nothing where the interview is not there.
    async fn follow(&self, heard: &mut Heard, until: tokio::time::Instant) -> Option<()> {
        let path = format!("{}/events", self.path());
        let mut headers = vec![("x-user-id", self.known.user.clone())];
        headers.extend(heard.last_id.clone().map(|id| ("last-event-id", id)));
        let call = ApiCall {
            who: format!("client {}", self.number),
            method: Method::GET,
            path,
            headers,
            body: Vec::new(),
        };
        let Some((status, mut pieces)) = requests::open(&self.world, &self.fleet, call).await
        else {
            return Some(());
        };
        match status {
            200 => {}
            404 => return None,
            _ => return Some(()),
        }
        loop {
            match tokio::time::timeout_at(until, pieces.next()).await {
                Ok(Some(text)) => heard.take(&text),
                Ok(None) | Err(_) => return Some(()),
            }
        }
    }

    async fn is_final_now(&self) -> bool {
        let answer = self.request(Method::GET, &self.path(), None).await;
        let interview = answer.map(|(_, interview)| interview).unwrap_or_default();
        let status = interview["status"].as_str();
        matches!(status, Some("completed" | "partial" | "failed"))
    }
}
