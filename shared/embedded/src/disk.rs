//! What the store needs of the disk; a seam for tests in which it fails or is full.

use std::{fmt, io, path::Path};

use async_trait::async_trait;
use tokio::fs::File;

/// How much recordings leave free, in bytes, so that the database has room on a full disk:
/// deleting writes too.
const RESERVE: u64 = 64 << 20;

/// A file system's size and what is free of it, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    pub(crate) total: u64,
    pub(crate) free: u64,
}

impl Space {
    /// Whether the rest is reserved. Of a small file system a twentieth is.
    const fn is_exhausted(self) -> bool {
        let share = self.total / 20;
        self.free < if share < RESERVE { share } else { RESERVE }
    }
}

/// The disk that objects lie on.
#[async_trait]
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// Returns when everything that was written into `file` is on the disk.
    async fn sync(&self, file: &File) -> io::Result<()>;

    /// How much space the file system of `folder` has.
    fn space(&self, folder: &Path) -> io::Result<Space>;
}

/// The real one.
#[derive(Debug)]
pub(crate) struct RealDisk;

#[async_trait]
impl Disk for RealDisk {
    async fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all().await
    }

    fn space(&self, folder: &Path) -> io::Result<Space> {
        let space = rustix::fs::statvfs(folder)?;
        Ok(Space {
            total: space.f_blocks.saturating_mul(space.f_frsize),
            free: space.f_bavail.saturating_mul(space.f_frsize),
        })
    }
}

/// Refuses to store more of a recording when only the reserve is left.
pub(crate) fn check_space(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if disk.space(folder)?.is_exhausted() {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };

    use bytes::Bytes;
    use domain::{
        Timestamp,
        pipeline::Pipeline,
        ports::{ByteStream, ObjectError, ObjectStore, Overwrite, UploadGrant},
    };
    use futures::{StreamExt, TryStreamExt, stream};

    use super::*;
    use crate::{
        ManualClock, Store, StoreOptions,
        error::StoreError,
        uploads::{ContentRange, Received, UploadError},
    };

    /// Fails, or is full, on demand.
    #[derive(Debug, Default)]
    struct BadDisk {
        fails: AtomicBool,
        is_full: AtomicBool,
    }

    #[async_trait]
    impl Disk for BadDisk {
        async fn sync(&self, file: &File) -> io::Result<()> {
            if self.fails.load(Ordering::SeqCst) {
                return Err(io::Error::other("input/output error"));
            }
            RealDisk.sync(file).await
        }

        fn space(&self, folder: &Path) -> io::Result<Space> {
            let mut space = RealDisk.space(folder)?;
            if self.is_full.load(Ordering::SeqCst) {
                space.free = 1;
            }
            Ok(space)
        }
    }

    async fn store(data_dir: &Path) -> (Store, Arc<BadDisk>) {
        let disk = Arc::<BadDisk>::default();
        let options = StoreOptions {
            data_dir: data_dir.to_owned(),
            public_url: String::new(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(0))),
        };
        let store = Store::open_with(options, Arc::clone(&disk) as _);
        (store.await.unwrap(), disk)
    }

    fn body(text: &'static str) -> ByteStream {
        stream::iter([Ok(Bytes::from_static(text.as_bytes()))]).boxed()
    }

    fn part(range: &str) -> ContentRange {
        ContentRange::parse(Some(range)).unwrap()
    }

    #[tokio::test]
    async fn bytes_whose_sync_failed_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let (store, disk) = store(folder.path()).await;
        let grant = UploadGrant {
            name: "users/u/a".to_owned(),
            content_type: "t/t".to_owned(),
            size: (8, 8),
            expires_at: Timestamp::from_millis(1_000),
        };
        let uploads = store.uploads();
        let begun = uploads.begin("uploads", &grant, Overwrite::Refused);
        let id = begun.await.unwrap();
        let first = uploads.append(&id, part("bytes 0-3/8"), body("0123"));
        assert_eq!(first.await.unwrap(), Received::Partial(4));
        for range in ["bytes 4-5/8", "bytes 4-7/8"] {
            disk.fails.store(true, Ordering::SeqCst);
            let failed = uploads.append(&id, part(range), body("xxxx")).await;
            assert!(
                matches!(
                    failed,
                    Err(UploadError::Store(StoreError::Files(_)) | UploadError::Range)
                ),
                "{failed:?}"
            );
            disk.fails.store(false, Ordering::SeqCst);
            let asked = uploads.append(&id, part("bytes */8"), body("")).await;
            assert_eq!(asked.unwrap(), Received::Partial(4));
        }
        let rest = uploads.append(&id, part("bytes 4-7/8"), body("4567")).await;
        assert!(matches!(rest.unwrap(), Received::Complete(_)));
        let read = store.bucket("uploads").read("users/u/a", None, None).await;
        let stored: Vec<Bytes> = read.unwrap().1.try_collect().await.unwrap();
        assert_eq!(stored.concat(), b"01234567");
    }

    #[tokio::test]
    async fn object_whose_sync_failed_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let (store, disk) = store(folder.path()).await;
        let bucket = store.bucket("uploads");
        disk.fails.store(true, Ordering::SeqCst);
        let failed = bucket
            .write("a", "t/t", body("x"), Overwrite::Refused)
            .await;
        assert!(
            matches!(failed, Err(ObjectError::Unavailable(_))),
            "{failed:?}"
        );
        assert_eq!(bucket.stat("a").await.unwrap(), None);
        let objects = std::fs::read_dir(folder.path().join("objects")).unwrap();
        let names: Vec<_> = objects.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["installation"]);
    }

    #[tokio::test]
    async fn recordings_leave_a_reserve_in_which_objects_can_be_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (store, disk) = store(folder.path()).await;
        let bucket = store.bucket("uploads");
        let first = bucket.write("a", "t/t", body("x"), Overwrite::Refused);
        first.await.unwrap();
        disk.is_full.store(true, Ordering::SeqCst);
        let refused = bucket
            .write("b", "t/t", body("x"), Overwrite::Refused)
            .await;
        let Err(ObjectError::Unavailable(error)) = refused else {
            panic!("{refused:?}");
        };
        let error = error.downcast_ref::<StoreError>();
        assert!(
            matches!(error, Some(StoreError::Files(error)) if error.kind() == io::ErrorKind::StorageFull),
            "{error:?}"
        );
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.list("").await.unwrap(), [""; 0]);
    }

    #[test]
    fn reserve_is_a_twentieth_of_a_small_file_system() {
        const MIB: u64 = 1 << 20;
        for (total, free, expected) in [
            (1_000_000 * MIB, 64 * MIB, false),
            (1_000_000 * MIB, 63 * MIB, true),
            (100 * MIB, 5 * MIB, false),
            (100 * MIB, 4 * MIB, true),
            (0, 0, false),
        ] {
            let space = Space { total, free };
            assert_eq!(space.is_exhausted(), expected, "{space:?}");
        }
    }
}
