//! What makes written bytes durable; a seam for tests in which the disk fails.

use std::{fmt, io};

use async_trait::async_trait;
use tokio::fs::File;

/// Makes written bytes durable.
#[async_trait]
pub(crate) trait Durability: fmt::Debug + Send + Sync {
    /// Returns when everything that was written into `file` is on the disk.
    async fn sync(&self, file: &File) -> io::Result<()>;
}

/// `fsync`.
#[derive(Debug)]
pub(crate) struct Fsync;

#[async_trait]
impl Durability for Fsync {
    async fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all().await
    }
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
        ManualClock, Options, Store,
        error::Fault,
        uploads::{Part, Received, UploadError},
    };

    /// Fails while it is told to.
    #[derive(Debug, Default)]
    struct BadDisk(AtomicBool);

    #[async_trait]
    impl Durability for BadDisk {
        async fn sync(&self, file: &File) -> io::Result<()> {
            if self.0.load(Ordering::SeqCst) {
                return Err(io::Error::other("input/output error"));
            }
            Fsync.sync(file).await
        }
    }

    async fn store(data_dir: &Path) -> (Store, Arc<BadDisk>) {
        let disk = Arc::<BadDisk>::default();
        let options = Options {
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

    fn part(range: &str) -> Part {
        Part::parse(Some(range)).unwrap()
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
            disk.0.store(true, Ordering::SeqCst);
            let failed = uploads.append(&id, part(range), body("xxxx")).await;
            assert!(
                matches!(
                    failed,
                    Err(UploadError::Fault(Fault::Files(_)) | UploadError::Range)
                ),
                "{failed:?}"
            );
            disk.0.store(false, Ordering::SeqCst);
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
        disk.0.store(true, Ordering::SeqCst);
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
}
