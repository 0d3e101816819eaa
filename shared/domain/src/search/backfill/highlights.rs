//! Indexes the highlights of an interview, each as its run is corrected.

use std::collections::HashSet;

use crate::{
    corrections::CorrectedTranscript,
    highlights::{Highlight, WordPlaces},
    ports::{Document, Query, Records, RecordsError, Write},
    search::{Indexed, index},
};

/// How many highlights are stored at once, with their passages.
const TOGETHER: usize = 25;

/// The highlights of an interview as they are stored.
pub(super) struct StoredHighlights {
    of: Indexed,
    all: Vec<(Document, Highlight)>,
}

impl StoredHighlights {
    /// Reads those that this release can read.
    pub(super) async fn read(records: &dyn Records, of: Indexed) -> Result<Self, RecordsError> {
        let found = records
            .list(&Query::collection(of.key.highlights()))
            .await?
            .into_iter();
        let read = |document: Document| Some((document.decode().ok()?, document));
        let all = found.filter_map(read);
        let all = all.map(|(highlight, document)| (document, highlight));
        Ok(Self {
            of,
            all: all.collect(),
        })
    }

    /// Indexes those of a run, by its transcript.
    pub(super) async fn index_run(
        &self,
        records: &dyn Records,
        token: u64,
        transcript: &CorrectedTranscript,
    ) -> Result<(), RecordsError> {
        let places = WordPlaces::new(transcript);
        let own = self.all.iter().filter(|(_, own)| own.run == token);
        let writes = own.map(|(document, highlight)| {
            let now = highlight.resolve(&places);
            let passage = index::highlight(&self.of, highlight, &now)?;
            Ok([same(document), passage])
        });
        let writes = writes.collect::<Result<_, RecordsError>>()?;
        store(records, writes).await
    }

    /// Indexes those of runs that have no transcript any more, as they were marked.
    pub(super) async fn index_others(
        &self,
        records: &dyn Records,
        tokens: &HashSet<u64>,
    ) -> Result<(), RecordsError> {
        let others = self
            .all
            .iter()
            .filter(|(_, own)| !tokens.contains(&own.run));
        let writes = others.map(|(document, highlight)| {
            let passage = index::highlight(&self.of, highlight, &highlight.as_marked())?;
            Ok([same(document), passage])
        });
        let writes = writes.collect::<Result<_, RecordsError>>()?;
        store(records, writes).await
    }
}

/// The highlight as it was read: one that is changed or deleted meanwhile makes this stale.
fn same(document: &Document) -> Write {
    let Document { path, fields, .. } = document.clone();
    Write::replace(path, fields, document.version)
}

async fn store(records: &dyn Records, writes: Vec<[Write; 2]>) -> Result<(), RecordsError> {
    for batch in writes.chunks(TOGETHER) {
        records.commit(batch.concat()).await?;
    }
    Ok(())
}
