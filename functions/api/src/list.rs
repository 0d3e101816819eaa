//! Lists of interviews.

use domain::{
    Interview, UserId,
    interview::Status,
    paths::{DocPath, interviews_of},
    ports::{Direction, Query},
};
use http::{Response, StatusCode};
use runtime::{
    http::{Body, Problem, json},
    report_unreadable,
};
use serde_json::{Value, json};

use crate::{
    Api,
    page::{Page, not_given_out, read_token, token},
    request::ApiRequest,
};

/// The most items of a page.
pub(crate) const MAX_LIMIT: usize = 100;

/// The items of a page whose size is not requested.
pub(crate) const DEFAULT_LIMIT: usize = 20;

/// What `?status=` takes, and what a status can be.
pub(crate) const STATUSES: [&str; 5] = [
    Status::AwaitingUpload.as_str(),
    Status::Processing.as_str(),
    Status::Completed.as_str(),
    Status::Partial.as_str(),
    Status::Failed.as_str(),
];

impl Api {
    pub(crate) async fn list(&self, request: &ApiRequest) -> Result<Response<Body>, Problem> {
        request.only_query(&["limit", "page_token", "status"])?;
        let user = request.user()?;
        let limit = limit(request)?;
        let query = Query {
            equal: status(request)?.into_iter().collect(),
            order_by: Some("created_at".into()),
            direction: Direction::Descending,
            after: page_token(request, user)?,
            // One more shows whether there is a next page.
            limit: limit + 1,
            ..Query::collection(interviews_of(user))
        };
        let mut found = self.records.list(&query).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| {
            let (_, id) = last.path.split();
            token(&json!([last.fields["created_at"], id]))
        });
        let mut items = Vec::new();
        // One that cannot be read, perhaps of a newer release, does not hide the others.
        for document in &found {
            match document.decode::<Interview>() {
                Ok(interview) if interview.deleted_at.is_none() => {
                    items.push(self.view(&interview));
                }
                Ok(_) => {}
                Err(error) => report_unreadable(document, &error),
            }
        }
        let page = Page {
            items,
            next_page_token: next,
        };
        Ok(json(StatusCode::OK, &page))
    }
}

/// How many to answer at most.
pub(crate) fn limit(request: &ApiRequest) -> Result<usize, Problem> {
    let Some(text) = request.query_value("limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    let parsed = text.parse().ok();
    let valid = parsed.filter(|limit| (1..=MAX_LIMIT).contains(limit));
    valid.ok_or_else(|| {
        let detail = format!("`limit` takes a number from 1 to {MAX_LIMIT}");
        Problem::bad_request("invalid_parameter", detail)
    })
}

fn status(request: &ApiRequest) -> Result<Option<(String, Value)>, Problem> {
    let Some(requested) = request.query_value("status") else {
        return Ok(None);
    };
    if STATUSES.contains(&&*requested) {
        return Ok(Some(("status".into(), json!(requested))));
    }
    let detail = format!("`status` takes {}", STATUSES.join(", "));
    Err(Problem::bad_request("invalid_parameter", detail))
}

fn page_token(request: &ApiRequest, user: &UserId) -> Result<Option<(Value, DocPath)>, Problem> {
    let Some(token) = request.query_value("page_token") else {
        return Ok(None);
    };
    let (created_at, id): (String, String) = read_token(&token)?;
    let path = DocPath::parse(&format!("{}/{id}", interviews_of(user)));
    let path = path.ok_or_else(not_given_out)?;
    Ok(Some((json!(created_at), path)))
}
