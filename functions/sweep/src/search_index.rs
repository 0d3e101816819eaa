//! Interviews of earlier releases are indexed for searches ([`domain::search::backfill`]).

use domain::search::backfill;
use steps::Failure;

use crate::{Sweep, outcome::SweepCounts};

/// How many interviews are looked at by one transaction of its progress.
const PAGE: usize = 10;

/// How many pages a sweep looks at, unless it indexes something: most interviews of a store
/// that is indexed already need no more than a look.
const MAX_PAGES: u64 = 50;

/// How many interviews a sweep indexes at least, if there are as many. One of eight hours is a
/// second's work.
const ENOUGH: u64 = 20;

impl Sweep {
    /// Goes on with indexing what is not indexed.
    pub(crate) async fn index_stored(&self, outcome: &mut SweepCounts) -> Result<(), Failure> {
        for _ in 0..MAX_PAGES {
            let now = self.clock.now();
            let progress = backfill::advance(&*self.records, now, PAGE).await?;
            outcome.indexed += progress.indexed;
            if progress.not_indexed > 0 {
                tracing::warn!(
                    event = "search.not_indexed",
                    count = progress.not_indexed,
                    "interviews could not be indexed for searches; the next pass tries again"
                );
            }
            if progress.is_done || outcome.indexed >= ENOUGH {
                break;
            }
        }
        Ok(())
    }
}
