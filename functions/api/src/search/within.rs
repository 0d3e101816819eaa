//! Finding words in the interviews of a collection or with a tag.
//!
//! The interviews are listed newest first, as the results are, and the passages of each are asked
//! for alone: a page reads nothing of other interviews, however many the user has.

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    collections::COLLECTION_ID,
    paths::{DocPath, interviews_of},
    ports::{Direction, Document, Query, RecordsError},
    search::{self, Indexed},
    tags,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::http::Problem;
use serde_json::{Value, json};

use super::{
    SearchHit,
    page::{CONCURRENT_READS, HitPage},
    passage_path,
};
use crate::page::{Page, not_given_out, read_token, token};

/// The most interviews that one request searches; what is left is on the next page.
const MAX_INTERVIEWS: usize = 100;

/// The field of an interview with its tags as they are compared.
const TAG_KEYS: &str = "tag_keys";

/// Behind what a page begins: a passage of an interview, or all of it.
#[derive(Debug, Clone)]
pub(super) struct Begin {
    created_at: Timestamp,
    interview: InterviewId,
    passage: Option<(i64, String)>,
}

/// Where the page begins.
pub(super) fn place(token: &str) -> Result<Begin, Problem> {
    let (created_at, interview, passage) = read_token(token)?;
    Ok(Begin {
        created_at,
        interview,
        passage,
    })
}

/// Which interviews are searched.
pub(super) struct Interviews {
    collection: Option<String>,
    /// As it is compared.
    tag: Option<String>,
}

impl Interviews {
    /// Those of a collection, of a tag, or of both.
    pub(super) fn new(collection: Option<String>, tag: Option<String>) -> Self {
        Self {
            collection,
            tag: tag.map(|tag| tags::key(&tag).reveal().to_owned()),
        }
    }

    /// The next interviews, newest first.
    fn query(&self, user: &UserId, begin: Option<&Begin>, limit: usize) -> Result<Query, Problem> {
        let collection = self.collection.iter();
        let after = begin.map(|begin| {
            let path = DocPath::parse(&format!("{}/{}", interviews_of(user), begin.interview));
            Ok::<_, Problem>((json!(begin.created_at), path.ok_or_else(not_given_out)?))
        });
        Ok(Query {
            equal: collection
                .map(|id| (COLLECTION_ID.to_owned(), json!(id)))
                .collect(),
            contains: self
                .tag
                .as_ref()
                .map(|tag| (TAG_KEYS.to_owned(), json!(tag))),
            order_by: Some("created_at".to_owned()),
            direction: Direction::Descending,
            after: after.transpose()?,
            limit,
            ..Query::collection(interviews_of(user))
        })
    }

    /// Whether an interview is one of them, as it is stored.
    fn has(&self, fields: &Value) -> bool {
        let is_in = |id: &String| fields[COLLECTION_ID] == **id;
        let has_tag = |tag: &String| {
            let keys = fields[TAG_KEYS].as_array();
            keys.is_some_and(|keys| keys.iter().any(|key| *key == **tag))
        };
        self.collection.iter().all(is_in) && self.tag.iter().all(has_tag)
    }
}

/// An interview, and what is found in it.
struct Searched {
    interview: Indexed,
    found: Vec<Document>,
    /// Whether there may be more.
    has_more: bool,
}

impl HitPage<'_> {
    /// Fills it from some interviews, from behind what the page before ended with.
    pub(super) async fn within(
        mut self,
        interviews: &Interviews,
        begin: Option<Begin>,
    ) -> Result<Page<SearchHit>, Problem> {
        if self.phrases.is_empty() {
            return Ok(self.end(None));
        }
        let wanted = interviews.query(self.user, begin.as_ref(), MAX_INTERVIEWS + 1)?;
        let mut listed = self.api.records.list(&wanted).await?;
        let is_last = listed.len() <= MAX_INTERVIEWS;
        listed.truncate(MAX_INTERVIEWS);
        let mut open = Vec::new();
        let mut last = begin.clone();
        if let Some(begin) = begin
            && let Some((order, passage)) = &begin.passage
        {
            let key = self.key(&begin.interview);
            let path = passage_path(&key, passage)?;
            let document = self.api.records.read(&key.document()).await?;
            let document = document.filter(|document| interviews.has(&document.fields));
            open.extend(document.map(|document| (document, Some((*order, path)))));
        }
        open.extend(listed.into_iter().map(|document| (document, None)));
        let open: Vec<_> = open
            .into_iter()
            .filter_map(|(document, after)| Some((indexed(&document)?, after)))
            .collect();
        for together in open.chunks(CONCURRENT_READS) {
            let asked = together.iter().cloned();
            let asked = asked.map(|(interview, after)| self.ask(interview, after));
            let asked: Vec<_> = asked.collect();
            let searched: Vec<Searched> = stream::iter(asked)
                .buffered(CONCURRENT_READS)
                .try_collect()
                .await?;
            for searched in searched {
                if !self.take(searched, &mut last).await? {
                    return Ok(self.end(last.as_ref().map(Begin::token)));
                }
            }
        }
        let next = last.filter(|_| !is_last);
        Ok(self.end(next.as_ref().map(Begin::token)))
    }

    fn key(&self, interview: &InterviewId) -> InterviewKey {
        InterviewKey {
            user_id: self.user.clone(),
            interview_id: interview.clone(),
        }
    }

    /// Asks for passages of one interview.
    fn ask(
        &self,
        interview: Indexed,
        after: Option<(i64, DocPath)>,
    ) -> impl Future<Output = Result<Searched, RecordsError>> + use<> {
        let (count, records) = (self.read_count(), self.api.records.clone());
        let wanted = search::query_of(&interview, self.phrases.clone(), after, count);
        async move {
            let found = records.list(&wanted).await?;
            let has_more = found.len() == count;
            Ok(Searched {
                interview,
                found,
                has_more,
            })
        }
    }

    /// Looks at what is found in an interview, to its end; whether there was room for all of it.
    /// `last` is where the next page begins then.
    async fn take(
        &mut self,
        mut searched: Searched,
        last: &mut Option<Begin>,
    ) -> Result<bool, Problem> {
        let Indexed { key, created_at } = searched.interview.clone();
        let begin = |passage| Begin {
            created_at,
            interview: key.interview_id.clone(),
            passage,
        };
        loop {
            self.read(&searched.found).await?;
            let mut after = None;
            for document in std::mem::take(&mut searched.found) {
                if self.is_full() {
                    return Ok(false);
                }
                let is_own = document.path.split().0 == key.passages();
                let place = if is_own {
                    self.examine(document)
                } else {
                    // Of an interview that was created in the same millisecond.
                    (
                        document.fields[search::ORDER].as_i64().unwrap_or(0),
                        document.path,
                    )
                };
                if is_own {
                    let (_, passage) = place.1.split();
                    *last = Some(begin(Some((place.0, passage.to_owned()))));
                }
                after = Some(place);
            }
            if !searched.has_more {
                *last = Some(begin(None));
                return Ok(true);
            }
            searched = self.ask(searched.interview, after).await?;
        }
    }
}

impl Begin {
    fn token(&self) -> String {
        token(&json!([self.created_at, self.interview, self.passage]))
    }
}

/// What is searched of an interview; nothing where it is deleted or cannot be read.
fn indexed(document: &Document) -> Option<Indexed> {
    let interview: Box<Interview> = document.decode().ok()?;
    let is_there = interview.deleted_at.is_none();
    is_there.then(|| Indexed::from(&*interview))
}
