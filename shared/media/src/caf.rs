//! CAF files whose samples are longer by their header than by the file, or of a
//! length that was never filled in (Apple Core Audio Format Specification 1.0:
//! a size of -1 is "to the end of the file").

use std::io::{self, Read as _, Seek as _, SeekFrom};

use crate::source::{BytePatch, PatchedReader};

/// How many chunks are looked at before the samples.
const MAX_CHUNKS: usize = 64;

/// The length of the file's header, and of a chunk's.
const HEADERS: (u64, u64) = (8, 12);

/// What to replace so that the samples end where the file ends. Leaves the source
/// at its start.
pub(crate) fn header_patches(source: &mut PatchedReader) -> io::Result<Vec<BytePatch>> {
    let size = source.seek(SeekFrom::End(0))?;
    let mut patches = Vec::new();
    let mut position = HEADERS.0;
    for _ in 0..MAX_CHUNKS {
        let start = position.saturating_add(HEADERS.1);
        if start > size {
            break;
        }
        let mut head = [0; 12];
        source.seek(SeekFrom::Start(position))?;
        source.read_exact(&mut head)?;
        let (kind, length) = head.split_at(4);
        let length = length
            .iter()
            .fold(0, |all, byte| all << 8 | u64::from(*byte));
        let end = start.saturating_add(length);
        if kind == b"data" && end > size {
            patches.push((position + 4, (size - start).to_be_bytes().to_vec()));
        }
        position = end;
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(patches)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::source::Failures;

    fn corrected(chunks: &[(&[u8; 4], i64)]) -> Vec<BytePatch> {
        let mut bytes = b"caff\0\x01\0\0".to_vec();
        for (kind, length) in chunks {
            bytes.extend_from_slice(*kind);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        bytes.extend_from_slice(&[0; 100]);
        let mut feed = PatchedReader::new(Box::new(Cursor::new(bytes)), Failures::default());
        header_patches(&mut feed).expect("readable")
    }

    #[test]
    fn samples_end_where_the_file_ends() {
        let end = 100_i64.to_be_bytes().to_vec();
        assert_eq!(corrected(&[(b"data", -1)]), [(12, end.clone())]);
        assert_eq!(corrected(&[(b"data", 5_000)]), [(12, end)]);
        assert_eq!(corrected(&[(b"data", 100)]), []);
    }

    #[test]
    fn chunks_of_absurd_lengths_are_the_end() {
        assert_eq!(corrected(&[(b"desc", -1), (b"data", -1)]), []);
        assert_eq!(corrected(&[(b"desc", i64::MAX)]), []);
    }
}
