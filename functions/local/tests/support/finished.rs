//! An interview whose steps are done, which most tests of corrections and runs begin with.

use domain::{InterviewId, InterviewKey, UserId};
use http::Method;
use serde_json::Value;

use super::{TestHost, wav};

/// A finished interview and its service.
pub struct Finished {
    pub test: TestHost,
    pub id: String,
}

impl Finished {
    /// By the scripted engine.
    pub async fn start() -> Self {
        Self::of(TestHost::start().await).await
    }

    /// In this service.
    pub async fn of(test: TestHost) -> Self {
        let id = test.submit(wav(3)).await;
        test.drain().await;
        Self { test, id }
    }

    /// A path below the interview's, or its own.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/interviews/{}{rest}", self.id)
    }

    /// The interview's key in the stores.
    pub fn key(&self) -> InterviewKey {
        InterviewKey {
            user_id: UserId::parse("local").expect("an id of a user"),
            interview_id: InterviewId::parse(&self.id).expect("an id of an interview"),
        }
    }

    pub async fn get(&self, rest: &str) -> Value {
        self.test.get(&self.path(rest)).await
    }

    /// An export, as text.
    pub async fn text(&self, rest: &str) -> String {
        self.test.text(&self.path(rest)).await
    }

    /// Sends JSON; answers the status and the JSON, if there is any.
    pub async fn send(&self, method: Method, rest: &str, body: Option<Value>) -> (u16, Value) {
        self.test.ask(method, &self.path(rest), body).await
    }

    /// The interview as it is now.
    pub async fn shown(&self) -> Value {
        self.test.interview(&self.id).await
    }
}
