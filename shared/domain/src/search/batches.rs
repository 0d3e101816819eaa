//! Passages in commits that a store takes.

use super::TEXT;
use crate::ports::Write;

/// How many passages are written at once: other writers come in between.
const PASSAGES: usize = 100;

/// How much text of passages is written at once, in bytes: its tokens are written with it.
const TEXT_BYTES: usize = 1024 * 1024;

/// The writes in their order, in batches that fit into one transaction.
pub fn batches(passages: Vec<Write>) -> Vec<Vec<Write>> {
    let mut batches = vec![Vec::new()];
    let mut bytes = 0;
    for passage in passages {
        let size = text_bytes(&passage);
        if let Some(last) = batches.last_mut()
            && last.len() < PASSAGES
            && (last.is_empty() || bytes + size <= TEXT_BYTES)
        {
            last.push(passage);
            bytes += size;
        } else {
            batches.push(vec![passage]);
            bytes = size;
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// The size of the text of a passage that is written.
fn text_bytes(write: &Write) -> usize {
    match write {
        Write::Put { fields, .. } => fields[TEXT].as_str().map_or(0, str::len),
        Write::Delete { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{paths::DocPath, ports::Precondition};

    fn write(number: usize, bytes: usize) -> Write {
        let path = DocPath::parse(&format!("passages/{number:03}")).unwrap();
        let fields = json!({TEXT: "x".repeat(bytes)});
        Write::put(path, &fields, Precondition::None).unwrap()
    }

    #[test]
    fn batches_have_all_writes_in_order_and_are_bounded() {
        let sizes = |bytes: usize, number: usize| -> Vec<usize> {
            let writes: Vec<Write> = (0..number).map(|at| write(at, bytes)).collect();
            let cut = batches(writes.clone());
            assert_eq!(cut.concat(), writes);
            cut.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(1_000, 0), [0; 0]);
        assert_eq!(sizes(1_000, 250), [100, 100, 50]);
        assert_eq!(sizes(TEXT_BYTES / 2, 5), [2, 2, 1]);
        assert_eq!(sizes(TEXT_BYTES * 2, 2), [1, 1]);
    }
}
