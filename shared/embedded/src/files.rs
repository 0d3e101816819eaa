//! The bytes of objects: a flat folder of files with random names.
//!
//! A file that is being written has the suffix `.part`. It is synced, then the database
//! names it, then it is renamed: so a `.part` file that no row names was never acknowledged,
//! and a file without the suffix was once an object. The first kind may be removed after a
//! crash; the second kind is never removed because a database does not name it.

use std::{
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

use crate::{
    blocks::Blocks,
    disk::{Disk, check_space},
};

/// How many bytes are written between two looks at the free space.
const SPACE_CHECKED_EVERY: u64 = 8 << 20;

/// The suffix of a file that is being written.
pub(crate) const UNFINISHED: &str = ".part";

/// The folder of objects.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: PathBuf,
    blocks: Blocks,
    disk: Arc<dyn Disk>,
}

/// Why the writing of a stream ended early; what came before is written and synced.
#[derive(Debug)]
pub(crate) enum EarlyEnd {
    /// More came than may.
    TooMany,
    /// The stream broke.
    Stream(io::Error),
}

/// The part of a stream that was written and synced.
#[derive(Debug)]
pub(crate) struct WriteOutcome {
    /// How many bytes.
    pub(crate) bytes: u64,
    /// Why not all of them.
    pub(crate) early: Option<EarlyEnd>,
}

/// Why a stream was not stored.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// It ended early.
    Early(EarlyEnd),
    /// The file system failed.
    Disk(io::Error),
}

impl Files {
    /// Opens the folder, and creates it when it is not there.
    pub(crate) fn open(folder: PathBuf, disk: Arc<dyn Disk>) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        // Other users of the machine must not read recordings.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        Ok(Self {
            folder,
            blocks: Blocks::default(),
            disk,
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn unfinished(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{file}{UNFINISHED}"))
    }

    /// Whether a file is there with at least `size` bytes.
    pub(crate) fn is_whole(&self, file: &str, size: u64) -> io::Result<bool> {
        for path in places(&self.folder, file) {
            if let Some(metadata) = if_there(fs::metadata(path))? {
                return Ok(metadata.len() >= size);
            }
        }
        Ok(false)
    }

    /// The `length` bytes of a file from `start` on, read block by block.
    pub(crate) fn read(&self, file: &str, start: u64, length: u64) -> io::Result<ByteStream> {
        let file = Arc::new(open_object(&self.folder, file)?);
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

    /// The size of an unfinished file in bytes; 0 when it is not there.
    pub(crate) async fn unfinished_size(&self, file: &str) -> io::Result<u64> {
        let found = if_there(tokio::fs::metadata(self.unfinished(file)).await)?;
        Ok(found.map_or(0, |metadata| metadata.len()))
    }

    /// Unlinks a file, finished or not; a missing file is not an error.
    pub(crate) async fn remove(&self, file: &str) -> io::Result<()> {
        for path in [self.path(file), self.unfinished(file)] {
            if_there(tokio::fs::remove_file(path).await)?;
        }
        Ok(())
    }

    /// Renames an unfinished file that the database names now. When that fails, readers
    /// find it all the same, and the next start renames it.
    pub(crate) async fn publish(&self, file: &str) {
        if let Err(error) = tokio::fs::rename(self.unfinished(file), self.path(file)).await {
            tracing::warn!(event = "store.rename_failed", %error, "an object keeps its unfinished name");
        }
    }

    /// Cuts an unfinished file to `size` bytes.
    pub(crate) async fn truncate(&self, file: &str, size: u64) -> io::Result<()> {
        let options = OpenOptions::new().write(true).clone();
        options
            .open(self.unfinished(file))
            .await?
            .set_len(size)
            .await
    }

    /// Writes a stream into a new unfinished file, which is removed when the answer is
    /// dropped: a request can end at any moment.
    pub(crate) async fn write_new(
        &self,
        file: &str,
        limit: u64,
        body: &mut ByteStream,
    ) -> Result<(u64, PartFile), WriteError> {
        let unfinished = PartFile(Some(self.unfinished(file)));
        let written = self.write(file, 0, limit, body).await;
        let written = written.map_err(WriteError::Disk)?;
        match written.early {
            Some(early) => Err(WriteError::Early(early)),
            None => Ok((written.bytes, unfinished)),
        }
    }

    /// Writes at most `limit` bytes of a stream into an unfinished file from `offset` on,
    /// and syncs them. After an error of the file system nothing behind `offset` counts:
    /// what a failed `fsync` has written may never reach the disk.
    pub(crate) async fn write(
        &self,
        file: &str,
        offset: u64,
        limit: u64,
        body: &mut ByteStream,
    ) -> io::Result<WriteOutcome> {
        let written = self.write_and_sync(file, offset, limit, body).await;
        if written.is_err()
            && let Err(error) = self.truncate(file, offset).await
        {
            tracing::warn!(event = "store.truncate_failed", %error, "bytes that were not synced are cut off later");
        }
        written
    }

    async fn write_and_sync(
        &self,
        file: &str,
        offset: u64,
        limit: u64,
        body: &mut ByteStream,
    ) -> io::Result<WriteOutcome> {
        let options = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .clone();
        let mut out = options.open(self.unfinished(file)).await?;
        out.seek(io::SeekFrom::Start(offset)).await?;
        let written = self.copy(&mut out, limit, body).await?;
        out.flush().await?;
        self.disk.sync(&out).await?;
        if offset == 0 {
            // The name of a new file is the folder's content.
            self.disk.sync(&File::open(&self.folder).await?).await?;
        }
        Ok(written)
    }

    async fn copy(
        &self,
        out: &mut File,
        limit: u64,
        body: &mut ByteStream,
    ) -> io::Result<WriteOutcome> {
        let (mut bytes, mut checked_at) = (0, None);
        while let Some(chunk) = body.next().await {
            let early = match chunk {
                Ok(chunk) if bytes + chunk.len() as u64 <= limit => {
                    if checked_at.is_none_or(|at| bytes - at >= SPACE_CHECKED_EVERY) {
                        check_space(&*self.disk, &self.folder)?;
                        checked_at = Some(bytes);
                    }
                    out.write_all(&chunk).await?;
                    bytes += chunk.len() as u64;
                    continue;
                }
                Ok(_) => EarlyEnd::TooMany,
                Err(error) => EarlyEnd::Stream(error),
            };
            let early = Some(early);
            return Ok(WriteOutcome { bytes, early });
        }
        Ok(WriteOutcome { bytes, early: None })
    }
}

/// A file that is removed unless it becomes an object.
#[derive(Debug)]
pub(crate) struct PartFile(Option<PathBuf>);

impl PartFile {
    /// The file is an object now.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Where an object's file may lie. It is renamed once: it may be between the first two.
pub(crate) fn places(folder: &Path, file: &str) -> [PathBuf; 3] {
    let [finished, unfinished] = [file, &format!("{file}{UNFINISHED}")].map(|it| folder.join(it));
    [finished.clone(), unfinished, finished]
}

/// Opens an object's file, also one that has not been renamed yet.
pub(crate) fn open_object(folder: &Path, file: &str) -> io::Result<fs::File> {
    let mut opened = Err(io::ErrorKind::NotFound.into());
    for place in places(folder, file) {
        opened = fs::File::open(place);
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        if !opened.as_ref().is_err_and(is_missing) {
            break;
        }
    }
    opened
}

/// What was found, if it is there.
pub(crate) fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
