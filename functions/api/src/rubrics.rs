//! Rubrics that a user keeps, in versions, and templates for them.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ErrorCode, UserId,
    analysis::{Criterion, MAX_COMPETENCIES, Rubric},
    interview::Kind,
    paths,
    ports::{Precondition, Query as RecordsQuery, RecordsError, Version, Write},
    rubrics::{MAX_RUBRIC_NAME, MAX_RUBRICS, MAX_VERSIONS, RubricSource, StoredRubric},
    versions::{StripUnknown, UnknownFields, closed},
};
use http::{StatusCode, header};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use steps::readable;

use crate::{
    Api,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, PathValues, QueryParameters, parameter},
    new_interview::MAX_BODY,
    openapi::{errors, examples, parameters::RubricId},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::{LINE, check_rubric, invalid, is_name},
};

/// A new rubric.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRubric {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_RUBRIC_NAME), regex(pattern = LINE))]
    name: String,
    /// The competencies, each by itself.
    #[serde(deserialize_with = "closed")]
    #[schemars(length(min = 1, max = MAX_COMPETENCIES))]
    competencies: Vec<Criterion>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRubric {
    /// Its name.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_RUBRIC_NAME), regex(pattern = LINE))]
    name: Option<String>,
    /// The competencies, all of them.
    #[serde(default, deserialize_with = "closed")]
    #[schemars(length(min = 1, max = MAX_COMPETENCIES))]
    competencies: Option<Vec<Criterion>>,
}

/// The rubrics to begin with.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RubricTemplates {
    /// One for each kind of conversation that has one.
    items: Vec<RubricTemplate>,
}

/// What the interviews of a kind are assessed by, unless they have a rubric of their own.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RubricTemplate {
    /// The kind of conversation.
    kind: Kind,
    /// A name for it.
    name: &'static str,
    /// The competencies, each by itself.
    competencies: Vec<Criterion>,
}

/// Which version of a rubric.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RubricQuery {
    /// A version of the rubric; the newest one where it is left out.
    #[serde(default, deserialize_with = "version")]
    #[schemars(range(min = 1, max = u32::MAX))]
    version: Option<u64>,
}

fn version<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    let parse = |text: &str| text.parse().ok().filter(|version| *version > 0).map(Some);
    parameter(input, parse, "`version` takes a whole number above zero")
}

/// List your rubrics
///
/// By their names, each in its newest version.
#[utoipa::path(
    get, path = "/v1/rubrics", operation_id = "list_rubrics", tag = "Rubrics",
    params(QueryParameters<PageQuery>),
    responses((status = 200, description = "The rubrics.", body = ref("#/components/schemas/RubricVersionPage"), example = json!(examples::page(&examples::stored_rubric())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<StoredRubric>>, ApiError> {
    let all = RecordsQuery::collection(paths::rubrics_of(&user));
    let rubrics: Vec<StoredRubric> = readable(&api.records.list(&all).await?);
    let place = |own: &StoredRubric| -> PageCursor {
        (0, 0, format!("{}\n{}", own.name.to_lowercase(), own.id))
    };
    let shown = sorted_page(&query, rubrics, place, StripUnknown::known_only)?;
    Ok(Json(shown))
}

/// Keep a rubric
#[utoipa::path(
    post, path = "/v1/rubrics", operation_id = "create_rubric", tag = "Rubrics",
    params(IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewRubric"), examples(
        ("rubric" = (summary = "A rubric", value = json!(examples::new_rubric()))),
    )),
    responses((
        status = 201,
        description = "The rubric.",
        body = ref("#/components/schemas/RubricVersion"),
        headers(("Location" = String)),
        example = examples::stored_rubric
    )),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TooManyRubrics])))),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    idempotency_key: IdempotencyKey,
    JsonBody(new): JsonBody<NewRubric, MAX_BODY>,
) -> Result<Response, ApiError> {
    check(&new.name, &new.competencies)?;
    let id = idempotency_key.id_in(&format!("{user}/rubrics"));
    let path = paths::rubric(&user, &id).ok_or_else(no_rubric)?;
    if let Some(made) = api.stored(&path).await? {
        return Ok(created(made));
    }
    let all = RecordsQuery::collection(paths::rubrics_of(&user));
    if api.records.list_paths(&all).await?.len() >= MAX_RUBRICS {
        return Err(too_many(&format!("a user has at most {MAX_RUBRICS} rubrics")).into());
    }
    let now = api.clock.now();
    let rubric = StoredRubric {
        id,
        version: 1,
        name: new.name,
        competencies: new.competencies,
        created_at: now,
        updated_at: now,
        unknown: UnknownFields::default(),
    };
    let written = api.store_rubric(&user, &rubric, Precondition::Absent).await;
    // By the same key, at the same time.
    Ok(created(api.made_once(&path, rubric, written).await?))
}

/// Read a rubric
#[utoipa::path(
    get, path = "/v1/rubrics/{rubric_id}", operation_id = "get_rubric", tag = "Rubrics",
    params(RubricId, QueryParameters<RubricQuery>),
    responses((status = 200, description = "The rubric.", body = ref("#/components/schemas/RubricVersion"), example = examples::stored_rubric)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
    QueryParameters(query): QueryParameters<RubricQuery>,
) -> Result<Json<StoredRubric>, ApiError> {
    let id = values.get("rubric_id");
    let (newest, _) = api.rubric(&user, id).await?.ok_or_else(no_rubric)?;
    let version = query.version.unwrap_or(newest.version);
    if version == newest.version {
        return Ok(Json(newest.known_only()));
    }
    let path = paths::rubric_version(&user, &newest.id, version);
    let rubric: StoredRubric = api.stored(&path).await?.ok_or_else(no_rubric)?;
    Ok(Json(rubric.known_only()))
}

/// Change a rubric
///
/// That is a new version. Interviews keep the one that they were assigned.
#[utoipa::path(
    patch, path = "/v1/rubrics/{rubric_id}", operation_id = "change_rubric", tag = "Rubrics",
    params(RubricId),
    request_body(content = ref("#/components/schemas/ChangeRubric"), examples(
        ("name" = (summary = "Another name", value = json!({"name": "Engineers, second round"}))),
    )),
    responses((status = 200, description = "The new version.", body = ref("#/components/schemas/RubricVersion"), example = examples::stored_rubric)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TooManyRubrics])))),
)]
pub(crate) async fn change(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
    JsonBody(change): JsonBody<ChangeRubric, MAX_BODY>,
) -> Result<Json<StoredRubric>, ApiError> {
    let id = values.get("rubric_id");
    let (before, stored) = api.rubric(&user, id).await?.ok_or_else(no_rubric)?;
    let rubric = StoredRubric {
        version: before.version + 1,
        name: change.name.unwrap_or_else(|| before.name.clone()),
        competencies: change
            .competencies
            .unwrap_or_else(|| before.competencies.clone()),
        updated_at: api.clock.now(),
        ..before.clone()
    };
    check(&rubric.name, &rubric.competencies)?;
    if (&rubric.name, &rubric.competencies) == (&before.name, &before.competencies) {
        return Ok(Json(before.known_only()));
    }
    if rubric.version > MAX_VERSIONS {
        return Err(too_many(&format!("a rubric has at most {MAX_VERSIONS} versions")).into());
    }
    let unchanged = Precondition::Version(stored);
    api.store_rubric(&user, &rubric, unchanged).await?;
    Ok(Json(rubric.known_only()))
}

/// Delete a rubric with all its versions
///
/// Interviews keep the version that they were assigned.
#[utoipa::path(
    delete, path = "/v1/rubrics/{rubric_id}", operation_id = "delete_rubric", tag = "Rubrics",
    params(RubricId),
    responses((status = 204, description = "The rubric is deleted.")),
)]
pub(crate) async fn delete(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    values: PathValues,
) -> Result<StatusCode, ApiError> {
    let id = values.get("rubric_id");
    let path = paths::rubric(&user, id).ok_or_else(no_rubric)?;
    let versions = path.collection(paths::VERSIONS);
    let is_there = api.records.read(&path).await?.is_some();
    let left = RecordsQuery {
        limit: 1,
        ..RecordsQuery::collection(versions.clone())
    };
    // A deletion that was cut short leaves versions; it is repeated.
    if !is_there && api.records.list_paths(&left).await?.is_empty() {
        return Err(no_rubric().into());
    }
    // Without it no further version can be stored.
    api.records.commit(vec![Write::delete(path)]).await?;
    domain::interview_store::delete_collection(&*api.records, &versions).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List templates of rubrics
///
/// What the interviews of a kind are assessed by, unless they have a rubric of their own.
#[utoipa::path(
    get, path = "/v1/rubrics/templates", operation_id = "list_rubric_templates", tag = "Rubrics",
    responses((status = 200, description = "The templates.", body = ref("#/components/schemas/RubricTemplates"), example = examples::rubric_templates)),
    extensions(("x-never" = json!(errors(&errors::STORE)))),
)]
pub(crate) async fn templates() -> Json<RubricTemplates> {
    let kinds = [
        (Kind::JobInterview, "Job interview"),
        (Kind::UserResearch, "User research"),
        (Kind::Journalism, "Journalism"),
    ];
    let items = kinds.map(|(kind, name)| RubricTemplate {
        kind,
        name,
        competencies: Rubric::default_for(kind).competencies,
    });
    Json(RubricTemplates {
        items: items.into(),
    })
}

impl Api {
    /// The newest version of a user's rubric, and of its document.
    async fn rubric(
        &self,
        user: &UserId,
        id: &str,
    ) -> Result<Option<(StoredRubric, Version)>, RecordsError> {
        match paths::rubric(user, id) {
            Some(path) => self.stored_version(&path).await,
            None => Ok(None),
        }
    }

    /// The rubric that an interview is to be assessed by, with the version that it is.
    pub(crate) async fn assigned_rubric(
        &self,
        user: &UserId,
        rubric: Option<Rubric>,
        rubric_id: Option<&str>,
    ) -> Result<(Option<Rubric>, Option<RubricSource>), Problem> {
        let Some(id) = rubric_id else {
            return Ok((rubric, None));
        };
        if rubric.is_some() {
            return Err(invalid("rubric_id", "`rubric` cannot be given as well"));
        }
        let found = self.rubric(user, id).await?;
        let none = || {
            let id: String = id.escape_debug().take(40).collect();
            invalid("rubric_id", &format!("you have no rubric `{id}`"))
        };
        let (stored, _) = found.ok_or_else(none)?;
        Ok((Some(stored.to_rubric()), Some(stored.source())))
    }

    async fn store_rubric(
        &self,
        user: &UserId,
        rubric: &StoredRubric,
        newest: Precondition,
    ) -> Result<(), RecordsError> {
        let path = paths::rubric_version(user, &rubric.id, rubric.version);
        let version = Write::put(path, rubric, Precondition::None)?;
        let path = paths::rubric(user, &rubric.id);
        let newest = path.map(|path| Write::put(path, rubric, newest));
        let writes = newest.into_iter().chain([Ok(version)]);
        self.records.commit(writes.collect::<Result<_, _>>()?).await
    }
}

fn created(rubric: StoredRubric) -> Response {
    let location = format!("/v1/rubrics/{}", rubric.id);
    let body = Json(rubric.known_only());
    (StatusCode::CREATED, [(header::LOCATION, location)], body).into_response()
}

fn check(name: &str, competencies: &[Criterion]) -> Result<(), Problem> {
    if !is_name(&name.into(), MAX_RUBRIC_NAME) {
        let why = format!("1 to {MAX_RUBRIC_NAME} characters, without line ends and the like");
        return Err(invalid("name", &why));
    }
    check_rubric(&Rubric {
        competencies: competencies.to_vec(),
        unknown: UnknownFields::default(),
    })
}

fn no_rubric() -> Problem {
    Problem::new(ErrorCode::NoSuchRubric, "there is no such rubric")
}

fn too_many(detail: &str) -> Problem {
    Problem::new(ErrorCode::TooManyRubrics, detail)
}
