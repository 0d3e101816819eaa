//! The interviews of a collection, and the rubrics that they are assessed by.

use domain::{
    ErrorCode, Interview, InterviewId, Timestamp, UserId,
    analysis::Rubric,
    collections::COLLECTION_ID,
    ids::short_digest,
    interview::Kind,
    paths,
    ports::{Direction, Query, Records, RecordsError},
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The most interviews that are compared: a row may take some ten kilobytes while a spreadsheet
/// is made.
pub(crate) const MAX_COMPARED: usize = 500;

/// How many interviews are read at once.
const PAGE: usize = 50;

/// A rubric that interviews of the collection are assessed by.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ComparedRubric {
    /// What names it in `rubric`: opaque.
    pub(crate) key: String,
    /// The id of the stored rubric; `null` for that of a kind, and for an interview's own.
    pub(crate) rubric_id: Option<String>,
    /// The version of the stored rubric.
    pub(crate) version: Option<u64>,
    /// The kind whose own rubric it is.
    pub(crate) kind: Option<Kind>,
    /// How many interviews of the collection have it now.
    pub(crate) interviews: usize,
    /// The names of the competencies, in their order.
    pub(crate) competencies: Vec<String>,
}

impl ComparedRubric {
    fn new(interview: &Interview) -> Self {
        let source = interview.rubric_source.as_ref();
        let source = source.filter(|_| interview.rubric.is_some());
        let kind = interview.kind.known();
        let kind = interview.rubric.is_none().then_some(kind);
        let rubric = match (&interview.rubric, kind) {
            (Some(rubric), _) => rubric.clone(),
            (None, kind) => Rubric::default_for(kind.unwrap_or_default()),
        };
        let names = rubric.competencies.into_iter().map(|own| own.name);
        Self {
            key: key(interview),
            rubric_id: source.map(|own| own.id.clone()),
            version: source.map(|own| own.version),
            kind,
            interviews: 0,
            competencies: names.collect(),
        }
    }
}

/// What identifies the rubric that an interview is assessed by: a version of a stored one, that of
/// its kind, or its own by what is in it.
pub(crate) fn key(interview: &Interview) -> String {
    match (&interview.rubric, &interview.rubric_source) {
        (Some(_), Some(source)) => format!("{}.{}", source.id, source.version),
        (Some(rubric), None) => format!("own.{:016x}", short_digest(rubric)),
        (None, _) => format!("kind.{}", interview.kind.known().as_str()),
    }
}

/// The interviews of a collection.
pub(crate) struct Members {
    /// When each was created, and its id; newest first.
    pub(crate) interviews: Vec<(Timestamp, InterviewId)>,
    /// The rubrics that they have, the most frequent first.
    pub(crate) rubrics: Vec<ComparedRubric>,
    /// How many cannot be read, perhaps of a newer release.
    pub(crate) unreadable: usize,
}

impl Members {
    /// Reads them a page at a time; nothing where there are more than [`MAX_COMPARED`].
    pub(crate) async fn read(
        records: &dyn Records,
        user: &UserId,
        collection: &str,
    ) -> Result<Option<Self>, RecordsError> {
        let mut query = Query {
            equal: vec![(COLLECTION_ID.to_owned(), json!(collection))],
            order_by: Some("created_at".to_owned()),
            direction: Direction::Descending,
            limit: PAGE,
            ..Query::collection(paths::interviews_of(user))
        };
        let mut members = Self {
            interviews: Vec::new(),
            rubrics: Vec::new(),
            unreadable: 0,
        };
        loop {
            let page = records.list(&query).await?;
            if let Some(last) = page.last() {
                query.after = Some((last.fields["created_at"].clone(), last.path.clone()));
            }
            let is_last = page.len() < PAGE;
            // One that cannot be read, perhaps of a newer release, does not hide the others.
            let interviews: Vec<Interview> = steps::readable(&page);
            members.unreadable += page.len() - interviews.len();
            for interview in interviews {
                members.add(&interview);
            }
            if members.interviews.len() > MAX_COMPARED {
                return Ok(None);
            }
            if is_last {
                break;
            }
        }
        // Stable: of those with as many, that of the newest interview is first. One without
        // competencies has nothing to compare.
        let order = |own: &ComparedRubric| {
            let is_empty = own.competencies.is_empty();
            (is_empty, std::cmp::Reverse(own.interviews))
        };
        members.rubrics.sort_by_key(order);
        Ok(Some(members))
    }

    fn add(&mut self, interview: &Interview) {
        if interview.deleted_at.is_some() {
            return;
        }
        let place = (interview.created_at, interview.id.clone());
        self.interviews.push(place);
        let key = key(interview);
        let known = self.rubrics.iter().position(|own| own.key == key);
        let index = known.unwrap_or_else(|| {
            self.rubrics.push(ComparedRubric::new(interview));
            self.rubrics.len() - 1
        });
        self.rubrics[index].interviews += 1;
    }

    /// The rubric with that key, or the most frequent one.
    pub(crate) fn rubric(&self, key: Option<&str>) -> Result<Option<ComparedRubric>, Problem> {
        let Some(key) = key else {
            return Ok(self.rubrics.first().cloned());
        };
        let found = self.rubrics.iter().find(|own| own.key == key);
        let none = || {
            let shown: String = key.escape_debug().take(60).collect();
            let detail = format!(
                "`rubric`: no interview of the collection is assessed by `{shown}`; take the `key` \
                 of one of `rubrics`"
            );
            Problem::new(ErrorCode::InvalidParameter, detail)
        };
        found.cloned().map(Some).ok_or_else(none)
    }
}
