//! A person's assessment: ratings, comments and a decision, every version of it kept.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, Private,
    analysis::MAX_COMPETENCY_NAME,
    assessment::{
        Assessment, MAX_AUTHOR, MAX_COMMENT, MAX_RATED, MAX_VERSIONS, NewestAssessment,
        PersonRating,
    },
    interview_store::{self, Decision},
    ports::{Precondition, Query as RecordsQuery, Write},
    text::NOT_BLANK,
    versions::{StripUnknown, UnknownFields},
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use steps::readable;

use crate::{
    Api,
    documents::change_interview,
    error::{ApiError, not_ready},
    extract::{JsonBody, OwnInterview, QueryParameters},
    openapi::{errors, examples},
    page::{Page, PageCursor, PageQuery, sorted_page},
    validation::{invalid, is_short, whole},
};

/// The most that the JSON of an assessment may have, in bytes: room for the longest texts with
/// every character escaped.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// A person's assessment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssessment {
    /// The ratings, each by itself.
    #[serde(default)]
    #[schemars(length(max = MAX_RATED))]
    competencies: Vec<NewRating>,
    /// What was decided.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_COMMENT), regex(pattern = NOT_BLANK))]
    decision: Option<Private>,
    /// Who assesses, in their own words.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_AUTHOR), regex(pattern = NOT_BLANK))]
    author: Option<Private>,
}

/// A person's rating of one competency.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRating {
    /// The competency's name, as the rubric or the analysis has it, or another one.
    #[schemars(length(min = 1, max = MAX_COMPETENCY_NAME), regex(pattern = NOT_BLANK))]
    name: String,
    /// 1 to 5; `null` where the person does not rate it.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = 5))]
    rating: Option<u8>,
    /// Why.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_COMMENT), regex(pattern = NOT_BLANK))]
    comment: Option<Private>,
}

/// Write a person's assessment
///
/// It stands beside the engine's, in the report too, and no run of a step changes it. Every
/// version is kept; the same one sent again is no new version.
#[utoipa::path(
    put, path = "/v1/interviews/{id}/assessment", operation_id = "put_assessment",
    tag = "Assessment", params(OwnInterview),
    request_body(content = ref("#/components/schemas/NewAssessment"), examples(
        ("whole" = (summary = "Ratings and a decision", value = json!({
            "competencies": [{"name": "Ownership", "rating": 4, "comment": "Two projects brought to their end."}],
            "decision": "Advance to the second round", "author": "Grace Hopper",
        }))),
        ("draft" = (summary = "A first thought", value = json!({"competencies": [{"name": "Ownership", "rating": null}]}))),
    )),
    responses((status = 200, description = "The newest version.", body = ref("#/components/schemas/Assessment"), example = examples::assessment)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::InvalidField, ErrorCode::TooManyAssessments])))),
)]
pub(crate) async fn put(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    JsonBody(new): JsonBody<NewAssessment, MAX_BODY>,
) -> Result<Json<Assessment>, ApiError> {
    new.check()?;
    let key = interview.key();
    let now = api.clock.now();
    let newest = api.newest_assessment(&interview).await?;
    let competencies = new.competencies.into_iter().map(|own| PersonRating {
        name: own.name,
        rating: own.rating,
        comment: own.comment,
        unknown: UnknownFields::default(),
    });
    let draft = Assessment {
        version: 0,
        competencies: competencies.collect(),
        decision: new.decision,
        author: new.author,
        user: interview.user_id.clone(),
        created_at: now,
        updated_at: now,
        unknown: UnknownFields::default(),
    };
    if let Some(same) = newest.filter(|newest| newest.says_the_same(&draft)) {
        return Ok(Json(same.known_only()));
    }
    let decide = |interview: &mut Interview| {
        let before = interview.assessment.as_ref();
        let version = before.map_or(1, |before| before.version + 1);
        if version > MAX_VERSIONS {
            return Err(too_many());
        }
        let created_at = before.map_or(now, |before| before.created_at);
        let stored = Assessment {
            version,
            created_at,
            ..draft.clone()
        };
        let write = Write::put(key.assessment(version), &stored, Precondition::Absent)?;
        interview.assessment = Some(NewestAssessment {
            version,
            created_at,
            updated_at: now,
            unknown: UnknownFields::default(),
        });
        Ok(Decision::Write(stored, vec![write]))
    };
    let stored = change_interview(&*api.records, &key, now, decide).await;
    Ok(Json(stored??))
}

/// Read the person's assessment
#[utoipa::path(
    get, path = "/v1/interviews/{id}/assessment", operation_id = "get_assessment",
    tag = "Assessment", params(OwnInterview),
    responses((status = 200, description = "The newest version.", body = ref("#/components/schemas/Assessment"), example = examples::assessment)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::NotReady])))),
)]
pub(crate) async fn get(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
) -> Result<Json<Assessment>, ApiError> {
    let newest = api.newest_assessment(&interview).await?;
    let newest = newest.ok_or_else(|| not_ready("assessment"))?;
    Ok(Json(newest.known_only()))
}

/// List all versions of the person's assessment
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/assessment/history", operation_id = "list_assessments",
    tag = "Assessment", params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The versions.", body = ref("#/components/schemas/AssessmentPage"), example = json!(examples::page(&examples::assessment())))),
)]
pub(crate) async fn history(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<Assessment>>, ApiError> {
    let all = RecordsQuery::collection(interview.key().assessments());
    let versions: Vec<Assessment> = readable(&api.records.list(&all).await?);
    let place = |own: &Assessment| -> PageCursor {
        let version = i64::try_from(own.version).unwrap_or(i64::MAX);
        (-version, 0, String::new())
    };
    let shown = sorted_page(&query, versions, place, StripUnknown::known_only)?;
    Ok(Json(shown))
}

impl Api {
    async fn newest_assessment(
        &self,
        interview: &Interview,
    ) -> Result<Option<Assessment>, Problem> {
        let newest = interview_store::assessment(&*self.records, interview);
        Ok(newest.await?)
    }
}

impl NewAssessment {
    fn check(&self) -> Result<(), Problem> {
        if self.competencies.len() > MAX_RATED {
            let why = format!("at most {MAX_RATED} competencies");
            return Err(invalid("competencies", &why));
        }
        let mut names = BTreeSet::new();
        for (index, own) in self.competencies.iter().enumerate() {
            let field = |name: &str| format!("competencies[{index}].{name}");
            check_text(&field("name"), Some(&own.name), MAX_COMPETENCY_NAME)?;
            if !names.insert(own.name.to_lowercase()) {
                return Err(invalid(&field("name"), "the name stands there already"));
            }
            if own.rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
                return Err(invalid(
                    &field("rating"),
                    "a whole number from 1 to 5, or `null`",
                ));
            }
            let comment = own.comment.as_ref().map(Private::reveal);
            check_text(&field("comment"), comment, MAX_COMMENT)?;
        }
        let decision = self.decision.as_ref().map(Private::reveal);
        check_text("decision", decision, MAX_COMMENT)?;
        check_text(
            "author",
            self.author.as_ref().map(Private::reveal),
            MAX_AUTHOR,
        )
    }
}

fn check_text(field: &str, text: Option<&str>, most: usize) -> Result<(), Problem> {
    let is_valid = |text: &str| !text.trim().is_empty() && is_short(text, most);
    if text.is_none_or(is_valid) {
        return Ok(());
    }
    Err(invalid(field, &format!("1 to {most} characters")))
}

fn too_many() -> Problem {
    let detail = format!("an assessment has at most {MAX_VERSIONS} versions");
    Problem::new(ErrorCode::TooManyAssessments, detail)
}
