//! A quote laid along a stretch of words with as few changes as can be.

use std::ops::Range;

/// The best place for a quote in a stretch of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// The words it covers.
    pub(crate) span: Range<usize>,
    /// Words to be changed, added or left out.
    pub(crate) distance: usize,
    /// Words that are the same.
    pub(crate) same: usize,
}

impl Alignment {
    /// The same in a longer stretch that begins `offset` words earlier.
    pub(crate) fn shifted(self, offset: usize) -> Self {
        Self {
            span: self.span.start + offset..self.span.end + offset,
            ..self
        }
    }
}

/// The cheapest way to a cell: changes, where it began, and words the same.
#[derive(Debug, Clone, Copy)]
struct Cell {
    distance: usize,
    start: usize,
    same: usize,
}

/// Finds the part of `words` nearest to `quote` by edit distance over words
/// (Sellers' algorithm); a word of the quote that the transcript does not have at
/// all is `None`. Nothing when not a single word is the same.
pub(crate) fn align(quote: &[Option<u32>], words: &[u32]) -> Option<Alignment> {
    let mut row: Vec<Cell> = (0..=words.len())
        .map(|start| Cell {
            distance: 0,
            start,
            same: 0,
        })
        .collect();
    for requested in quote {
        row = next_row(&row, *requested, words);
    }
    let (end, best) = row
        .iter()
        .enumerate()
        .min_by_key(|(_, cell)| (cell.distance, usize::MAX - cell.same))?;
    (best.same > 0 && best.start < end).then_some(Alignment {
        span: best.start..end,
        distance: best.distance,
        same: best.same,
    })
}

fn next_row(row: &[Cell], requested: Option<u32>, words: &[u32]) -> Vec<Cell> {
    let mut next = Vec::with_capacity(row.len());
    next.push(Cell {
        distance: row[0].distance + 1,
        ..row[0]
    });
    for (index, word) in words.iter().enumerate() {
        let same = requested == Some(*word);
        let diagonal = Cell {
            distance: row[index].distance + usize::from(!same),
            same: row[index].same + usize::from(same),
            ..row[index]
        };
        let left_out = Cell {
            distance: row[index + 1].distance + 1,
            ..row[index + 1]
        };
        let before: Cell = next[index];
        let added = Cell {
            distance: before.distance + 1,
            ..before
        };
        let best = [diagonal, left_out, added]
            .into_iter()
            .min_by_key(|cell| (cell.distance, usize::MAX - cell.same));
        next.push(best.unwrap_or(diagonal));
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(quote: &[u32], words: &[u32]) -> Option<Alignment> {
        let quote: Vec<Option<u32>> = quote.iter().copied().map(Some).collect();
        align(&quote, words)
    }

    #[test]
    fn the_nearest_part_is_found() {
        let words = [9, 1, 2, 3, 4, 9];
        assert_eq!(
            find(&[1, 2, 3, 4], &words),
            Some(Alignment {
                span: 1..5,
                distance: 0,
                same: 4
            })
        );
        assert_eq!(
            find(&[1, 2, 7, 4], &words),
            Some(Alignment {
                span: 1..5,
                distance: 1,
                same: 3
            })
        );
        assert_eq!(
            find(&[1, 2, 4], &words),
            Some(Alignment {
                span: 1..5,
                distance: 1,
                same: 3
            })
        );
        assert_eq!(find(&[7, 8], &words), None);
        assert_eq!(find(&[1], &[]), None);
    }
}
