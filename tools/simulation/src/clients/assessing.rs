//! Clients that assess: what a person says, and by which rubric.

use http::Method;
use serde_json::{Value, json};

use super::{Client, OwnRubric, TRIES};

impl Client {
    /// Writes a person's assessment.
    pub(super) async fn assess(&self) {
        let decision = self.unique("decision ");
        let body = json!({
            "decision": decision, "author": "Grace",
            "competencies": [{"name": "Sailing", "rating": 4, "comment": "to the island"}],
        });
        let path = format!("{}/assessment", self.path());
        match self.request(Method::PUT, &path, Some(body)).await {
            Some((200, stored)) => {
                let version = stored["version"].as_u64().unwrap_or(0);
                let stored = (version, decision);
                self.known.edits.open().assessments.push(stored);
            }
            Some((404 | 409 | 429, _)) | None => {}
            Some((status, problem)) => {
                self.object(format!("an assessment gets {status}: {problem}"));
            }
        }
    }

    /// Keeps a rubric: creates it, mostly changes and uses it, and may delete it.
    pub(super) async fn keep_rubric(&self) {
        let Some(mut rubric) = self.create_rubric().await else {
            return;
        };
        if self.chance(70) {
            self.change_rubric(&mut rubric).await;
        }
        if self.chance(50) {
            let change = json!({"rubric_id": rubric.id});
            self.patch(change).await;
        } else {
            let run = json!({"step": "analysis", "rubric_id": rubric.id});
            self.run_again(run).await;
        }
        if self.chance(30) {
            self.change_rubric(&mut rubric).await;
        }
        if self.chance(70) {
            self.delete_rubric(&mut rubric).await;
        }
        self.known.edits.open().rubrics.push(rubric);
    }

    async fn create_rubric(&self) -> Option<OwnRubric> {
        let name = self.unique("rubric ");
        let key = self.unique("key");
        let body = json!({"name": name, "competencies": [{"name": "Sailing"}]});
        for number in 0..TRIES {
            let body = Some(body.clone());
            let answer = self.request_with(Method::POST, "/v1/rubrics", body, Some(&key));
            match answer.await {
                Some((201, made)) => {
                    return Some(OwnRubric {
                        id: made["id"].as_str()?.to_owned(),
                        newest: Some((1, name)),
                        is_certain: number == 0,
                        ..OwnRubric::default()
                    });
                }
                Some((409 | 429, _)) | None => {}
                Some((status, problem)) => {
                    self.object(format!("a new rubric gets {status}: {problem}"));
                    return None;
                }
            }
            self.pause(20).await;
        }
        None
    }

    async fn change_rubric(&self, rubric: &mut OwnRubric) {
        let name = self.unique("rubric ");
        let path = format!("/v1/rubrics/{}", rubric.id);
        let body = Some(json!({"name": name}));
        match self.request(Method::PATCH, &path, body).await {
            Some((200, stored)) => {
                let version = stored["version"].as_u64().unwrap_or(0);
                if rubric
                    .newest
                    .as_ref()
                    .is_some_and(|(old, _)| version != old + 1)
                {
                    self.object(format!("a change of {:?} makes {stored}", rubric.newest));
                }
                rubric.newest = Some((version, name));
            }
            Some((409 | 429, _)) => {}
            None => rubric.newest = None,
            Some((status, problem)) => {
                self.object(format!("a change of a rubric gets {status}: {problem}"));
            }
        }
    }

    async fn delete_rubric(&self, rubric: &mut OwnRubric) {
        let path = format!("/v1/rubrics/{}", rubric.id);
        rubric.deletion_sent = true;
        for _ in 0..TRIES {
            let answer: Option<(u16, Value)> = self.request(Method::DELETE, &path, None).await;
            if let Some((204 | 404, _)) = answer {
                rubric.is_deleted = true;
                return;
            }
            self.pause(20).await;
        }
    }
}
