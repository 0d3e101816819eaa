//! The bytes of objects: a flat folder of files with random names.
//!
//! A file is an object's, or an upload's under way, only when a row of the
//! database says so; there is nothing to rename, and whatever no row knows of
//! is what a process left that died while it was writing.

use std::{
    collections::HashSet,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ports::ByteStream;
use futures::{StreamExt, stream};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncSeekExt, AsyncWriteExt},
};

use crate::blocks::Blocks;

/// The folder of objects.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    blocks: Blocks,
}

/// How the writing of a stream ended early.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// More came than may.
    TooMany,
    /// The stream broke.
    Stream(io::Error),
    /// The disk said no.
    Disk(io::Error),
}

impl Files {
    /// Opens the folder inside a data directory.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("objects");
        fs::create_dir_all(&folder)?;
        // Recordings are nobody's but their owners'.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        Ok(Self {
            folder,
            blocks: Blocks::default(),
        })
    }

    /// Deletes all files but those `known`.
    pub(crate) fn retain(&self, known: &HashSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let wanted = entry
                .file_name()
                .to_str()
                .is_some_and(|name| known.contains(name));
            if !wanted {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The `length` bytes of a file from `start` on, read block by block.
    pub(crate) fn read(&self, file: &str, start: u64, length: u64) -> io::Result<ByteStream> {
        let file = Arc::new(fs::File::open(self.path(file))?);
        let state = (self.blocks.clone(), file, start, length);
        let read = |(blocks, file, start, length): (Blocks, _, u64, u64)| async move {
            if length == 0 {
                return Ok(None);
            }
            let block = blocks.read(&file, start, length).await?;
            let read = block.len() as u64;
            Ok(Some((block, (blocks, file, start + read, length - read))))
        };
        Ok(stream::try_unfold(state, read).boxed())
    }

    /// The size of a file; 0 when it is not there.
    pub(crate) async fn size(&self, file: &str) -> io::Result<u64> {
        match tokio::fs::metadata(self.path(file)).await {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Deletes a file; none is no error.
    pub(crate) async fn remove(&self, file: &str) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(file)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Cuts a file to `size`.
    pub(crate) async fn truncate(&self, file: &str, size: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path(file)).await?;
        file.set_len(size).await
    }

    /// Writes a stream into a new file, which stays only when all of it is written:
    /// whoever asks may be dropped in the middle.
    pub(crate) async fn write_new(
        &self,
        file: &str,
        limit: u64,
        body: &mut ByteStream,
    ) -> Result<u64, WriteError> {
        let unfinished = Unfinished(Some(self.path(file)));
        let size = self.write(file, 0, limit, body).await?;
        unfinished.finish();
        Ok(size)
    }

    /// Writes a stream into a file from `offset` on, at most `limit` bytes, and
    /// makes it durable. What came before an error stays.
    pub(crate) async fn write(
        &self,
        file: &str,
        offset: u64,
        limit: u64,
        body: &mut ByteStream,
    ) -> Result<u64, WriteError> {
        let options = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .clone();
        let mut out = options
            .open(self.path(file))
            .await
            .map_err(WriteError::Disk)?;
        out.seek(io::SeekFrom::Start(offset))
            .await
            .map_err(WriteError::Disk)?;
        let copied = copy(&mut out, limit, body).await;
        out.flush().await.map_err(WriteError::Disk)?;
        out.sync_all().await.map_err(WriteError::Disk)?;
        if offset == 0 {
            // The name of a new file is the folder's content.
            let folder = File::open(&self.folder).await.map_err(WriteError::Disk)?;
            folder.sync_all().await.map_err(WriteError::Disk)?;
        }
        copied
    }
}

/// A file that is removed unless it is finished.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = fs::remove_file(path);
        }
    }
}

async fn copy(out: &mut File, limit: u64, body: &mut ByteStream) -> Result<u64, WriteError> {
    let mut written = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(WriteError::Stream)?;
        written += chunk.len() as u64;
        if written > limit {
            return Err(WriteError::TooMany);
        }
        out.write_all(&chunk).await.map_err(WriteError::Disk)?;
    }
    Ok(written)
}
