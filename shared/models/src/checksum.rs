//! Checksums of files.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::PublishedModel;

/// Bytes that are read at a time.
const BLOCK: usize = 256 * 1024;

/// The checksums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-1 in hexadecimal digits.
    pub sha1: String,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Sums {
    /// Reads the file and computes them.
    pub fn from_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut sha1 = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        let mut sha256 = Context::new(&SHA256);
        let mut block = vec![0; BLOCK];
        let mut bytes = 0;
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                break;
            }
            sha1.update(&block[..read]);
            sha256.update(&block[..read]);
            bytes += read as u64;
        }
        Ok(Self {
            bytes,
            sha1: hex::encode(sha1.finish()),
            sha256: hex::encode(sha256.finish()),
        })
    }

    /// Whether these are the published ones of `model`.
    pub fn match_model(&self, model: &PublishedModel) -> bool {
        self.bytes == model.bytes
            && match model.sha256 {
                Some(sha256) => self.sha256 == sha256,
                None => self.sha1 == model.sha1,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let sums = Sums::from_file(&path).unwrap();
        assert_eq!(sums.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            sums.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(sums.bytes, 3);
    }
}
