//! Lists of documents.

use domain::ports::{Direction, Precondition, Query};
use serde_json::{Value, json};

use super::{RecordsFixture, ask, delete, path, store};

/// Equal, less than, upwards and downwards, fields of maps as well.
///
/// Firestore itself answers most of these only with a composite index, which its
/// emulator does not ask for: the existence of indexes is not part of the contract.
pub async fn lists_are_filtered_and_in_order(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let documents = [
        ("c/a", json!({"n": 2, "even": true, "in": {"side": "x"}})),
        ("c/b", json!({"n": 1, "even": false, "in": {"side": "y"}})),
        ("c/c", json!({"n": 2, "even": true, "in": {"side": "y"}})),
        ("c/d", json!({"n": 4, "even": true, "in": {"side": "x"}})),
    ];
    store(records, &documents).await;
    let all = Query::collection("c");
    assert_eq!(
        ask(records, all.clone()).await,
        ["c/a", "c/b", "c/c", "c/d"]
    );
    let even = Query {
        equal: vec![("even".into(), json!(true))],
        ..all.clone()
    };
    assert_eq!(ask(records, even).await, ["c/a", "c/c", "c/d"]);
    let both = Query {
        equal: vec![("even".into(), json!(true)), ("in.side".into(), json!("y"))],
        ..all.clone()
    };
    assert_eq!(ask(records, both).await, ["c/c"]);
    let small = Query {
        less_than: Some(("n".into(), json!(4))),
        ..all.clone()
    };
    assert_eq!(
        ask(records, small).await,
        ["c/b", "c/a", "c/c"],
        "by the field"
    );
    let downwards = Query {
        order_by: Some("n".into()),
        direction: Direction::Descending,
        ..all
    };
    assert_eq!(ask(records, downwards).await, ["c/d", "c/c", "c/a", "c/b"]);
}

/// At least a value and less than another, downwards and with the pages in between.
pub async fn a_list_has_bounds_on_both_sides(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    for n in 0..9 {
        store(
            records,
            &[(&format!("c/{n}"), json!({"n": n, "odd": n % 2 == 1}))],
        )
        .await;
    }
    let between = Query {
        at_least: Some(("n".into(), json!(2))),
        less_than: Some(("n".into(), json!(6))),
        direction: Direction::Descending,
        ..Query::collection("c")
    };
    assert_eq!(
        ask(records, between.clone()).await,
        ["c/5", "c/4", "c/3", "c/2"]
    );
    let next = Query {
        after: Some((json!(4), path("c/4"))),
        limit: 1,
        ..between.clone()
    };
    assert_eq!(ask(records, next).await, ["c/3"]);
    let odd = Query {
        equal: vec![("odd".into(), json!(true))],
        ..between
    };
    assert_eq!(ask(records, odd).await, ["c/5", "c/3"]);
    let from = Query {
        at_least: Some(("n".into(), json!(7))),
        ..Query::collection("c")
    };
    assert_eq!(ask(records, from).await, ["c/7", "c/8"]);
}

/// Whole items of lists, and of lists alone; also as they change and go.
pub async fn a_list_is_filtered_by_an_item(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let at = |name: &str| format!("users/u/interviews/{name}");
    // `tag_keys` of interviews are a list that a store may have a table for.
    for (field, name) in [("tag_keys", "tagged"), ("others", "other")] {
        let documents = [
            ("a", json!({"n": 1, field: ["x", "y"], "even": false})),
            ("b", json!({"n": 2, field: ["x", "x"], "even": true})),
            ("c", json!({"n": 3, field: "x", "even": false})),
            ("d", json!({"n": 4, field: [], "even": true})),
            ("e", json!({"n": 5, field: ["xy", "X", "x"], "even": false})),
            ("f", json!({"n": 6})),
        ];
        for (letter, fields) in documents {
            let at = at(&format!("{name}-{letter}"));
            store(records, &[(&at, fields)]).await;
        }
        let tagged = Query {
            contains: Some((field.into(), json!("x"))),
            order_by: Some("n".into()),
            direction: Direction::Descending,
            ..Query::collection("users/u/interviews")
        };
        let all = |letters: &[&str]| -> Vec<String> {
            let names = letters.iter();
            names.map(|one| at(&format!("{name}-{one}"))).collect()
        };
        assert_eq!(ask(records, tagged.clone()).await, all(&["e", "b", "a"]));
        let odd = Query {
            equal: vec![("even".into(), json!(false))],
            at_least: Some(("n".into(), json!(2))),
            order_by: None,
            ..tagged.clone()
        };
        assert_eq!(ask(records, odd).await, all(&["e"]));
        let page = Query {
            after: Some((json!(5), path(&at(&format!("{name}-e"))))),
            limit: 1,
            ..tagged.clone()
        };
        assert_eq!(ask(records, page).await, all(&["b"]));
        let of_another = Query {
            contains: Some((field.into(), json!("x"))),
            ..Query::collection("users/v/interviews")
        };
        assert_eq!(ask(records, of_another).await, [""; 0]);
        let changed = at(&format!("{name}-a"));
        store(records, &[(&changed, json!({"n": 1, field: ["y"]}))]).await;
        let gone = delete(&at(&format!("{name}-b")), Precondition::None);
        records.commit(vec![gone]).await.unwrap();
        assert_eq!(ask(records, tagged).await, all(&["e"]));
    }
}

/// Also between documents of the same value. Not downwards by name alone, which
/// Firestore refuses.
pub async fn a_list_goes_on_where_the_last_page_ended(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let documents: Vec<(String, Value)> = (0..9)
        .map(|n| (format!("c/{n}"), json!({"n": n / 3})))
        .collect();
    for (at, fields) in &documents {
        store(records, &[(at, fields.clone())]).await;
    }
    let orders = [
        (Direction::Ascending, Some("n".to_owned())),
        (Direction::Descending, Some("n".to_owned())),
        (Direction::Ascending, None),
    ];
    for (direction, order_by) in orders {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = Query {
                order_by: order_by.clone(),
                direction,
                after: after.take(),
                limit: 2,
                ..Query::collection("c")
            };
            let page = records.list(&query).await.unwrap();
            seen.extend(page.iter().map(|document| document.path.to_string()));
            let Some(last) = page.last() else { break };
            after = Some((last.fields["n"].clone(), last.path.clone()));
        }
        let mut expected: Vec<&String> = documents.iter().map(|(at, _)| at).collect();
        if direction == Direction::Descending {
            expected.reverse();
        }
        assert!(seen.iter().eq(expected), "{order_by:?}: {seen:?}");
    }
}

/// Ordering by a field omits documents without it.
pub async fn list_omits_documents_without_the_order_field(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let documents = [
        ("c/a", json!({"n": 1})),
        ("c/b", json!({})),
        ("c/c", json!({"n": null})),
    ];
    store(records, &documents).await;
    let by_n = Query {
        order_by: Some("n".into()),
        ..Query::collection("c")
    };
    assert_eq!(
        ask(records, by_n).await,
        ["c/c", "c/a"],
        "null is less than all"
    );
}

/// All collections of one name, for all users.
pub async fn lists_reach_across_users(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let documents = [
        ("users/u/interviews/a", json!({"n": 1})),
        ("users/v/interviews/b", json!({"n": 0})),
        ("users/v/notes/c", json!({"n": 0})),
    ];
    store(records, &documents).await;
    let small = Query {
        less_than: Some(("n".into(), json!(2))),
        ..Query::group("interviews")
    };
    let expected = ["users/v/interviews/b", "users/u/interviews/a"];
    assert_eq!(ask(records, small).await, expected);
    let one = Query {
        equal: vec![("n".into(), json!(1))],
        order_by: Some("n".into()),
        ..Query::group("interviews")
    };
    assert_eq!(ask(records, one).await, ["users/u/interviews/a"]);
}
