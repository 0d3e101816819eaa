//! What is another's is as if it were not there: the same answers, for the same work.

use std::sync::Arc;

use http::Method;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    recording_store::Watched,
    support::{TestHost, wav},
};

/// Anna's interview, whole, with a note; and a service that watches what is looked at.
struct Scenario {
    test: TestHost,
    watched: Arc<Watched>,
    url: String,
    id: String,
    note: String,
    highlight: String,
    share: String,
    delivery: String,
}

impl Scenario {
    async fn set() -> Self {
        let test = TestHost::start().await;
        let id = test.submit(wav(3)).await;
        test.drain().await;
        let path = format!("/v1/interviews/{id}");
        let (notes, log) = (
            format!("{path}/notes"),
            format!("{path}/webhook-deliveries"),
        );
        let note = json!({"text": "a secret"});
        let (_, note) = test.ask(Method::POST, &notes, Some(note)).await;
        let words = json!({"from": "w0", "to": "w1", "tags": ["a secret"]});
        let highlights = format!("{path}/highlights");
        let (_, highlight) = test.ask(Method::POST, &highlights, Some(words)).await;
        let share = json!({"scope": "report"});
        let (_, share) = test
            .ask(Method::POST, &format!("{path}/shares"), Some(share))
            .await;
        let (_, log) = test.ask(Method::GET, &log, None).await;
        let watched = Arc::new(Watched::over(test.host.store.records()));
        let mut api = test.host.api();
        api.records = Arc::clone(&watched) as _;
        let url = test.serve(api).await;
        Self {
            test,
            watched,
            url,
            id,
            note: note["id"].as_str().unwrap().to_owned(),
            highlight: highlight["id"].as_str().unwrap().to_owned(),
            share: share["id"].as_str().unwrap().to_owned(),
            delivery: log["items"][0]["id"].as_str().unwrap().to_owned(),
        }
    }

    /// What the stranger is told, and what is looked at for it, when this stands for
    /// the interview's id; what differs from request to request is left out.
    async fn told(&self, method: &Method, path: &str, id: &str) -> (String, Vec<String>) {
        let path = path.replace("{id}", id).replace("{filename}", id);
        let path = path.replace("{collection_id}", id);
        let path = path.replace("{note_id}", &self.note);
        let path = path.replace("{highlight_id}", &self.highlight);
        let path = path.replace("{share_id}", &self.share);
        let path = path.replace("{token_id}", id);
        let path = path.replace("{delivery_id}", &self.delivery);
        let path = path.replace("{run_id}", &"0".repeat(24));
        let mut request = self
            .test
            .client
            .request(method.clone(), format!("{}{path}", self.url));
        request = request
            .header("x-user-id", "stranger")
            .header("x-request-id", "r");
        match body(method, &path) {
            Some(body) => request = request.json(&body),
            None if *method == Method::POST => request = request.header("content-length", "0"),
            None => {}
        }
        self.watched.uses.lock().unwrap().clear();
        let told = text(request.send().await.unwrap()).await;
        let uses = std::mem::take(&mut *self.watched.uses.lock().unwrap());
        let uses = uses.into_iter().map(|one| one.replace(id, "ID")).collect();
        (told.replace(id, "ID"), uses)
    }
}

/// A body that would be accepted.
fn body(method: &Method, path: &str) -> Option<Value> {
    match *method {
        Method::PATCH if path.contains("/notes/") => Some(json!({"text": "changed"})),
        Method::PATCH if path.contains("/highlights/") => Some(json!({"tags": ["changed"]})),
        Method::PATCH => Some(json!({"title": "changed"})),
        Method::POST if path.ends_with("/notes") => Some(json!({"text": "added"})),
        Method::POST if path.ends_with("/highlights") => Some(json!({"from": "w0", "to": "w1"})),
        Method::POST if path.ends_with("/shares") => Some(json!({"scope": "report"})),
        _ => None,
    }
}

/// Status, headers but for the date, and body.
async fn text(answer: Response) -> String {
    let mut headers: Vec<String> = answer
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let status = answer.status();
    format!(
        "{status}\n{}\n\n{}",
        headers.join("\n"),
        answer.text().await.unwrap()
    )
}

#[tokio::test]
async fn other_users_interview_is_indistinguishable_from_a_missing_one() {
    let scene = Scenario::set().await;
    let before = scene.test.interview(&scene.id).await;
    // As long as a real one, so that lengths are the same.
    let nobodys = "x".repeat(scene.id.len());
    let mut asked = 0;
    for (path, methods) in api::operations() {
        // The page is public: it fetches its data with requests.
        let page = path.starts_with("/app");
        if page || (!path.contains("{id}") && !path.contains("{filename}")) {
            continue;
        }
        for method in methods {
            let anothers = scene.told(method, path, &scene.id).await;
            let none = scene.told(method, path, &nobodys).await;
            assert!(none.0.starts_with("404"), "{method} {path}: {}", none.0);
            assert_eq!(anothers, none, "{method} {path}");
            assert!(!anothers.1.is_empty(), "{method} {path} looks for it");
            let own = |one: &String| one.contains("users/stranger/");
            assert!(
                anothers.1.iter().all(own),
                "{method} {path}: {:?}",
                anothers.1
            );
            asked += 1;
        }
    }
    assert!(asked >= 33, "{asked}");
    let mut after = scene.test.interview(&scene.id).await;
    // Each response signs a new link.
    after["audio"]["url"] = before["audio"]["url"].clone();
    assert_eq!(after, before, "nothing has changed");
}

#[tokio::test]
async fn other_users_collection_is_indistinguishable_from_a_missing_one() {
    let scene = Scenario::set().await;
    let new = json!({"title": "a secret"});
    let (_, made) = scene
        .test
        .ask(Method::POST, "/v1/collections", Some(new))
        .await;
    let id = made["id"].as_str().unwrap();
    let member = json!({"collection_id": id, "tags": ["mine"]});
    let path = format!("/v1/interviews/{}", scene.id);
    assert_eq!(
        scene.test.ask(Method::PATCH, &path, Some(member)).await.0,
        200
    );
    let nobodys = "x".repeat(id.len());
    let mut asked = 0;
    for (path, methods) in api::operations() {
        for method in methods.iter().filter(|_| path.contains("{collection_id}")) {
            let anothers = scene.told(method, path, id).await;
            let none = scene.told(method, path, &nobodys).await;
            assert!(none.0.starts_with("404"), "{method} {path}: {}", none.0);
            assert_eq!(anothers, none, "{method} {path}");
            let own = |one: &String| one.contains("users/stranger/");
            assert!(
                anothers.1.iter().all(own),
                "{method} {path}: {:?}",
                anothers.1
            );
            asked += 1;
        }
    }
    assert!(asked >= 10, "{asked}");
    // Nor by naming it, or its tags, elsewhere.
    let stranger = async |method: Method, path: String, body: Option<Value>| {
        let request = scene
            .test
            .client
            .request(method, format!("{}{path}", scene.url));
        let request = request
            .header("x-user-id", "stranger")
            .header("x-request-id", "r");
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        text(request.send().await.unwrap()).await
    };
    let mut told = Vec::new();
    for id in [id, &nobodys] {
        let new = json!({"title": "a", "collection_id": id});
        let created = stranger(Method::POST, "/v1/interviews".into(), Some(new)).await;
        assert!(created.starts_with("400"), "{created}");
        let list = format!("/v1/interviews?collection_id={id}");
        let listed = stranger(Method::GET, list, None).await;
        assert!(listed.contains("\"items\":[]"), "{listed}");
        told.push([created, listed].map(|text| text.replace(id, "ID")));
    }
    assert_eq!(told[0], told[1]);
    for list in ["/v1/interviews?tag=mine", "/v1/collections"] {
        let listed = stranger(Method::GET, list.into(), None).await;
        assert!(listed.contains("\"items\":[]"), "{listed}");
    }
    assert_eq!(scene.test.interview(&scene.id).await["collection_id"], id);
}

#[tokio::test]
async fn other_users_access_token_is_indistinguishable_from_a_missing_one() {
    let scene = Scenario::set().await;
    let new = json!({"name": "a secret", "scope": "write"});
    let (status, made) = scene.test.ask(Method::POST, "/v1/tokens", Some(new)).await;
    assert_eq!(status, 201);
    let id = made["id"].as_str().unwrap();
    let path = "/v1/tokens/{token_id}";
    let anothers = scene.told(&Method::DELETE, path, id).await;
    let none = scene
        .told(&Method::DELETE, path, &"x".repeat(id.len()))
        .await;
    assert!(none.0.starts_with("404"), "{}", none.0);
    assert_eq!(anothers, none);
    let own = |one: &String| one.contains("users/stranger/");
    assert!(anothers.1.iter().all(own), "{:?}", anothers.1);
    let listed = scene.told(&Method::GET, "/v1/tokens", id).await;
    assert!(listed.0.contains("\"items\":[]"), "{}", listed.0);
    assert!(listed.1.iter().all(own), "{:?}", listed.1);
    let list = scene.test.get("/v1/tokens").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn signed_token_opens_only_its_own_resource() {
    let scene = Scenario::set().await;
    let other = scene.test.submit(wav(3)).await;
    scene.test.drain().await;
    let link = scene.test.interview(&other).await["audio"]["url"].clone();
    let link = link.as_str().unwrap();
    let swapped = link.replace(&other, &scene.id);
    for (link, status) in [(link, 200), (&swapped, 403)] {
        let answer = scene
            .test
            .client
            .get(format!("{}{link}", scene.url))
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), status, "{link}");
    }
    // Anna's page token is worth nothing to a stranger, who has no interviews.
    let list = scene.test.get("/v1/interviews?limit=1").await;
    let token = list["next_page_token"].as_str().unwrap();
    let path = format!("{}/v1/interviews?page_token={token}", scene.url);
    let request = scene.test.client.get(path).header("x-user-id", "stranger");
    let page: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(page, json!({"items": [], "next_page_token": null}));
}

#[tokio::test]
async fn an_idempotency_key_is_its_users_own() {
    let test = TestHost::start().await;
    let create = |user: &'static str| {
        let request = test.client.post(format!("{}/v1/interviews", test.url));
        let request = request
            .header("x-user-id", user)
            .header("idempotency-key", "k");
        request.json(&json!({"title": user})).send()
    };
    let mut ids = Vec::new();
    for user in ["anna", "ben", "anna"] {
        let created: Value = create(user).await.unwrap().json().await.unwrap();
        assert_eq!(created["title"], user);
        ids.push(created["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[0], ids[2]);
}
