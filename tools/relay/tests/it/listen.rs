//! What a listener hears when the connection fails, from a server that answers a resume
//! token as the emulator once did: without the change that was lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::pipeline::Pipeline;
use firestore::gcloud_sdk::{
    google::firestore::v1::{
        Document, DocumentChange, ListenRequest, ListenResponse, TargetChange, Value,
        listen_request, listen_response::ResponseType, target_change::TargetChangeType,
        value::ValueType,
    },
    prost::Message,
    prost_types,
};
use futures::{StreamExt as _, stream};
use google::firestore::{Firestore, FirestoreDatabase};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use relay::listen::{ChangeHandled, CollectionChange, Listener};
use runtime::{
    http::{Body, Service, answer},
    serve::{ConnectionLimits, serve},
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

const DOCUMENTS: &str = "projects/p/databases/(default)/documents";

/// The documents are `a` and `b`; `a` changes to 2 when the first connection fails, by a
/// message that cannot be decoded, or by the listener.
struct Server {
    connections: AtomicUsize,
    breaks: bool,
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

fn response(response_type: ResponseType) -> Vec<u8> {
    let response = ListenResponse {
        response_type: Some(response_type),
    };
    frame(&response.encode_to_vec())
}

fn target(kind: TargetChangeType) -> Vec<u8> {
    response(ResponseType::TargetChange(TargetChange {
        target_change_type: kind.into(),
        target_ids: vec![1],
        resume_token: b"here".to_vec(),
        ..TargetChange::default()
    }))
}

fn written(id: &str, number: i64) -> Vec<u8> {
    let time = Some(prost_types::Timestamp {
        seconds: number,
        nanos: 0,
    });
    let value = Value {
        value_type: Some(ValueType::IntegerValue(number)),
    };
    response(ResponseType::DocumentChange(DocumentChange {
        document: Some(Document {
            name: format!("{DOCUMENTS}/users/{id}"),
            fields: [("number".to_owned(), value)].into(),
            create_time: time,
            update_time: time,
        }),
        target_ids: vec![1],
        removed_target_ids: Vec::new(),
    }))
}

/// Whether the first message of a request asks to resume.
async fn resumes(body: &mut Incoming) -> bool {
    let frame = body.frame().await.expect("a frame").expect("a frame");
    let bytes = frame.into_data().expect("data");
    let request = ListenRequest::decode(&bytes[5..]).expect("a request");
    let Some(listen_request::TargetChange::AddTarget(target)) = request.target_change else {
        panic!("a target, not {request:?}");
    };
    target.resume_type.is_some()
}

#[async_trait]
impl Service for Server {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let mut body = request.into_body();
        let resumes = resumes(&mut body).await;
        let connection = self.connections.fetch_add(1, Ordering::SeqCst);
        let mut frames = vec![target(TargetChangeType::Add)];
        if connection == 0 {
            frames.extend([written("a", 1), written("b", 1)]);
        } else if !resumes {
            frames.extend([written("a", 2), written("b", 1)]);
        }
        frames.push(target(TargetChangeType::Current));
        if connection == 0 && self.breaks {
            frames.push(frame(b"\xff\xff\xff"));
        }
        let frames = stream::iter([Ok(Bytes::from(frames.concat()))]);
        // The request stays open for as long as the response.
        let open = stream::unfold(body, |mut body| async move {
            while body.frame().await.is_some() {}
            None
        });
        let body = runtime::http::stream(frames.chain(open));
        answer(StatusCode::OK, "application/grpc", body)
    }
}

/// What is heard until all documents have been told for the second time. The listener fails
/// `failures` times.
async fn heard(server: Server, failures: usize) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let limits = ConnectionLimits::BEHIND_PROXY;
    tokio::spawn(serve(
        Arc::new(server),
        listener,
        limits,
        std::future::pending(),
    ));
    let database = FirestoreDatabase {
        project: "p".into(),
        id: "(default)".into(),
        emulator: Some(address.to_string()),
    };
    let firestore = Firestore::new(database, Arc::new(Pipeline::ours()));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let failures = AtomicUsize::new(failures);
    let hear = move |change: CollectionChange| -> ChangeHandled {
        let fails = matches!(change, CollectionChange::Whole(_))
            && failures
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        let _ = sender.send(match change {
            CollectionChange::Written(document) => {
                let (_, id) = document.path.split();
                format!("{id} is {}", document.fields["number"])
            }
            CollectionChange::Gone(path) => format!("{path:?} is gone"),
            CollectionChange::Reset(group) => format!("{group} anew"),
            CollectionChange::Whole(group) => format!("{group} whole"),
        });
        Box::pin(async move {
            anyhow::ensure!(!fails, "the disk is full");
            Ok(())
        })
    };
    let listening = Listener::start(&firestore, vec!["users".into()], Box::new(hear)).await;
    let listener = listening.expect("a listener");
    let mut heard = Vec::new();
    while heard.iter().filter(|line| *line == "users whole").count() < 2 {
        let next = timeout(Duration::from_secs(30), receiver.recv()).await;
        heard.push(next.expect("in time").expect("a change"));
    }
    listener.stop().await;
    heard
}

const EVERYTHING: [&str; 8] = [
    "users anew",
    "a is 1",
    "b is 1",
    "users whole",
    "users anew",
    "a is 2",
    "b is 1",
    "users whole",
];

#[tokio::test]
async fn after_a_broken_message_everything_is_told_anew() {
    let server = Server {
        connections: AtomicUsize::new(0),
        breaks: true,
    };
    assert_eq!(heard(server, 0).await, EVERYTHING);
}

#[tokio::test]
async fn changes_after_an_error_are_listed_again() {
    let server = Server {
        connections: AtomicUsize::new(0),
        breaks: false,
    };
    assert_eq!(heard(server, 1).await, EVERYTHING);
}
