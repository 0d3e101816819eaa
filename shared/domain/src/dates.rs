//! The dates by which interviews are listed, of interviews that earlier releases stored.
//!
//! A list by date asks for the field [`DATE`], which every write of an interview sets. Earlier
//! releases did not. Before a user's first list by date, [`migrate`] adds it to all of the
//! user's interviews that lack it, and notes that; also to those that this release cannot
//! decode.

use serde_json::{Map, Value, json};

use crate::{
    RecordedAt, Timestamp, UserId, interview_store, paths,
    ports::{Precondition, Query, Records, RecordsError, Write},
};

/// The field that lists by date ask for.
pub const DATE: &str = "date";

/// How many interviews are read at once.
const PAGE: usize = 100;

/// Adds the date to the user's interviews that lack it, unless that has been done. Should it
/// break off, the next list by date goes on.
pub async fn migrate(
    records: &dyn Records,
    user: &UserId,
    now: Timestamp,
) -> Result<(), RecordsError> {
    let done = paths::dates_migrated(user);
    if records.read(&done).await?.is_some() {
        return Ok(());
    }
    let mut query = Query {
        limit: PAGE,
        ..Query::collection(paths::interviews_of(user))
    };
    loop {
        let page = records.list(&query).await?;
        let Some(last) = page.last() else { break };
        query.after = Some((Value::Null, last.path.clone()));
        interview_store::amend_all(records, page, add).await?;
    }
    let note = Write::put(done, &json!({"done_at": now}), Precondition::None)?;
    records.commit(vec![note]).await
}

/// Adds the date; nothing where it is there, or cannot be known.
fn add(fields: &mut Map<String, Value>) -> Option<()> {
    if fields.get(DATE).is_some_and(Value::is_string) {
        return None;
    }
    let recorded_at = |value: Option<&Value>| RecordedAt::parse(value?.as_str()?).ok();
    let of_file = fields
        .get("audio")
        .and_then(|audio| audio.get("recorded_at"));
    let recorded_at = recorded_at(fields.get("recorded_at")).or_else(|| recorded_at(of_file));
    let date = match recorded_at {
        Some(recorded_at) => recorded_at.to_timestamp(),
        None => Timestamp::parse(fields.get("created_at")?.as_str()?).ok()?,
    };
    fields.insert(DATE.to_owned(), json!(date));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_that_of_the_recording_or_of_the_creation() {
        let created_at = "2026-03-02T09:30:00.000Z";
        for (own, file, expected) in [
            (json!(null), json!(null), created_at),
            (json!(null), json!("2026-01-05"), "2026-01-05T00:00:00.000Z"),
            (
                json!("2026-02-03T01:00:00+02:00"),
                json!("2026-01-05"),
                "2026-02-02T23:00:00.000Z",
            ),
            (
                json!("soon"),
                json!("2026-01-05T10:00:00"),
                "2026-01-05T10:00:00.000Z",
            ),
        ] {
            let fields = json!({"created_at": created_at, "recorded_at": own,
                "audio": {"recorded_at": file}});
            let mut fields = fields.as_object().cloned().unwrap();
            assert_eq!(add(&mut fields), Some(()));
            assert_eq!(fields[DATE], expected);
            assert_eq!(add(&mut fields), None, "it has one");
        }
        assert_eq!(add(&mut Map::new()), None);
    }
}
