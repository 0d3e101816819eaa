//! The route table, and what stands before its handlers. The description of an operation, its
//! path and its methods stand at its handler; only `/mcp` is not described.
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
    routing::post,
};
use domain::{ErrorCode, UserId};
use http::{Method, header};
use runtime::http::Problem;
use utoipa::openapi::path::Paths;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    access::{authenticate, authenticate_in_person, authenticate_reader},
    analyze_async, analyze_sync, assessment, audio, callbacks, change, clip, collection_report,
    collections, comparison, console, corrections, deliveries, engines,
    error::{ApiError, no_such_path},
    events, health, highlights, import, interviews, list, mcp, notes, openapi, report, results,
    retry, rubrics, runs, search, shares, stream, themes, tokens, transcript, uploads, usage, view,
    webhook_secret, webhooks,
};

type Routes = OpenApiRouter<Arc<Api>>;

/// For users; their responses last as long as the client listens, or sends.
fn streams() -> Routes {
    Routes::new()
        .routes(routes!(events::events))
        .routes(routes!(analyze_async::analyze_async))
        .routes(routes!(stream::transcribe_stream))
}

/// For users.
fn users() -> Routes {
    Routes::new()
        .routes(routes!(engines::engines))
        .routes(routes!(usage::usage))
        .routes(routes!(list::list, interviews::create))
        .routes(routes!(search::search))
        .routes(routes!(view::show, change::change, interviews::delete))
        .routes(routes!(collections::list, collections::create))
        .routes(routes!(
            collections::show,
            collections::change,
            collections::delete
        ))
        .routes(routes!(comparison::json))
        .routes(routes!(comparison::csv))
        .routes(routes!(comparison::xlsx))
        .routes(routes!(collection_report::docx))
        .routes(routes!(themes::show, themes::start))
        .routes(routes!(rubrics::list, rubrics::create))
        .routes(routes!(rubrics::templates))
        .routes(routes!(rubrics::show, rubrics::change, rubrics::delete))
        .routes(routes!(retry::retry))
        .routes(routes!(runs::list, runs::start))
        .routes(routes!(runs::select))
        .routes(routes!(assessment::get, assessment::put))
        .routes(routes!(assessment::history))
        .routes(routes!(notes::notes, notes::add_note))
        .routes(routes!(notes::change_note, notes::delete_note))
        .routes(routes!(highlights::list, highlights::add))
        .routes(routes!(highlights::change, highlights::delete))
        .routes(routes!(highlights::across::list))
        .routes(routes!(clip::clip))
        .routes(routes!(shares::list, shares::create))
        .routes(routes!(shares::revoke))
        .routes(routes!(deliveries::deliveries))
        .routes(routes!(deliveries::replay))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhook_secret::show, webhook_secret::rotate))
        .routes(routes!(uploads::upload_url))
        .routes(routes!(
            transcript::json,
            import::import,
            corrections::correct
        ))
        .routes(routes!(corrections::history))
        .routes(routes!(corrections::undo))
        .routes(routes!(transcript::srt))
        .routes(routes!(transcript::vtt))
        .routes(routes!(transcript::txt))
        .routes(routes!(transcript::md))
        .routes(routes!(results::analysis))
        .routes(routes!(results::waveform))
        .routes(routes!(results::waveform_data))
        .routes(routes!(report::docx))
        .routes(routes!(report::html))
        .routes(routes!(analyze_sync::analyze))
}

/// For users who sign in themselves, and not for their access tokens.
fn in_person() -> Routes {
    Routes::new()
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
}

/// For users, and for clients with a link.
fn listeners() -> Routes {
    Routes::new().routes(routes!(audio::audio, audio::audio_head))
}

/// For everybody.
fn public() -> Routes {
    Routes::new()
        .routes(routes!(openapi::page::page))
        .routes(routes!(openapi::openapi))
        .routes(routes!(console::page))
        .routes(routes!(console::interview_page))
        .routes(routes!(console::rubrics_page))
        .routes(routes!(console::tokens_page))
        .routes(routes!(console::collections_page))
        .routes(routes!(console::collection_page))
        .routes(routes!(console::asset))
        .routes(routes!(shares::open::page, shares::open::page_head))
        .routes(routes!(shares::open::docx))
        .routes(routes!(shares::open::audio, shares::open::audio_head))
}

/// For the platform and for speech engines, whose addresses have no rate limit.
fn machines() -> Routes {
    Routes::new()
        .routes(routes!(health::health))
        .routes(routes!(callbacks::callback))
}

/// For programs with a language model. The protocol describes itself, so the description of the
/// API does not have it.
fn models(api: &Arc<Api>) -> Routes {
    let state = || Arc::clone(api);
    let any = post(mcp::answer).fallback(mcp::only_post);
    Routes::new()
        .route("/mcp", any)
        .route_layer(from_fn_with_state(state(), authenticate_reader))
        .route_layer(from_fn_with_state(state(), mcp::check_origin))
}

/// Every route, with the layers of its group.
pub(crate) fn router(api: &Arc<Api>) -> Router {
    let state = || Arc::clone(api);
    let users = users()
        .merge(streams().route_layer(from_fn_with_state(state(), limit_streams)))
        .route_layer(from_fn_with_state(state(), authenticate));
    let in_person = in_person().route_layer(from_fn_with_state(state(), authenticate_in_person));
    let listeners =
        listeners().route_layer(from_fn_with_state(state(), authenticate_without_token));
    let limited = users
        .merge(in_person)
        .merge(listeners)
        .merge(public())
        .route_layer(from_fn(check_method))
        .merge(models(api))
        .fallback(async || ApiError::from(no_such_path()))
        .layer(from_fn_with_state(state(), limit_address));
    let all = limited.merge(machines().route_layer(from_fn(check_method)));
    all.with_state(state()).into()
}

/// The operations as their handlers describe them.
pub(crate) fn paths() -> Paths {
    let all = users()
        .merge(streams())
        .merge(in_person())
        .merge(listeners());
    all.merge(public()).merge(machines()).into_openapi().paths
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

/// [`authenticate`], unless the request brings the token of a link: that says whose recording it is.
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
