//! Uploads to Cloud Storage whose connection breaks at a random byte: the next
//! attempt finds no wrong object. `scripts/dev/cut-uploads COUNT` runs more of them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use config::Environment;
use domain::ports::{ByteStream, ObjectError, ObjectStore, Overwrite};
use embedded::Store;
use futures::{StreamExt, TryStreamExt, stream};
use google::storage::{GcsBucket, GcsClient};
use relay::gcs;
use tempfile::TempDir;
use testing::{listen, serve_on};

use crate::support::{
    proxy::{Cut, Proxy},
    store,
};

/// The bucket behind a connection that can be cut, and the store behind that.
struct Fixture {
    bucket: GcsBucket,
    store: Store,
    proxy: Arc<Proxy>,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let (listener, upstream) = listen().await;
        let (front, url) = listen().await;
        let (store, _, folder) = store(&url).await;
        let signatures = Arc::new(store.uploads());
        let service = gcs::Gcs::new(store.clone(), signatures, url.clone(), 10);
        serve_on(listener, Arc::new(service));
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let proxy = Proxy::start(front, upstream);
        Self {
            bucket: GcsClient::new(url.strip_prefix("http://")).bucket("uploads"),
            store,
            proxy,
            _folder: folder,
        }
    }

    async fn write(&self, name: &str, bytes: &Bytes) -> Attempt {
        let (bucket, name) = (self.bucket.clone(), name.to_owned());
        let body = pieces(bytes);
        let writing = tokio::spawn(async move {
            let written = bucket.write(&name, "audio/wav", body, Overwrite::Refused);
            written.await
        });
        match writing.await {
            Ok(Ok(_) | Err(ObjectError::Exists { .. })) => Attempt::Accepted,
            Ok(Err(_)) => Attempt::Refused,
            Err(_) => Attempt::Panicked,
        }
    }

    /// Whether the store holds just these bytes; `None` for no object.
    async fn is_right(&self, name: &str, bytes: &Bytes) -> Option<bool> {
        let stored = self.store.bucket("uploads").read(name, None, None).await;
        let (_, stream) = stored.ok()?;
        let stored = stream.try_collect::<Vec<Bytes>>().await.unwrap().concat();
        Some(stored == *bytes)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Accepted,
    Refused,
    Panicked,
}

/// What came of all uploads.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    accepted: u32,
    wrong: u32,
    panics: u32,
}

fn pieces(bytes: &Bytes) -> ByteStream {
    const PIECE: usize = 10_000;
    let bytes = bytes.clone();
    let starts = (0..bytes.len()).step_by(PIECE);
    let cut = starts.map(move |at| Ok(bytes.slice(at..bytes.len().min(at + PIECE))));
    // It must not be polled behind its end: `Unfold` panics then, as `Fuse` does not.
    let cut = stream::iter(cut.collect::<Vec<_>>());
    let unfused = stream::unfold(cut, |mut cut| async move { Some((cut.next().await?, cut)) });
    unfused.boxed()
}

/// Numbers that look random and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn bytes(&mut self, size: usize) -> Bytes {
        let words = (0..size.div_ceil(4)).map(|_| self.below(1 << 30).to_le_bytes());
        let bytes: Vec<u8> = words
            .flat_map(|word| [word[0], word[1], word[2], word[3]])
            .collect();
        Bytes::from(bytes).slice(..size)
    }
}

/// At once and in chunks, ending at a chunk's end and not.
const SIZES: [usize; 6] = [
    90_000, 1_000_000, 2_097_152, 2_902_848, 4_194_304, 5_000_000,
];

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_at_random_bytes_leave_no_wrong_object() {
    let environment = Environment::from_process();
    let count = environment.parsed("CUT_UPLOADS", 12, "a number of uploads");
    let seed = environment.parsed("CUT_SEED", 1, "a number");
    let (count, mut random): (u32, _) = (count.unwrap(), Random(seed.unwrap()));
    let bench = Fixture::new().await;
    let mut tally = Tally::default();
    for number in 0..count {
        let size = SIZES[random.below(SIZES.len())];
        let bytes = random.bytes(size);
        let cut = match random.below(4) {
            0 => Cut::Answer(random.below(1_500)),
            _ => Cut::Request(random.below(bytes.len() + 2_000)),
        };
        let name = format!("cut/{number}");
        bench.proxy.cut_once(cut);
        // As a client does that was told to try again.
        let mut accepted = false;
        for _ in 0..3 {
            match bench.write(&name, &bytes).await {
                Attempt::Accepted => accepted = true,
                Attempt::Refused => continue,
                Attempt::Panicked => {
                    tally.panics += 1;
                    continue;
                }
            }
            break;
        }
        let right = bench.is_right(&name, &bytes).await;
        if right == Some(false) {
            eprintln!("{number}: {} bytes, {cut:?}: a wrong object", bytes.len());
        }
        tally.accepted += u32::from(accepted);
        tally.wrong += u32::from(right == Some(false) || (accepted && right.is_none()));
    }
    eprintln!("{count} uploads, each cut once: {tally:?}");
    let expected = Tally {
        accepted: count,
        ..Tally::default()
    };
    assert_eq!(tally, expected);
}

/// Before, at and behind the ends of all chunks, and inside each; a request has some hundred
/// bytes of headers.
#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_at_and_inside_every_chunk_leave_no_wrong_object() {
    const CHUNK: usize = 2_097_152;
    let bench = Fixture::new().await;
    let size = 2 * CHUNK + 300_000;
    let bytes = Random(2).bytes(size);
    let ends = [0, CHUNK, 2 * CHUNK, size];
    let around = ends.iter().flat_map(|end| {
        let offsets = [0, 1, 250, 500, 750, 1_000, 1_500, 2_500];
        offsets.map(|offset| end + offset)
    });
    let inside = ends[..3].iter().flat_map(|start| {
        let offsets = [100_000, 263_000, 270_000];
        offsets.map(|offset| start + offset)
    });
    let answers = [0, 100, 400, 900].map(Cut::Answer);
    let cuts = around.chain(inside).map(Cut::Request).chain(answers);
    for (number, cut) in cuts.enumerate() {
        let name = format!("chunk/{number}");
        bench.proxy.cut_once(cut);
        let outcome = bench.write(&name, &bytes).await;
        assert!(outcome == Attempt::Accepted, "{cut:?}");
        assert_eq!(bench.is_right(&name, &bytes).await, Some(true), "{cut:?}");
    }
}

/// Whatever is asked, Cloud Storage tells multiples of 256 KiB.
#[tokio::test]
async fn a_piece_that_breaks_off_is_kept_to_a_multiple_of_256_kib() {
    let bench = Fixture::new().await;
    let client = reqwest::Client::new();
    let host = bench.proxy.url();
    let url = format!("{host}/upload/storage/v1/b/uploads/o?uploadType=resumable&name=a");
    let begun = client.post(url).body("{}").send().await.unwrap();
    let session = begun.headers()["location"].to_str().unwrap().to_owned();
    let put = |range: &str, bytes: Vec<u8>| {
        let put = client.put(&session).header("content-range", range);
        put.body(bytes).timeout(Duration::from_secs(20)).send()
    };
    bench.proxy.cut_once(Cut::Request(700_000));
    let cut = put("bytes 0-999999/1000000", vec![7; 1_000_000]).await;
    assert!(cut.is_err(), "{cut:?}");
    let asked = put("bytes */*", Vec::new()).await.unwrap();
    assert_eq!(asked.status(), 308);
    let range = asked.headers()["range"].to_str().unwrap();
    assert_eq!(range, "bytes=0-524287");
    let rest = put("bytes 524288-999999/1000000", vec![7; 475_712]).await;
    assert_eq!(rest.unwrap().status(), 200);
    let bytes = Bytes::from(vec![7; 1_000_000]);
    assert_eq!(bench.is_right("a", &bytes).await, Some(true));
}
