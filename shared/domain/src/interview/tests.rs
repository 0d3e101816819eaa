//! Documents of interviews.

use serde_json::json;

use super::*;
use crate::{documents, pipeline::Pipeline};

#[test]
fn metadata_of_any_shape_reads_back() {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::generate(),
    };
    let mut interview = Interview::new(&key, "t".into(), Timestamp::from_millis(0));
    let awkward = json!({"": [[1, [2]]], "__a__": {"b": u64::MAX, "c": 0.5, "d": null}});
    interview.metadata = awkward.as_object().unwrap().clone();
    let fields = serde_json::to_value(&interview).unwrap();
    documents::check(&key.document(), &fields, &Pipeline::ours()).unwrap();
    assert_eq!(
        serde_json::from_value::<Interview>(fields).unwrap(),
        interview
    );
}
