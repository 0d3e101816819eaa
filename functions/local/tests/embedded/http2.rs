//! What HTTP/2 sends as it is given, where HTTP/1 corrects it: the public service speaks
//! HTTP/2 to Cloud Run's front end.

use futures::stream;
use reqwest::{Body, Client, Method, StatusCode, header::CONTENT_LENGTH};

use crate::support::{TestHost, wav};

fn client() -> Client {
    let client = Client::builder().http2_prior_knowledge();
    client.build().unwrap()
}

#[tokio::test]
async fn errors_to_head_and_responses_without_content_have_no_body() {
    let test = TestHost::start().await;
    let client = client();
    let refused = client.head(format!("{}/v1/engines", test.url)).send();
    let refused = refused.await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.bytes().await.unwrap(), "");

    let id = test.submit(wav(1)).await;
    let url = format!("{}/v1/interviews/{id}", test.url);
    let deleted = client.delete(url).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(deleted.headers().get(CONTENT_LENGTH), None);
}

#[tokio::test]
async fn retry_reads_a_body_of_unknown_length() {
    let test = TestHost::start().await;
    let id = test.submit(wav(1)).await;
    test.drain().await;
    let url = format!("{}/v1/interviews/{id}/retry", test.url);
    let parts = stream::iter([Ok::<_, std::io::Error>(r#"{"step": "nothing"}"#)]);
    let request = client().request(Method::POST, url);
    let answer = request.body(Body::wrap_stream(parts)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}
