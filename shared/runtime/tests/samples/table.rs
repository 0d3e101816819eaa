//! What every sample must come to.

/// What one sample must come to.
pub(crate) struct Row {
    /// The file below `data`.
    pub(crate) body: &'static str,
    /// The headers around it: a request of `eventarc-requests.json`, `json` for
    /// the content type alone, or a type of event.
    pub(crate) around: &'static str,
    /// What it is, in short, or part of the refusal.
    pub(crate) expected: &'static str,
}

const STORAGE: &str = "storage-finalized";
const PUBSUB: &str = "pubsub-messagePublished";
const CREATED: &str = "firestore-created-protobuf";
const UPDATED: &str = "firestore-updated-protobuf";
const DELETED: &str = "firestore-deleted-protobuf";
pub(crate) const WRITTEN: &str = "firestore-written-withAuthContext";
const AUDIT: &str = "google.cloud.audit.log.v1.written";
pub(crate) const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";
pub(crate) const PUSH: &str = "application/json";
pub(crate) const FIRESTORE_JSON: &str = "firestore as json";

pub(crate) const ROWS: &[Row] = &[
    row(
        "examples/binary/storage/StorageObjectData-simple.json",
        STORAGE,
        "object sample-bucket folder/Test.cs 1587627537231057 352 text/plain",
    ),
    row(
        "examples/binary/storage/StorageObjectData-complex.json",
        STORAGE,
        "object sample-bucket MyFile 96883251 0 text/plain",
    ),
    row(
        "testdata/google/events/cloud/storage/v1/StorageObjectData-simple.json",
        STORAGE,
        "object some-bucket folder/Test.cs 1587627537231057 352 text/plain",
    ),
    row(
        "testdata/google/events/cloud/storage/v1/StorageObjectData-complex.json",
        STORAGE,
        "object sample-bucket MyFile 96883251 0 esse commodo",
    ),
    row(
        "examples/structured/storage/StorageObjectDataWorkflows.json",
        STRUCTURED,
        "object sample-bucket MyFile 96883251 0 text/plain",
    ),
    row(
        "examples/binary/pubsub/MessagePublishedData-simple.json",
        PUBSUB,
        "message MY-TOPIC message-id 4 bytes 0 attributes",
    ),
    row(
        "examples/binary/pubsub/MessagePublishedData-complex.json",
        PUBSUB,
        "message MY-TOPIC message-id 14 bytes 1 attributes",
    ),
    row(
        "testdata/google/events/cloud/pubsub/v1/MessagePublishedData-binary.json",
        PUBSUB,
        "message MY-TOPIC message-id 4 bytes 0 attributes",
    ),
    row(
        "testdata/google/events/cloud/pubsub/v1/MessagePublishedData-text.json",
        PUBSUB,
        "message MY-TOPIC message-id 14 bytes 1 attributes",
    ),
    row(
        "testdata/google/events/cloud/pubsub/v1/MessagePublishedData-duplicatedFields.json",
        PUBSUB,
        "message MY-TOPIC message-id 4 bytes 0 attributes",
    ),
    row(
        "examples/structured/pubsub/MessagePublishedData.json",
        STRUCTURED,
        "message my-topic message-id 14 bytes 1 attributes",
    ),
    // The same bodies come without Eventarc around them as pushes.
    row(
        "examples/binary/pubsub/MessagePublishedData-complex.json",
        PUSH,
        "message my-subscription message-id 14 bytes 1 attributes",
    ),
    row(
        "testdata/google/events/cloud/pubsub/v1/MessagePublishedData-duplicatedFields.json",
        PUSH,
        "message my-subscription message-id 4 bytes 0 attributes",
    ),
    row(
        "pubsub-tasks/pubsub-push-wrapped.json",
        PUSH,
        "message mysubscription 2070443601311540 40 bytes 1 attributes",
    ),
    row(
        "pubsub-tasks/pubsub-push-wrapped-no-data.json",
        PUSH,
        "message mysubscription 2070443601311540 0 bytes 1 attributes",
    ),
    row(
        "pubsub-tasks/pubsub-push-wrapped-with-dlq.json",
        PUSH,
        "message mysubscription 2070443601311540 40 bytes 1 attributes, attempt 5",
    ),
    row(
        "proto-encoded/firestore-created.pb",
        CREATED,
        "document foo/fGRodw71mHutZ4wGDuT8 null -> {\"hello\":\"create world\"}",
    ),
    row(
        "proto-encoded/firestore-updated.pb",
        UPDATED,
        "document foo/fGRodw71mHutZ4wGDuT8 {\"hello\":\"old world\"} -> {\"hello\":\"new world\"}",
    ),
    row(
        "proto-encoded/firestore-updated.pb",
        WRITTEN,
        "document foo/fGRodw71mHutZ4wGDuT8 {\"hello\":\"old world\"} -> {\"hello\":\"new world\"}",
    ),
    row(
        "proto-encoded/firestore-deleted.pb",
        DELETED,
        "document foo/fGRodw71mHutZ4wGDuT8 {\"hello\":\"delete world\"} -> null",
    ),
    row(
        "proto-encoded/DocumentEventData-simple.pb",
        UPDATED,
        "document gcf-test/2Vm2mI1d0wIaK2Waj5to {\"another test\":\"asd\",\"count\":3,\"foo\":\"bar\"} -> {\"another test\":\"asd\",\"count\":4,\"foo\":\"bar\"}",
    ),
    row(
        "proto-encoded/DocumentEventData-complex.pb",
        WRITTEN,
        COMPLEX,
    ),
    row(
        "proto-encoded/RECORDED-datastore-style-from-issue-621.pb",
        WRITTEN,
        "refused: body",
    ),
    row(
        "proto-encoded/RECORDED-datastore-style-from-issue-621.pb",
        "google.cloud.datastore.entity.v1.written",
        "refused: google.cloud.datastore.entity.v1.written",
    ),
    row(
        "proto-encoded/RECORDED-datastore-style-from-issue-621.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "examples/binary/firestore/DocumentEventData-simple.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "examples/binary/firestore/DocumentEventData-complex.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "testdata/google/events/cloud/firestore/v1/DocumentEventData-simple.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "testdata/google/events/cloud/firestore/v1/DocumentEventData-complex.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "proto-encoded/firestore-created.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "proto-encoded/firestore-updated.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "proto-encoded/firestore-deleted.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "proto-encoded/DocumentEventData-simple.roundtrip.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    row(
        "proto-encoded/DocumentEventData-complex.roundtrip.json",
        FIRESTORE_JSON,
        "refused: protobuf is needed",
    ),
    // JSON that says it is protobuf.
    row(
        "examples/binary/firestore/DocumentEventData-simple.json",
        WRITTEN,
        "refused: body",
    ),
    row(
        "examples/binary/audit/LogEntryData-pubsubCreateTopic.json",
        AUDIT,
        "refused: google.cloud.audit.log.v1.written",
    ),
    row(
        "testdata/google/events/cloud/audit/v1/LogEntryData-pubsubCreateTopic.json",
        AUDIT,
        "refused: google.cloud.audit.log.v1.written",
    ),
    // Bodies in the wrong place.
    row(
        "examples/binary/storage/StorageObjectData-simple.json",
        PUBSUB,
        "refused: body",
    ),
    row(
        "examples/binary/pubsub/MessagePublishedData-simple.json",
        STORAGE,
        "refused: body",
    ),
    row(
        "examples/binary/storage/StorageObjectData-simple.json",
        PUSH,
        "refused: neither",
    ),
    row(
        "examples/structured/pubsub/MessagePublishedData.json",
        PUSH,
        "refused: neither",
    ),
];

pub(crate) const COMPLEX: &str = "document gcf-test/";

const fn row(body: &'static str, around: &'static str, expected: &'static str) -> Row {
    Row {
        body,
        around,
        expected,
    }
}
