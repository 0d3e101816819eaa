//! Fills a store with hours of made-up interviews and searches it: `scripts/bench/search`.
//!
//! ```text
//! cargo run --release -p embedded --example search -- FOLDER HOURS QUERIES SEED
//! ```
//!
//! Prints one line of JSON for each user and kind of query, and one about sizes.
#![allow(clippy::print_stdout, reason = "it reports")]

mod text;

use std::{
    error::Error,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Interview, InterviewKey, UserId,
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Clock, Records},
    search::{Passage, Phrases, Place, order, query, snippet},
};
use embedded::{ManualClock, Store, StoreOptions};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use text::{Speaker, WORDS_PER_HOUR, created, key, word, writes};

/// The users, and how many interviews each has.
const USERS: [(&str, usize); 2] = [("few", 200), ("many", 10_000)];

/// How many items a page has, as the API asks for them.
const PAGE: usize = 20;

/// The kinds of queries, as many of each.
const KINDS: [&str; 6] = [
    "rare word",
    "common word",
    "two words",
    "phrase",
    "no hit",
    "deep page",
];

type Failed = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, hours, queries, seed] = &arguments[..] else {
        return Err("FOLDER HOURS QUERIES SEED".into());
    };
    let (hours, queries): (usize, usize) = (hours.parse()?, queries.parse()?);
    let folder = Path::new(folder);
    let clock = Arc::new(ManualClock::at(created(0)));
    let store = Store::open(StoreOptions {
        data_dir: folder.to_owned(),
        public_url: "http://localhost".into(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: clock as Arc<dyn Clock>,
    })
    .await?;
    let records = store.records();
    let mut speaker = Speaker::new(seed.parse()?);
    // A store that is there is measured once more: the words follow from the seed.
    let first = records.read(&key(USERS[0].0, 0).document()).await?;
    let begun = Instant::now();
    let (mut bytes, mut phrases) = (0, Vec::new());
    for (user, interviews) in USERS {
        // The user with few interviews has an hour of each, the other one the rest.
        let of_few = USERS[0].1.min(hours / 2);
        let own = if user == USERS[0].0 {
            of_few
        } else {
            hours - of_few
        };
        let words = own * WORDS_PER_HOUR / interviews;
        let mut said = Vec::new();
        for number in 0..interviews {
            let words = speaker.words(words);
            bytes += words
                .iter()
                .map(|word| word.text.reveal().len() + 1)
                .sum::<usize>();
            if number % (interviews / 100).max(1) == 0 {
                let from = speaker.rng.usize(..words.len().saturating_sub(3).max(1));
                let three = words[from..].iter().take(3).map(|word| word.text.reveal());
                said.push(three.collect::<Vec<_>>().join(" "));
            }
            if first.is_none() {
                records
                    .commit(writes(&key(user, number), number, &words))
                    .await?;
            }
        }
        phrases.push(said);
        eprintln!(
            "{user}: {own} hours in {interviews} interviews, {:?}",
            begun.elapsed()
        );
    }
    store.checkpoint().await?;
    println!(
        "{}",
        json!({"filled_s": begun.elapsed().as_secs(), "hours": hours, "text_bytes": bytes})
    );
    for ((user, interviews), said) in USERS.into_iter().zip(&phrases) {
        let mut all = Vec::new();
        for (index, kind) in KINDS.into_iter().enumerate() {
            let count = queries / KINDS.len() + usize::from(index < queries % KINDS.len());
            let mut bench = Bench {
                records: &*records,
                user,
                interviews,
                said,
                speaker: &mut speaker,
            };
            let mut times = Vec::new();
            let mut hits = 0;
            for _ in 0..count {
                let (time, found) = bench.run(kind).await?;
                times.push(time);
                hits += found;
            }
            report(user, kind, hits, &times);
            all.extend(times);
        }
        report(user, "all", 0, &all);
    }
    sizes(folder, bytes)
}

/// How long a query took, and how long processors worked for it.
#[derive(Clone, Copy)]
struct Times {
    wall: Duration,
    processor: Duration,
}

/// How long processors have worked for this process.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn report(user: &str, kind: &str, hits: usize, times: &[Times]) {
    let wall = |percent| percentile(times.iter().map(|times| times.wall), percent);
    let processor = |percent| percentile(times.iter().map(|times| times.processor), percent);
    let line = json!({"user": user, "kind": kind, "queries": times.len(), "hits": hits,
        "p50_ms": wall(50), "p99_ms": wall(99), "max_ms": wall(100),
        "processor_p50_ms": processor(50), "processor_p99_ms": processor(99)});
    println!("{line}");
}

/// In milliseconds.
fn percentile(times: impl Iterator<Item = Duration>, percent: usize) -> f64 {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    let time = times.get(index);
    time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}

struct Bench<'a> {
    records: &'a dyn Records,
    user: &'a str,
    interviews: usize,
    said: &'a [String],
    speaker: &'a mut Speaker,
}

impl Bench<'_> {
    /// Asks a query of a kind, and reads what the API reads to show it.
    async fn run(&mut self, kind: &str) -> Result<(Times, usize), Failed> {
        let rng = &mut self.speaker.rng;
        let wanted = match kind {
            "rare word" => word(rng.usize(20_000..200_000)),
            "common word" | "deep page" => word(rng.usize(..100)),
            "two words" => format!(
                "{} {}",
                word(rng.usize(..1_000)),
                word(rng.usize(50..5_000))
            ),
            "phrase" => format!("\"{}\"", self.said[rng.usize(..self.said.len())]),
            _ => format!("{}xq", word(rng.usize(..1_000))),
        };
        let after = (kind == "deep page").then(|| {
            let number = rng.usize(..self.interviews / 2);
            let key = key(self.user, number);
            let place = order(&key.interview_id, created(number), Place::Second(60));
            (place, key.transcript_passage(1, 9_999))
        });
        let (begun, worked) = (Instant::now(), processor_time());
        let hits = self.ask(&wanted, after).await?;
        let times = Times {
            wall: begun.elapsed(),
            processor: processor_time().saturating_sub(worked),
        };
        Ok((times, hits))
    }

    async fn ask(&self, wanted: &str, after: Option<(i64, DocPath)>) -> Result<usize, Failed> {
        let (user, phrases) = (UserId::parse(self.user)?, Phrases::parse(wanted));
        let found = query(&user, phrases.clone(), after, PAGE + 1);
        let found = self.records.list(&found).await?;
        let mut last: Option<InterviewKey> = None;
        let mut hits = 0;
        for document in &found {
            let passage: Passage = document.decode()?;
            let text = passage.text.reveal();
            let places = phrases.find(text).ok_or("found without its words")?;
            hits += usize::from(!snippet(text, &places).text.is_empty());
            let key = InterviewKey::from_path(document.path.as_str());
            if key != last
                && let Some(key) = &key
            {
                let interview = self.records.read(&key.document()).await?;
                let interview = interview.ok_or("no interview")?;
                let _: Interview = interview.decode()?;
                self.records.read(&key.data("transcript")).await?;
            }
            last = key;
        }
        Ok(hits)
    }
}

/// How large the tables are, and how much memory was used at most.
fn sizes(folder: &Path, text: usize) -> Result<(), Failed> {
    let database = folder.join("interviewlens.db");
    let connection = rusqlite::Connection::open(&database)?;
    let size = |names: &str| -> Result<i64, rusqlite::Error> {
        let sql = format!(
            "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = 1 AND name {names}"
        );
        connection.query_row(&sql, [], |row| row.get(0))
    };
    let words = size("LIKE 'passage_words%'")?;
    let places = size("IN ('passages', 'sqlite_autoindex_passages_1', 'passage_users')")?;
    let documents = size("IN ('documents', 'documents_by_parent')")?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = json!({"text_bytes": text, "words_index_bytes": words, "places_bytes": places,
        "documents_bytes": documents, "file_bytes": database.metadata()?.len(),
        "peak_memory": peak.unwrap_or("").trim()});
    println!("{line}");
    Ok(())
}
