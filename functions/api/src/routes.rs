//! The route table, and what stands before its handlers.
//!
//! A request passes, from the outside in: the rate limit of its address, the check of its
//! path and method, authentication, the rate limit of its user, and, where it holds a stream
//! open, the limit on those.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{get, patch, post},
};
use domain::{ErrorCode, UserId};
use http::{Method, header};
use runtime::http::Problem;

use crate::{
    Api, analyze_async, analyze_sync, audio, callbacks, change, console, deliveries, engines,
    error::{ApiError, no_such_path},
    events, health,
    identity::credentials,
    interviews, list, notes, openapi, results, retry, stream, transcript, uploads, view,
};

/// Every route, with the layers of its group.
pub(crate) fn router(api: &Arc<Api>) -> Router {
    let state = || Arc::clone(api);
    let streams = Router::new()
        .route("/v1/interviews/{id}/events", get(events::events))
        .route("/v1/analyze-async", post(analyze_async::analyze_async))
        .route("/v1/transcribe-stream", post(stream::transcribe_stream))
        .route_layer(from_fn_with_state(state(), limit_streams));
    let users = Router::new()
        .route("/v1/engines", get(engines::engines))
        .route("/v1/interviews", get(list::list).post(interviews::create))
        .route(
            "/v1/interviews/{id}",
            get(view::show)
                .patch(change::change)
                .delete(interviews::delete),
        )
        .route("/v1/interviews/{id}/retry", post(retry::retry))
        .route(
            "/v1/interviews/{id}/notes",
            get(notes::notes).post(notes::add_note),
        )
        .route(
            "/v1/interviews/{id}/notes/{note_id}",
            patch(notes::change_note).delete(notes::delete_note),
        )
        .route(
            "/v1/interviews/{id}/webhook-deliveries",
            get(deliveries::deliveries),
        )
        .route(
            "/v1/interviews/{id}/webhook-deliveries/{delivery_id}/replay",
            post(deliveries::replay),
        )
        .route("/v1/interviews/{id}/upload-url", post(uploads::upload_url))
        .route("/v1/interviews/{id}/transcript", get(transcript::json))
        .route("/v1/interviews/{id}/transcript.srt", get(transcript::srt))
        .route("/v1/interviews/{id}/transcript.vtt", get(transcript::vtt))
        .route("/v1/interviews/{id}/transcript.txt", get(transcript::txt))
        .route("/v1/interviews/{id}/transcript.md", get(transcript::md))
        .route("/v1/interviews/{id}/analysis", get(results::analysis))
        .route("/v1/interviews/{id}/waveform", get(results::waveform))
        .route(
            "/v1/interviews/{id}/waveform.dat",
            get(results::waveform_data),
        )
        .route("/v1/interviews/{id}/report.docx", get(results::report))
        .route("/v1/analyze", post(analyze_sync::analyze))
        .merge(streams)
        .route_layer(from_fn_with_state(state(), authenticate));
    let listeners = Router::new()
        .route(
            "/v1/audio/{filename}",
            get(audio::audio).head(audio::audio_head),
        )
        .route_layer(from_fn_with_state(state(), authenticate_without_token));
    let public = Router::new()
        .route("/", get(openapi::page))
        .route("/openapi.json", get(openapi::openapi))
        .route("/app", get(console::page))
        .route("/app/interviews/{id}", get(console::page))
        .route("/app/assets/{file}", get(console::asset));
    let machines = Router::new()
        .route("/healthz", get(health::health))
        .route(
            "/v1/callbacks/deepgram/{token}",
            post(callbacks::callback).put(callbacks::callback),
        )
        .route_layer(from_fn(check_method));
    Router::new()
        .merge(users)
        .merge(listeners)
        .merge(public)
        .route_layer(from_fn(check_method))
        .fallback(async || ApiError::from(no_such_path()))
        .layer(from_fn_with_state(state(), limit_address))
        .merge(machines)
        .with_state(state())
}

/// Counts the request for the address that it comes from.
async fn limit_address(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    api.limits.rate_limits.admit_address(&request)?;
    Ok(next.run(request).await)
}

/// Refuses methods that the description does not have; among them `HEAD`, which axum would
/// answer wherever there is a `GET`.
async fn check_method(
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let methods = openapi::methods(path.as_str());
    if methods.contains(request.method()) {
        return Ok(next.run(request).await);
    }
    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let allowed = methods.join(", ");
    let detail = format!("this path takes {allowed}");
    let problem = Problem::new(ErrorCode::MethodNotAllowed, detail);
    Err(problem.with_header(header::ALLOW, &allowed).into())
}

/// Finds out who the user is, and counts the request for that user.
async fn authenticate(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let credentials = credentials(request.headers());
    let user = api.identity.identify(&credentials).await?;
    api.limits.rate_limits.admit_user(&user)?;
    request.extensions_mut().insert(user);
    Ok(next.run(request).await)
}

/// The same, unless the request brings the token of a link: that says whose recording it is.
async fn authenticate_without_token(
    api: State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let query = request.uri().query().unwrap_or("");
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "token") {
        return Ok(next.run(request).await);
    }
    authenticate(api, request, next).await
}

/// Counts a stream of the user until its response has been sent.
async fn limit_streams(
    State(api): State<Arc<Api>>,
    Extension(user): Extension<UserId>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let permit = api.limits.rate_limits.open(&user)?;
    let response = next.run(request).await;
    if response.status().is_success() {
        return Ok(permit.with(response));
    }
    Ok(response)
}
