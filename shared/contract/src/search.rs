//! Passages, and finding them by their words.

use domain::{
    InterviewId, InterviewKey, Timestamp, UserId,
    paths::DocPath,
    ports::{Precondition, Records, Write},
    search::{Field, Indexed, Moment, Moments, Passage, Phrases, Place, order, query, query_of},
    versions::UnknownFields,
};

pub use crate::records::RecordsFixture;

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = include_str!("search.rs");

fn key(user: &str, interview: &str) -> InterviewKey {
    InterviewKey {
        user_id: UserId::parse(user).unwrap(),
        interview_id: InterviewId::parse(interview).unwrap(),
    }
}

/// A passage of an interview that was created at a millisecond.
fn passage(of: &InterviewKey, created: i64, second: u64, text: &str) -> Passage {
    let mut moments = Moments::default();
    let moment = Moment {
        start_ms: Some(second * 1_000),
        speaker: Some(1),
    };
    moments.push(0, moment);
    Passage {
        user: of.user_id.clone(),
        interview: of.interview_id.clone(),
        field: Field::Transcript,
        run: Some(1),
        order: order(
            &of.interview_id,
            Timestamp::from_millis(created),
            Place::Second(second),
        ),
        text: text.into(),
        moments,
        unknown: UnknownFields::default(),
    }
}

async fn store(records: &dyn Records, path: &DocPath, passage: &Passage) {
    let write = Write::put(path.clone(), passage, Precondition::None).unwrap();
    records.commit(vec![write]).await.unwrap();
}

/// The texts that are found, read in pages of `limit`.
async fn found(records: &dyn Records, user: &str, wanted: &str, limit: usize) -> Vec<String> {
    let (user, phrases) = (UserId::parse(user).unwrap(), Phrases::parse(wanted));
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let query = query(&user, phrases.clone(), after.take(), limit);
        let page = records.list(&query).await.unwrap();
        assert!(page.len() <= limit);
        for document in &page {
            let passage: Passage = document.decode().unwrap();
            after = Some((passage.order, document.path.clone()));
            if phrases.are_in(passage.text.reveal()) {
                texts.push(passage.text.reveal().to_owned());
            }
        }
        if page.len() < limit {
            return texts;
        }
    }
}

/// By words and phrases, without case and accents, all of which it must have; what the store
/// adds to it is not seen.
pub async fn a_passage_is_found_by_its_words_and_reads_back(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let of = key("u", "i");
    let text = "We took the old Boat to Zoë's island; it's 3.5 miles.";
    let written = passage(&of, 1_000, 7, text);
    let path = of.transcript_passage(1, 0);
    store(records, &path, &written).await;
    let read = records.read(&path).await.unwrap().unwrap();
    assert_eq!(read.fields, serde_json::to_value(&written).unwrap());
    for wanted in [
        "boat",
        "BOAT island",
        "\"old boat\" zoe",
        "\"the old boat to\"",
        "ZOE\u{308}'S",
        "3.5",
        "it’s",
        "„boat to“",
        "\"zoe's island\"",
    ] {
        assert_eq!(found(records, "u", wanted, 5).await, [text], "{wanted}");
    }
    for wanted in [
        "boats",
        "zoes",
        "boat lake",
        "\"boat old\"",
        "\"old to\"",
        "5.3",
        "?",
        "",
    ] {
        let none: [&str; 0] = [];
        assert_eq!(found(records, "u", wanted, 5).await, none, "{wanted}");
    }
}

/// Whatever the order in which they were written, and without one twice or none.
pub async fn passages_are_found_newest_first_and_page_by_page(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let mut expected = Vec::new();
    for (created, interview) in [(2_000, "first"), (4_000, "second"), (3_000, "third")] {
        let of = key("u", interview);
        for (number, second) in [500, 20, 0].into_iter().enumerate() {
            let rest = if number == 1 { "rare" } else { "other" };
            let text = format!("common {rest} {interview} {second}");
            let written = passage(&of, created, second, &text);
            store(records, &of.transcript_passage(1, number), &written).await;
            expected.push((created, second, text));
        }
    }
    expected.sort_by_key(|(created, second, _)| (std::cmp::Reverse(*created), *second));
    let expected: Vec<String> = expected.into_iter().map(|(_, _, text)| text).collect();
    for limit in [1, 2, 3, 20] {
        assert_eq!(found(records, "u", "common", limit).await, expected);
        assert_eq!(
            found(records, "u", "rare common", limit).await,
            [
                "common rare second 20",
                "common rare third 20",
                "common rare first 20"
            ],
        );
    }
    // The next page begins where the last one ended, also when that is gone.
    let (user, phrases) = (UserId::parse("u").unwrap(), Phrases::parse("common"));
    let first = query(&user, phrases.clone(), None, 2);
    let page = records.list(&first).await.unwrap();
    let last: Passage = page[1].decode().unwrap();
    let after = Some((last.order, page[1].path.clone()));
    let gone = Write::delete(page[1].path.clone());
    records.commit(vec![gone]).await.unwrap();
    let page = records
        .list(&query(&user, phrases, after, 1))
        .await
        .unwrap();
    let next: Passage = page[0].decode().unwrap();
    assert_eq!(next.text.reveal(), expected[2]);
}

/// In the moment in which it is committed.
pub async fn a_passage_that_is_changed_or_deleted_is_not_found_by_its_old_words(
    bench: &impl RecordsFixture,
) {
    let records = &*bench.records();
    let of = key("u", "i");
    let paths = [of.transcript_passage(1, 0), of.transcript_passage(1, 1)];
    store(records, &paths[0], &passage(&of, 1_000, 7, "an old boat")).await;
    store(records, &paths[1], &passage(&of, 1_000, 7, "an old house")).await;
    assert_eq!(found(records, "u", "old", 5).await.len(), 2);
    store(records, &paths[0], &passage(&of, 1_000, 8, "a new boat")).await;
    assert_eq!(found(records, "u", "old", 5).await, ["an old house"]);
    assert_eq!(found(records, "u", "boat", 5).await, ["a new boat"]);
    // A transaction that does not happen changes nothing.
    let stale = Write::Delete {
        path: of.transcript_passage(1, 9),
        precondition: Precondition::Exists,
    };
    let refused = records
        .commit(vec![Write::delete(paths[1].clone()), stale])
        .await;
    assert!(refused.is_err());
    assert_eq!(found(records, "u", "house", 5).await, ["an old house"]);
    let deletes = paths.iter().map(|path| Write::delete(path.clone()));
    records.commit(deletes.collect()).await.unwrap();
    for word in ["old", "new", "boat", "house"] {
        assert_eq!(found(records, "u", word, 5).await.len(), 0, "{word}");
    }
}

/// Only a user's own, and only passages.
pub async fn passages_of_others_are_not_found(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    for user in ["u", "1u", "v"] {
        let of = key(user, "i");
        let text = format!("the boat of {user}");
        store(
            records,
            &of.transcript_passage(1, 0),
            &passage(&of, 1_000, 7, &text),
        )
        .await;
    }
    let of = key("u", "i");
    let note = of.document().child("notes", "n");
    store(records, &note, &passage(&of, 1_000, 7, "a boat in a note")).await;
    for user in ["u", "1u", "v"] {
        let expected = [format!("the boat of {user}")];
        assert_eq!(found(records, user, "boat", 5).await, expected);
    }
    assert_eq!(found(records, "w", "boat", 5).await.len(), 0);
}

/// Page by page, though all interviews have the words, and whatever was created in the same or the
/// next millisecond.
pub async fn passages_of_one_interview_are_found_alone(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let seconds = [0, 0, 20, 500, 40_000, 90_000];
    for (created, interview) in [(1_999, "before"), (2_000, "own"), (2_001, "after")] {
        let of = key("u", interview);
        for (number, second) in seconds.into_iter().enumerate() {
            let text = format!("common {interview} {number} {second}");
            let written = passage(&of, created, second, &text);
            store(records, &of.transcript_passage(1, number), &written).await;
        }
    }
    // The title comes first, and has the largest place of all.
    let of = key("u", "own");
    let mut title = passage(&of, 2_000, 0, "common own title");
    title.field = Field::Title;
    title.order = order(
        &of.interview_id,
        Timestamp::from_millis(2_000),
        Place::Title,
    );
    store(records, &of.title_passage(), &title).await;
    let created_at = Timestamp::from_millis(2_000);
    let own = Indexed {
        key: of.clone(),
        created_at,
    };
    for limit in [1, 2, 3, 20] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let query = query_of(&own, Phrases::parse("common"), after.take(), limit);
            let page = records.list(&query).await.unwrap();
            for document in &page {
                let passage: Passage = document.decode().unwrap();
                assert_eq!(passage.interview, of.interview_id);
                after = Some((passage.order, document.path.clone()));
                found.push(passage.order);
            }
            if page.len() < limit {
                break;
            }
        }
        assert_eq!(found.len(), seconds.len() + 1, "{limit}");
        assert!(found.is_sorted_by(|one, other| one >= other), "{found:?}");
    }
    let other = Indexed {
        key: key("v", "own"),
        created_at,
    };
    let query = query_of(&other, Phrases::parse("common"), None, 5);
    assert_eq!(records.list(&query).await.unwrap().len(), 0);
}

/// One character, two, or more.
pub async fn scripts_without_spaces_are_found_by_their_characters(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let of = key("u", "i");
    for (number, text) in ["東京都に行きました", "京と都 tower"]
        .into_iter()
        .enumerate()
    {
        let written = passage(&of, 1_000, number as u64, text);
        store(records, &of.transcript_passage(1, number), &written).await;
    }
    for (wanted, count) in [
        ("東京都", 1),
        ("京都", 1),
        ("京", 2),
        ("都 tower", 1),
        ("京東", 0),
    ] {
        assert_eq!(
            found(records, "u", wanted, 5).await.len(),
            count,
            "{wanted}"
        );
    }
}
