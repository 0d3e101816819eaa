//! Webhooks that were sent, and answers that engines call back with.

use domain::ErrorCode;
use http::Method;
use serde_json::{Value, json};

use crate::openapi::{
    examples,
    operation::Operation,
    problems::{STORE, USER, WRITE},
};

pub(super) const TAG: &str = "Webhooks";

fn operation(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(id, TAG, summary).takes(&["id"]);
    let operation = operation.fails(&USER).fails(&STORE);
    operation.fails(&[ErrorCode::InterviewNotFound])
}

pub(super) fn deliveries() -> Operation {
    let page = examples::page(&examples::delivery());
    operation("list_deliveries", "List what was sent about an interview")
        .about(
            "Every webhook, its attempts and the next one. They are signed as Standard Webhooks \
             are: `webhook-id`, `webhook-timestamp` and `webhook-signature`.",
        )
        .takes(&["limit", "page_token"])
        .fails(&[ErrorCode::InvalidParameter, ErrorCode::UnknownParameter])
        .gives(200, "The deliveries.", "DeliveryPage", page)
}

pub(super) fn replay() -> Operation {
    let mut pending = examples::delivery();
    pending["state"] = json!("pending");
    operation("replay_delivery", "Send a webhook again")
        .about("The same body under the same id, to the `webhook_url` that is set now.")
        .takes(&["delivery_id"])
        .gives(202, "The delivery, pending.", "Delivery", pending)
        .fails(&WRITE)
        .fails(&[ErrorCode::NoSuchDelivery, ErrorCode::NoReceiver])
}

const SENT: &str = "\
Sent to the interview's `webhook_url` as Standard Webhooks are: verify `webhook-signature`, \
and take the same `webhook-id` as the same event. An answer of 2xx is success; redirects are \
not followed; 410 ends the deliveries of that interview; `Retry-After` is honoured.";

/// What is sent to a client's receiver.
pub(in crate::openapi) fn webhook() -> Operation {
    let header = |name: &str, about: &str| {
        json!({"name": name, "in": "header", "required": true, "description": about,
            "schema": {"type": "string"}})
    };
    let headers = json!([
        header(
            "webhook-id",
            "The same in every attempt and on every redelivery of the cause."
        ),
        header(
            "webhook-timestamp",
            "When it is sent, in seconds since 1970."
        ),
        header(
            "webhook-signature",
            "`v1,` and a signature; several while a secret changes."
        ),
    ]);
    let completed = json!({"completed": {"summary": "All is there", "value": examples::event()}});
    Operation::new(
        "interview_event",
        TAG,
        "Be told what happened to an interview",
    )
    .about(SENT)
    .open()
    .with("parameters", headers)
    .json("WebhookEvent", true, completed)
    .answers(
        204,
        "It has arrived; any other 2xx says the same.",
        Value::Null,
    )
    .answers(
        410,
        "Nothing more is to be sent about this interview.",
        Value::Null,
    )
}

pub(super) fn callback(method: &Method) -> Operation {
    let content = json!({"application/json": {"schema": {"type": "object"}}});
    let id = format!("{}_deepgram_answer", method.as_str().to_ascii_lowercase());
    let summary = format!("Take a speech engine's answer by {method}");
    Operation::new(&id, TAG, &summary)
        .about("For the engine alone: the token in the path is generated for one job.")
        .open()
        .takes(&["callback_token"])
        .with("requestBody", json!({"required": true, "content": content}))
        .answers(204, "It is kept and going to be worked on.", Value::Null)
        .fails(&STORE)
        .fails(&[ErrorCode::NothingAwaited])
}
