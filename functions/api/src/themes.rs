//! Themes across the interviews of a collection.
//!
//! A request begins a step of the collection ([`domain::themes`]), which the function `analyze`
//! does; `body` shows where it stands and what it made, with the interviews as they are now.

mod body;

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, collections,
    ids::random_name,
    ledger::{self, Amounts},
    paths::DocPath,
    ports::{Enqueued, Queue, Records},
    steps::StepState,
    themes::{CollectionKey, LEAST_INTERVIEWS, MAX_INTERVIEWS, ThemesRun, store},
};
use http::StatusCode;
use runtime::http::Problem;
use steps::{THEMES_QUEUE, themes_task};

pub(crate) use self::body::ThemesBody;
use crate::{
    Api,
    collections::no_collection,
    error::ApiError,
    extract::{IdempotencyKey, OwnCollection},
    openapi::{errors, examples, parameters::CollectionId},
};

/// How many interviews are read at once.
const PAGE: usize = 50;

/// Start to look for themes across a collection
///
/// The language engine proposes what the interviews have in common, from their stored analyses.
/// Each theme rests on quotes of at least two interviews that are in the newest transcripts;
/// quotes that are not found are left out, and themes without enough of them. It needs the
/// analyses of at least two interviews, and takes at most 300 interviews.
///
/// While a run is open, the response is that run. The themes of the run before stay until this
/// one is done, and if it fails.
#[utoipa::path(
    post, path = "/v1/collections/{collection_id}/themes", operation_id = "start_collection_themes",
    tag = "Collections",
    params(CollectionId, IdempotencyKey),
    responses((status = 202, description = "Where the run stands.", body = ref("#/components/schemas/CollectionThemes"), example = examples::themes)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::PrerequisiteFailed, ErrorCode::TooManyInterviews])))),
)]
pub(crate) async fn start(
    State(api): State<Arc<Api>>,
    idempotency_key: IdempotencyKey,
    own: OwnCollection,
) -> Result<(StatusCode, Json<ThemesBody>), ApiError> {
    let (key, path) = key(own)?;
    let user = key.user_id.clone();
    let request = idempotency_key.digest_in(&format!("{user}/{}/themes", key.collection_id));
    let open = store::run(&*api.records, &path).await?;
    if !open.is_some_and(|run| run.answers(request.as_deref())) {
        api.admit_themes(&key).await?;
    }
    let begin = Begin {
        records: Arc::clone(&api.records),
        queue: Arc::clone(&api.queue),
        now: api.clock.now(),
        key,
        request,
    };
    // Goes on after the client disconnects: half of it would wait for the sweep.
    let answer = tokio::spawn(async move { begin.run().await });
    let run = answer.await.map_err(|_| Problem::internal())??;
    let body = api.themes_body(&user, &path, Some(run)).await?;
    Ok((StatusCode::ACCEPTED, Json(body)))
}

/// Read the themes across a collection
///
/// Where the newest run stands, and what the last one that succeeded has found. What is said of
/// interviews that are deleted is not shown: with its quotes go the summaries that it had a part
/// in, and themes that rest on fewer than two others.
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/themes", operation_id = "get_collection_themes",
    tag = "Collections",
    params(CollectionId),
    responses((status = 200, description = "The themes.", body = ref("#/components/schemas/CollectionThemes"), example = examples::themes)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    own: OwnCollection,
) -> Result<Json<ThemesBody>, ApiError> {
    let (key, path) = key(own)?;
    let run = store::run(&*api.records, &path).await?;
    Ok(Json(api.themes_body(&key.user_id, &path, run).await?))
}

/// One request.
struct Begin {
    records: Arc<dyn Records>,
    queue: Arc<dyn Queue>,
    key: CollectionKey,
    /// A digest of its idempotency key.
    request: Option<String>,
    now: domain::Timestamp,
}

impl Begin {
    async fn run(&self) -> Result<ThemesRun, Problem> {
        let request = self.request.as_deref();
        let run = store::request(&*self.records, &self.key, request, self.now).await?;
        let run = run.ok_or_else(no_collection)?;
        if run.step.state == StepState::Pending {
            // Also for a run that is open: its task may be lost. A second one does no harm.
            let (id, number) = (&self.key.collection_id, run.number);
            let plain = format!("{id}-themes-{number}-{}", random_name());
            let task = themes_task(&self.key, &plain).map_err(|_| Problem::internal())?;
            // Where it fails, the same request or the sweep queues the run that is open now.
            let (Enqueued::Accepted | Enqueued::Duplicate) =
                self.queue.enqueue(THEMES_QUEUE, task).await?;
        }
        Ok(run)
    }
}

impl Api {
    /// Refuses what would fail: a collection with too few analyses or too many interviews, and a
    /// user whose budget is used up.
    async fn admit_themes(&self, key: &CollectionKey) -> Result<(), Problem> {
        let (limits, now) = (self.limits.spending.of_cost(), self.clock.now());
        let checked = ledger::check(
            &*self.records,
            &key.user_id,
            &limits,
            Amounts::default(),
            now,
        );
        checked.await?;
        let members = self.themes_members(key).await?;
        if members.len() > MAX_INTERVIEWS {
            let detail = format!(
                "the collection has more than the {MAX_INTERVIEWS} interviews that themes are \
                 derived from: make them of a smaller collection"
            );
            return Err(Problem::new(ErrorCode::TooManyInterviews, detail));
        }
        let analyzed = members.iter().filter(|own| is_analyzed(own)).count();
        if analyzed < LEAST_INTERVIEWS {
            let detail = format!(
                "themes need the analyses of at least {LEAST_INTERVIEWS} interviews of the \
                 collection; it has {analyzed}"
            );
            return Err(Problem::new(ErrorCode::PrerequisiteFailed, detail));
        }
        Ok(())
    }

    /// The interviews of a collection, newest first; one more than themes are derived from where
    /// there are more.
    async fn themes_members(&self, key: &CollectionKey) -> Result<Vec<Interview>, Problem> {
        let mut query = collections::members_newest_first(&key.user_id, &key.collection_id);
        query.limit = PAGE;
        let mut members: Vec<Interview> = Vec::new();
        loop {
            let page = self.records.list(&query).await?;
            if let Some(last) = page.last() {
                query.after = Some((last.fields["created_at"].clone(), last.path.clone()));
            }
            let is_last = page.len() < PAGE;
            members.extend(steps::readable::<Interview>(&page));
            members.retain(|interview| interview.deleted_at.is_none());
            if is_last || members.len() > MAX_INTERVIEWS {
                return Ok(members);
            }
        }
    }
}

/// The key of a user's collection, and its document.
fn key(own: OwnCollection) -> Result<(CollectionKey, DocPath), Problem> {
    let key = CollectionKey {
        user_id: own.user,
        collection_id: own.collection.id,
    };
    let path = key.document().ok_or_else(no_collection)?;
    Ok((key, path))
}

/// Whether themes are derived from an interview.
fn is_analyzed(interview: &Interview) -> bool {
    interview.steps.analysis.state == StepState::Done
}
