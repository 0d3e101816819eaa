//! A page of what is found, and the interviews that are shown with it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{
    Interview, InterviewId, InterviewKey, Private, Timestamp, UserId, interview_store,
    paths::DocPath,
    ports::{Document, RecordsError},
    search::{self, Field, Moment, Passage, Phrases, snippet},
    transcript::Transcript,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{MIN_READ, SearchHit, SnippetPart, place_token};
use crate::{Api, page::Page};

/// The most passages that one request looks at. What is left is on the next page, so that a
/// query for which many are looked at in vain takes no longer than others.
const MAX_EXAMINED: usize = 500;

/// How many interviews are read at once.
pub(super) const CONCURRENT_READS: usize = 16;

/// A page that is being filled.
pub(super) struct HitPage<'a> {
    pub(super) api: &'a Arc<Api>,
    pub(super) user: &'a UserId,
    pub(super) phrases: &'a Phrases,
    pub(super) limit: usize,
    shown: Shown,
    items: Vec<SearchHit>,
    examined: usize,
}

impl<'a> HitPage<'a> {
    /// An empty one, of at most `limit` items.
    pub(super) fn new(
        api: &'a Arc<Api>,
        user: &'a UserId,
        phrases: &'a Phrases,
        limit: usize,
    ) -> Self {
        Self {
            api,
            user,
            phrases,
            limit,
            shown: Shown::default(),
            items: Vec::new(),
            examined: 0,
        }
    }

    /// How many passages are read at once: one more than are shown says whether there is a next
    /// page, and candidates may not be shown.
    pub(super) fn read_count(&self) -> usize {
        (self.limit + 1).max(MIN_READ)
    }

    /// Whether nothing more is looked at.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() == self.limit || self.examined == MAX_EXAMINED
    }

    /// Reads the interviews of these passages.
    pub(super) async fn read(&mut self, found: &[Document]) -> Result<(), RecordsError> {
        self.shown.read(self.api, self.user, found).await
    }

    /// Looks at a passage, shows it where it is to be shown, and answers its place.
    pub(super) fn examine(&mut self, document: Document) -> (i64, DocPath) {
        self.examined += 1;
        let Ok(passage) = document.decode::<Passage>() else {
            let order = document.fields[search::ORDER].as_i64();
            return (order.unwrap_or(0), document.path);
        };
        self.items.extend(self.shown.hit(&passage, self.phrases));
        (passage.order, document.path)
    }

    /// The page, with the token of the next one where there is one.
    pub(super) fn end(self, next_page_token: Option<String>) -> Page<SearchHit> {
        Page {
            items: self.items,
            next_page_token,
        }
    }

    /// Fills it from all interviews of the user, from behind a passage.
    pub(super) async fn of_all(
        mut self,
        mut after: Option<(i64, DocPath)>,
    ) -> Result<Page<SearchHit>, RecordsError> {
        if self.phrases.is_empty() {
            return Ok(self.end(None));
        }
        loop {
            let count = self.read_count();
            let wanted = search::query(self.user, self.phrases.clone(), after.clone(), count);
            let found = self.api.records.list(&wanted).await?;
            let is_last = found.len() < count;
            self.read(&found).await?;
            for document in found {
                if self.is_full() {
                    return Ok(self.end(after.as_ref().map(place_token)));
                }
                after = Some(self.examine(document));
            }
            if is_last {
                return Ok(self.end(None));
            }
        }
    }
}

/// The interviews of passages, read once for each request.
#[derive(Default)]
struct Shown(HashMap<InterviewId, Found>);

impl Shown {
    /// Reads those of these passages that are not read yet.
    async fn read(
        &mut self,
        api: &Api,
        user: &UserId,
        found: &[Document],
    ) -> Result<(), RecordsError> {
        let keys = found
            .iter()
            .filter_map(|document| InterviewKey::from_path(document.path.as_str()));
        let keys: HashSet<InterviewKey> = keys
            .filter(|key| key.user_id == *user && !self.0.contains_key(&key.interview_id))
            .collect();
        let reads = keys.into_iter().map(|key| read(api, key));
        let reads = stream::iter(reads).buffer_unordered(CONCURRENT_READS);
        self.0.extend(reads.try_collect::<Vec<_>>().await?);
        Ok(())
    }

    /// What is shown of a passage: nothing where its interview is deleted, where another
    /// transcript is shown, and where it does not have what is wanted.
    fn hit(&self, passage: &Passage, phrases: &Phrases) -> Option<SearchHit> {
        let interview = self.0.get(&passage.interview)?.as_ref()?;
        let transcript = interview.transcript.as_ref();
        let field = passage.field.known();
        let is_shown = match field {
            Field::Transcript => {
                let shown = transcript.map(|shown| shown.head.revision);
                shown.is_some() && shown == passage.run
            }
            // An earlier release does not follow a title that it changes.
            Field::Title => passage.text == interview.title,
            Field::Note | Field::Analysis | Field::Highlight | Field::Unknown(_) => true,
        };
        let text = passage.text.reveal();
        let found = phrases.find(text).filter(|_| is_shown)?;
        let first = found.first()?;
        let Moment { start_ms, speaker } = passage.moments.of(first.start);
        // Speakers are those of the transcript that is shown.
        let shown = transcript.map(|shown| shown.head.revision);
        let speaker = speaker.filter(|_| field != Field::Highlight || passage.run == shown);
        let name = |id| Some(transcript?.speaker_name(id));
        let mut part = passage.part(first.start);
        // Between two speakers there is a space.
        let spoken = text.get(part.clone()).unwrap_or_default();
        part.start += spoken.len() - spoken.trim_start().len();
        let end = part.end.max(first.end);
        let shown = found.iter().filter(|range| range.end <= end);
        let shown = shown.map(|range| range.start - part.start..range.end - part.start);
        let text = text.get(part.start..end).unwrap_or_default().trim_end();
        let snippet = snippet(text, &shown.collect::<Vec<_>>());
        Some(SearchHit {
            interview_id: passage.interview.clone(),
            title: interview.title.clone(),
            created_at: interview.created_at,
            field,
            speaker,
            speaker_name: speaker.and_then(name),
            start_ms,
            snippet: snippet.text,
            highlights: snippet
                .highlights
                .into_iter()
                .map(SnippetPart::from)
                .collect(),
        })
    }
}

/// What a search shows of an interview: many are kept until it is answered.
struct ShownInterview {
    title: Private,
    created_at: Timestamp,
    /// The head of the transcript, without its words.
    transcript: Option<Transcript>,
}

type Found = Option<ShownInterview>;

/// What is shown of an interview; nothing where it is deleted or cannot be read.
async fn read(api: &Api, key: InterviewKey) -> Result<(InterviewId, Found), RecordsError> {
    let records = &*api.records;
    let document = records.read(&key.document()).await?;
    let interview = document.and_then(|document| document.decode::<Box<Interview>>().ok());
    let Some(interview) = interview.filter(|found| found.deleted_at.is_none()) else {
        return Ok((key.interview_id, None));
    };
    let head = interview_store::transcript_head(records, &key).await;
    let head = match head {
        Err(RecordsError::Malformed { .. }) => None,
        head => head?,
    };
    let transcript =
        head.map(|head| Transcript::new(head, Vec::new()).with_speaker_names(&interview.speakers));
    let shown = ShownInterview {
        title: interview.title,
        created_at: interview.created_at,
        transcript,
    };
    Ok((key.interview_id, Some(shown)))
}
