//! Collections of interviews: a role, a study, a story.

mod body;

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, Timestamp, UserId,
    collections::{self, Collection, MAX_COLLECTIONS},
    paths,
    paths::DocPath,
    ports::{Direction, Precondition, Query as RecordsQuery, Write},
    versions::UnknownFields,
};
use http::{StatusCode, header};
use runtime::http::Problem;
use serde_json::{Value, json};
use steps::readable;

pub(crate) use self::body::{ChangeCollection, CollectionBody, NewCollection};
use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnCollection, PathValues, QueryParameters},
    new_interview::MAX_BODY,
    openapi::{errors, examples, parameters::CollectionId},
    page::{Page, PageQuery, cut, not_given_out, read_token},
    validation::{check_key_terms, check_name, check_retention, invalid},
};

/// List your collections, newest first
#[utoipa::path(
    get, path = "/v1/collections", operation_id = "list_collections", tag = "Collections",
    params(QueryParameters<PageQuery>),
    responses((status = 200, description = "A page of collections.", body = ref("#/components/schemas/CollectionPage"), example = json!(examples::page(&examples::collection())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<CollectionBody>>, ApiError> {
    let after = query.page_token.as_deref();
    let wanted = RecordsQuery {
        order_by: Some("created_at".into()),
        direction: Direction::Descending,
        after: after.map(|token| place(token, &user)).transpose()?,
        // One more shows whether there is a next page.
        limit: query.limit + 1,
        ..RecordsQuery::collection(paths::collections_of(&user))
    };
    let mut found = api.records.list(&wanted).await?;
    let next = cut(&mut found, query.limit, "created_at");
    let mut stored: Vec<Collection> = readable(&found);
    stored.retain(|collection| collection.deleted_at.is_none());
    Ok(Json(Page {
        items: stored.into_iter().map(CollectionBody::from).collect(),
        next_page_token: next,
    }))
}

/// Where the page begins.
fn place(token: &str, user: &UserId) -> Result<(Value, DocPath), Problem> {
    let (created_at, id): (Timestamp, String) = read_token(token)?;
    let path = paths::collection(user, &id).ok_or_else(not_given_out)?;
    Ok((json!(created_at), path))
}

/// Create a collection
#[utoipa::path(
    post, path = "/v1/collections", operation_id = "create_collection", tag = "Collections",
    params(IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewCollection"), examples(
        ("role" = (summary = "A role", value = json!(examples::new_collection()))),
        ("plain" = (summary = "A title alone", value = json!({"title": "A summer"}))),
    )),
    responses((
        status = 201,
        description = "The collection.",
        body = ref("#/components/schemas/Collection"),
        headers(("Location" = String)),
        example = examples::collection
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::IdempotencyKeyUsed, ErrorCode::TooManyCollections])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewCollection, MAX_BODY>,
) -> Result<Response, ApiError> {
    let id = idempotency_key.id_in(&format!("{user}/collections"));
    let path = paths::collection(&user, &id).ok_or_else(no_collection)?;
    if let Some(made) = api.stored(&path).await? {
        return Ok(made_before(made)?);
    }
    let now = api.clock.now();
    let collection = Collection {
        id,
        title: new.title,
        kind: new.kind,
        rubric_id: new.rubric_id,
        key_terms: new.key_terms,
        retention_days: new.retention_days,
        webhook_url: new.webhook_url,
        created_at: now,
        updated_at: now,
        themes_due_at: None,
        deleted_at: None,
        unknown: UnknownFields::default(),
    };
    api.check_collection(&user, &collection, None).await?;
    let all = RecordsQuery::collection(paths::collections_of(&user));
    if api.records.list_paths(&all).await?.len() >= MAX_COLLECTIONS {
        let detail = format!(
            "a user has at most {MAX_COLLECTIONS} collections, those deleted in the last 24 hours included"
        );
        return Err(Problem::new(ErrorCode::TooManyCollections, detail).into());
    }
    let write = Write::put(path.clone(), &collection, Precondition::Absent)?;
    let written = api.records.commit(vec![write]).await;
    // By the same key, at the same time.
    let made = api.made_once(&path, collection, written).await?;
    Ok(made_before(made)?)
}

fn made_before(collection: Collection) -> Result<Response, Problem> {
    if collection.deleted_at.is_some() {
        let detail = "the collection that this key created is deleted: send another key";
        return Err(Problem::new(ErrorCode::IdempotencyKeyUsed, detail));
    }
    Ok(created(collection))
}

fn created(collection: Collection) -> Response {
    let location = format!("/v1/collections/{}", collection.id);
    let body = Json(CollectionBody::from(collection));
    (StatusCode::CREATED, [(header::LOCATION, location)], body).into_response()
}

/// Read a collection
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}", operation_id = "get_collection", tag = "Collections",
    params(CollectionId),
    responses((status = 200, description = "The collection.", body = ref("#/components/schemas/Collection"), example = examples::collection)),
)]
pub(crate) async fn show(
    OwnCollection { collection, .. }: OwnCollection,
) -> Result<Json<CollectionBody>, ApiError> {
    Ok(Json(collection.into()))
}

/// Change a collection
///
/// It holds for interviews that are created from then on.
#[utoipa::path(
    patch, path = "/v1/collections/{collection_id}", operation_id = "change_collection", tag = "Collections",
    params(CollectionId),
    request_body(content = ref("#/components/schemas/ChangeCollection"), examples(
        ("title" = (summary = "Another title", value = json!({"title": "Engineer, Hamburg"}))),
        ("none" = (summary = "Nothing is given to new interviews", value = json!(
            {"kind": null, "rubric_id": null, "key_terms": [], "retention_days": null, "webhook_url": null}
        ))),
    )),
    responses((status = 200, description = "The collection as it is now.", body = ref("#/components/schemas/Collection"), example = examples::collection)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::InvalidField])))),
)]
pub(crate) async fn change(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
    JsonBody(change): JsonBody<ChangeCollection, MAX_BODY>,
) -> Result<Json<CollectionBody>, ApiError> {
    let id = values.get("collection_id");
    let found = collections::find(&*api.records, &user, id).await?;
    let (before, version) = found.ok_or_else(no_collection)?;
    let after = Collection {
        title: change.title.unwrap_or_else(|| before.title.clone()),
        kind: change.kind.apply(before.kind),
        rubric_id: change.rubric_id.apply(before.rubric_id.clone()),
        key_terms: change.key_terms.unwrap_or_else(|| before.key_terms.clone()),
        retention_days: change.retention_days.apply(before.retention_days),
        webhook_url: change.webhook_url.apply(before.webhook_url.clone()),
        updated_at: api.clock.now(),
        ..before.clone()
    };
    api.check_collection(&user, &after, Some(&before)).await?;
    let path = paths::collection(&user, &after.id).ok_or_else(no_collection)?;
    let write = Write::put(path, &after, Precondition::Version(version))?;
    api.records.commit(vec![write]).await?;
    Ok(Json(after.into()))
}

/// Delete a collection
///
/// Its interviews stay, and are in no collection then.
#[utoipa::path(
    delete, path = "/v1/collections/{collection_id}", operation_id = "delete_collection", tag = "Collections",
    params(CollectionId),
    responses((status = 204, description = "The collection is deleted.")),
    extensions(("x-errors" = json!(errors(&[ErrorCode::Conflict])))),
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let id = values.get("collection_id");
    // Should this break off, the mark stays; the same request or the sweep goes on.
    if collections::delete(&*api.records, &user, id, api.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_collection().into())
    }
}

impl Api {
    /// The collection that an interview is put into, if one is given.
    pub(crate) async fn given_collection(
        &self,
        user: &UserId,
        id: Option<&str>,
    ) -> Result<Option<Collection>, Problem> {
        let Some(id) = id else {
            return Ok(None);
        };
        let found = collections::find(&*self.records, user, id).await?;
        let none = || {
            let id: String = id.escape_debug().take(40).collect();
            invalid("collection_id", &format!("you have no collection `{id}`"))
        };
        let (collection, _) = found.ok_or_else(none)?;
        Ok(Some(collection))
    }

    /// Checks a collection; its rubric and webhook URL where they are not those of before.
    async fn check_collection(
        &self,
        user: &UserId,
        new: &Collection,
        before: Option<&Collection>,
    ) -> Result<(), Problem> {
        check_name("title", &new.title)?;
        check_key_terms(&new.key_terms)?;
        check_retention(new.retention_days)?;
        let is_new = |field: fn(&Collection) -> &Option<String>| {
            before.is_none_or(|before| field(before) != field(new))
        };
        if let Some(url) = &new.webhook_url
            && is_new(|own| &own.webhook_url)
        {
            self.check_webhook(url)?;
        }
        if is_new(|own| &own.rubric_id) {
            let id = new.rubric_id.as_deref();
            self.assigned_rubric(user, None, id).await?;
        }
        Ok(())
    }
}

/// 404 for a collection that does not exist or belongs to another user.
pub(crate) fn no_collection() -> Problem {
    Problem::new(ErrorCode::NoSuchCollection, "there is no such collection")
}
