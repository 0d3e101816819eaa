//! The document as a file: docx-rs does not compress, so it is packed again.

use std::io::{Cursor, Read, Write};

use docx_rs::Docx;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::patch::DocxPatch;
use crate::RenderError;

/// The document's bytes, finished and compressed; the same document gives the
/// same bytes.
pub(super) fn compress(document: Docx, patch: &DocxPatch) -> Result<Vec<u8>, RenderError> {
    let mut plain = Cursor::new(Vec::new());
    document
        .build()
        .pack(&mut plain)
        .map_err(RenderError::Write)?;
    let mut plain = ZipArchive::new(plain).map_err(RenderError::Write)?;
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for index in 0..plain.len() {
        let mut entry = plain.by_index(index).map_err(RenderError::Write)?;
        if entry.is_dir() {
            continue;
        }
        let mut bytes = Vec::new();
        entry
            .read_to_end(&mut bytes)
            .map_err(RenderError::Compress)?;
        packed
            .start_file(entry.name(), options)
            .map_err(RenderError::Write)?;
        let bytes = patch.apply(entry.name(), bytes);
        packed.write_all(&bytes).map_err(RenderError::Compress)?;
    }
    let packed = packed.finish().map_err(RenderError::Write)?;
    Ok(packed.into_inner())
}
