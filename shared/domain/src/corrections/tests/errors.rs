//! Operations that are refused.

use super::*;

#[test]
fn errors_name_operation_field_value_and_remedy() {
    let first = |op: serde_json::Value| error(json!([op]));
    for (wrong, message) in [
        (
            first(json!({"op": "delete_words", "from": "w10", "to": "w11"})),
            "`operations[0].from`: there is no word `w10` in this revision; read the transcript \
             again for its ids",
        ),
        (
            first(json!({"op": "delete_words", "from": "w1", "to": "the \n end"})),
            "`operations[0].to`: there is no word `the \\n end` in this revision; read the \
             transcript again for its ids",
        ),
        (
            first(json!({"op": "delete_words", "from": "w3", "to": "w2"})),
            "`operations[0].to`: the word `w2` comes before `w3`; `from` must not come after `to`",
        ),
        (
            first(json!({"op": "delete_words", "from": "w0", "to": "w9"})),
            "`operations[0].to`: no word would be left; a transcript keeps at least one",
        ),
        (
            first(json!({"op": "insert_words", "after": "w0", "text": " "})),
            "`operations[0].text`: the text must have at least one word; `delete_words` removes \
             words",
        ),
        (
            first(json!({"op": "insert_words", "after": "w0", "text": "a\u{7}"})),
            "`operations[0].text`: the text must not have control characters",
        ),
        (
            first(json!({"op": "insert_words", "after": "w0", "text": "x".repeat(10_001)})),
            "`operations[0].text`: the text has 10001 characters, and at most 10000 are accepted",
        ),
        (
            first(json!({"op": "replace_words", "from": "w4", "to": "w5", "text": "one"})),
            "`operations[0].to`: the words are of several speakers; replace those of each speaker \
             by an operation of their own, or by as many words",
        ),
        (
            first(json!({"op": "assign_speaker", "from": "w4", "to": "w5", "speaker": 9})),
            "`operations[0].speaker`: there is no speaker 9; known are 0, 1, and 2 adds a new one",
        ),
        (
            first(json!({"op": "merge_speakers", "from": 1, "into": 2})),
            "`operations[0].into`: there is no speaker 2; known are 0, 1",
        ),
        (
            first(json!({"op": "merge_speakers", "from": 1, "into": 1})),
            "`operations[0].into`: a speaker cannot be merged into itself; `from` and `into` must \
             differ",
        ),
        (
            first(json!({"op": "split_turn", "at": "w5"})),
            "`operations[0].at`: the word `w5` begins a turn already",
        ),
        (
            first(json!({"op": "join_turns", "at": "w5"})),
            "`operations[0].at`: the turn of the word `w5` is another speaker's than the one \
             before it; assign both to one speaker first",
        ),
        (
            first(json!({"op": "join_turns", "at": "w1"})),
            "`operations[0].at`: the word `w1` does not begin a turn; name the first word of the \
             later turn",
        ),
        (
            first(json!({"op": "join_turns", "at": "w0"})),
            "`operations[0].at`: there is no turn before the word `w0`",
        ),
        (
            error(json!([])),
            "`operations` must have at least one operation",
        ),
    ] {
        assert_eq!(wrong, message);
    }
    let delete = json!({"op": "delete_words", "from": "w1", "to": "w1"});
    assert!(
        error(json!([delete, delete])).starts_with("`operations[1].from`: there is no word `w1`")
    );
    let many = vec![json!({"op": "split_turn", "at": "w1"}); MAX_OPERATIONS + 1];
    assert!(error(json!(many)).starts_with("`operations` has 2001 operations"));
    let long = json!({"op": "insert_words", "after": "w0", "text": "x".repeat(10_000)});
    assert!(error(json!(vec![long; 21])).contains("have 210000 bytes"));
}
