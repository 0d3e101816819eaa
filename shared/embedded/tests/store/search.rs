//! The index of passages.

use domain::{
    UserId,
    paths::DocPath,
    ports::{Query, Records},
    search::{PASSAGES, Passage, Phrases, query},
};
use rusqlite::Connection;

use crate::Fixture;

#[allow(dead_code, reason = "the measurement uses more of it")]
#[path = "../../examples/search/text.rs"]
mod text;

use text::{Speaker, key, word, writes};

/// Two users with some interviews each; all their passages.
async fn fill(records: &dyn Records, speaker: &mut Speaker) -> Vec<(DocPath, Passage)> {
    for (user, interviews) in [("few", 3), ("many", 12)] {
        for number in 0..interviews {
            let words = speaker.words(2_000);
            let writes = writes(&key(user, number), number, &words);
            records.commit(writes).await.unwrap();
        }
    }
    let stored = records.list(&Query::group(PASSAGES)).await.unwrap();
    let passage = |document: domain::ports::Document| {
        let passage = document.decode().unwrap();
        (document.path, passage)
    };
    stored.into_iter().map(passage).collect()
}

/// What is found, page by page.
async fn found(records: &dyn Records, user: &str, phrases: &Phrases) -> Vec<DocPath> {
    const PAGE: usize = 7;
    let user = UserId::parse(user).unwrap();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = query(&user, phrases.clone(), after.take(), PAGE);
        let page = records.list(&page).await.unwrap();
        let last = page.last().map(|last| {
            let passage: Passage = last.decode().unwrap();
            (passage.order, last.path.clone())
        });
        let is_last = page.len() < PAGE;
        all.extend(page.into_iter().map(|document| document.path));
        if is_last {
            return all;
        }
        after = last;
    }
}

/// What is to be found, by looking at every passage.
fn expected(all: &[(DocPath, Passage)], user: &str, phrases: &Phrases) -> Vec<DocPath> {
    let own = all.iter().filter(|(_, passage)| {
        passage.user.as_str() == user && phrases.are_in(passage.text.reveal())
    });
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|(_, passage)| std::cmp::Reverse(passage.order));
    own.into_iter().map(|(path, _)| path.clone()).collect()
}

/// The mix of queries of `scripts/bench/search`, on a small sample.
#[tokio::test]
async fn the_index_finds_what_looking_at_every_passage_finds() {
    let bench = Fixture::new().await;
    let records = bench.store.records();
    let mut speaker = Speaker::new(7);
    let all = fill(&*records, &mut speaker).await;
    assert!(all.len() > 100, "{}", all.len());
    let (mut hits, mut none) = (0, 0);
    for index in 0..150 {
        let rng = &mut speaker.rng;
        let wanted = match index % 5 {
            0 => word(rng.usize(5_000..100_000)),
            1 => word(rng.usize(..30)),
            2 => format!("{} {}", word(rng.usize(..40)), word(rng.usize(20..400))),
            3 => {
                let (_, passage) = &all[rng.usize(..all.len())];
                let words: Vec<&str> = passage.text.reveal().split(' ').collect();
                let from = rng.usize(..words.len().saturating_sub(3).max(1));
                format!(
                    "\"{}\"",
                    words[from..]
                        .iter()
                        .take(3)
                        .copied()
                        .collect::<Vec<_>>()
                        .join(" ")
                )
            }
            _ => format!("{}xq", word(rng.usize(..1_000))),
        };
        let phrases = Phrases::parse(&wanted);
        for user in ["few", "many", "other"] {
            let expected = expected(&all, user, &phrases);
            assert_eq!(found(&*records, user, &phrases).await, expected, "{wanted}");
            hits += expected.len();
            none += usize::from(expected.is_empty());
        }
    }
    assert!(hits > 300 && none > 100, "{hits} {none}");
}

/// Another release may have made it with other tokens.
#[tokio::test]
async fn an_index_of_other_tokens_is_made_anew() {
    let bench = Fixture::new().await;
    let mut speaker = Speaker::new(8);
    let records = bench.store.records();
    let all = fill(&*records, &mut speaker).await;
    drop(records);
    let phrases = Phrases::parse(&word(0));
    let expected = expected(&all, "many", &phrases);
    assert!(!expected.is_empty());
    let bench = bench
        .changed(|database: &Connection| {
            let spoil = "UPDATE counters SET value = 0 WHERE name = 'passage_tokens';
                INSERT INTO passage_words (passage_words) VALUES ('delete-all');
                DELETE FROM passages WHERE id % 2 = 0";
            database.execute_batch(spoil).unwrap();
        })
        .await;
    let records = bench.store.records();
    assert_eq!(found(&*records, "many", &phrases).await, expected);
    // What is deleted afterwards is found by nothing.
    let deletes = all
        .iter()
        .map(|(path, _)| domain::ports::Write::delete(path.clone()));
    records.commit(deletes.collect()).await.unwrap();
    let left: i64 = Connection::open(bench.folder.path().join("interviewlens.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM passages", (), |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(found(&*records, "many", &phrases).await, []);
}
