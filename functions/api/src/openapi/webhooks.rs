//! What the service sends to a client's receiver.

use serde_json::{Value, json};

use super::{examples, named};

const SENT: &str = "\
Sent to the interview's `webhook_url`, and to the webhooks for all interviews of its user, as Standard Webhooks are: verify `webhook-signature`, \
and take the same `webhook-id` as the same event. A response of 2xx is success, best within 3 \
seconds; what takes longer is sent again with 15 seconds. Redirects are not followed; 410 ends the deliveries of that interview, or the webhook for all; `Retry-After` is honoured.";

pub(super) fn all() -> Value {
    let header = |name: &str, about: &str| {
        json!({"name": name, "in": "header", "required": true, "description": about,
            "schema": {"type": "string"}})
    };
    let response = |about: &str| json!({"description": about});
    json!({"interview": {"post": {
        "operationId": "interview_event",
        "tags": ["Webhook events"],
        "summary": "Receive the events of an interview",
        "description": SENT,
        "security": [],
        "parameters": [
            header(
                "webhook-id",
                "The same in every attempt and on every redelivery of the cause.",
            ),
            header("webhook-timestamp", "When it is sent, in seconds since 1970."),
            header(
                "webhook-signature",
                "`v1,` and a signature; several while a secret changes.",
            ),
        ],
        "requestBody": {"required": true, "content": {"application/json": {
            "schema": named("WebhookEvent"),
            "examples": {"completed": {"summary": "All is there", "value": examples::event()}},
        }}},
        "responses": {
            "204": response("It has arrived; any other 2xx says the same."),
            "410": response("Nothing more is to be sent about this interview."),
        },
    }}})
}
