//! The one list of what can be asked.

use domain::ports::AuthError;
use std::sync::LazyLock;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use matchit::Router;
use runtime::http::{Body, Problem};

use crate::{
    Api,
    console::Console,
    health::health,
    identity::{credentials, refuse},
    openapi,
    request::ApiRequest,
    transcript::Format,
};

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Page,
    OpenApi,
    Console,
    ConsoleInterview,
    ConsoleAsset,
    Health,
    Engines,
    Interviews,
    Interview,
    UploadUrl,
    Events,
    Transcript(Format),
    Analysis,
    Waveform,
    WaveformData,
    Report,
    Audio,
    Callback,
    Analyze,
    TranscribeStream,
    AnalyzeAsync,
    Retry,
    Notes,
    Note,
    Deliveries,
    Replay,
}

impl Route {
    pub(crate) const ALL: [(&'static str, Self, &'static [Method]); 30] = [
        ("/", Self::Page, &[Method::GET]),
        ("/openapi.json", Self::OpenApi, &[Method::GET]),
        ("/app", Self::Console, &[Method::GET]),
        (
            "/app/interviews/{id}",
            Self::ConsoleInterview,
            &[Method::GET],
        ),
        ("/app/assets/{file}", Self::ConsoleAsset, &[Method::GET]),
        ("/healthz", Self::Health, &[Method::GET]),
        ("/v1/engines", Self::Engines, &[Method::GET]),
        (
            "/v1/interviews",
            Self::Interviews,
            &[Method::GET, Method::POST],
        ),
        (
            "/v1/interviews/{id}",
            Self::Interview,
            &[Method::GET, Method::PATCH, Method::DELETE],
        ),
        ("/v1/interviews/{id}/retry", Self::Retry, &[Method::POST]),
        (
            "/v1/interviews/{id}/notes",
            Self::Notes,
            &[Method::GET, Method::POST],
        ),
        (
            "/v1/interviews/{id}/notes/{note_id}",
            Self::Note,
            &[Method::PATCH, Method::DELETE],
        ),
        (
            "/v1/interviews/{id}/webhook-deliveries",
            Self::Deliveries,
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/webhook-deliveries/{delivery_id}/replay",
            Self::Replay,
            &[Method::POST],
        ),
        (
            "/v1/interviews/{id}/upload-url",
            Self::UploadUrl,
            &[Method::POST],
        ),
        ("/v1/interviews/{id}/events", Self::Events, &[Method::GET]),
        (
            "/v1/interviews/{id}/transcript",
            Self::Transcript(Format::Json),
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/transcript.srt",
            Self::Transcript(Format::Srt),
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/transcript.vtt",
            Self::Transcript(Format::Vtt),
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/transcript.txt",
            Self::Transcript(Format::Text),
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/transcript.md",
            Self::Transcript(Format::Markdown),
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/analysis",
            Self::Analysis,
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/waveform",
            Self::Waveform,
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/waveform.dat",
            Self::WaveformData,
            &[Method::GET],
        ),
        (
            "/v1/interviews/{id}/report.docx",
            Self::Report,
            &[Method::GET],
        ),
        (
            "/v1/audio/{filename}",
            Self::Audio,
            &[Method::GET, Method::HEAD],
        ),
        (
            "/v1/callbacks/deepgram/{token}",
            Self::Callback,
            &[Method::POST, Method::PUT],
        ),
        ("/v1/analyze", Self::Analyze, &[Method::POST]),
        ("/v1/analyze-async", Self::AnalyzeAsync, &[Method::POST]),
        (
            "/v1/transcribe-stream",
            Self::TranscribeStream,
            &[Method::POST],
        ),
    ];
}

/// Every path and the methods that it takes, as the documentation has to have them.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static [Method])> {
    let routes = Route::ALL.into_iter();
    routes.map(|(path, _, methods)| (path, methods))
}

/// The routes, compiled.
static ROUTES: LazyLock<Router<(Route, &'static [Method])>> = LazyLock::new(|| {
    let mut router = Router::new();
    for (path, route, methods) in Route::ALL {
        router
            .insert(path, (route, methods))
            .expect("the routes do not contradict each other");
    }
    router
});

impl Api {
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        request_id: &str,
    ) -> Result<Response<Body>, Problem> {
        let path = request.uri().path().to_owned();
        let found = ROUTES.at(&path);
        let for_machines = |route| matches!(route, Route::Health | Route::Callback);
        if !found
            .as_ref()
            .is_ok_and(|found| for_machines(found.value.0))
        {
            self.limits.rate_limits.admit_address(&request)?;
        }
        let Ok(found) = found else {
            return Err(Problem::not_found(
                "no_such_path",
                "there is nothing at this path",
            ));
        };
        let (route, methods) = *found.value;
        if !methods.contains(request.method()) {
            return Ok(refuse_method(methods, request_id));
        }
        let mut parameters = found.params.iter().map(|(_, value)| value.to_owned());
        let parameter = parameters.next().unwrap_or_default();
        let second = parameters.next().unwrap_or_default();
        let asked = ApiRequest::new(request, parameter);
        match self.recognise(route, asked).await {
            Ok(asked) => self.admit(route, asked, &second, request_id).await,
            Err(refused) => Ok(refuse(refused, request_id)),
        }
    }

    /// Dispatches as much as one user may ask.
    async fn admit(
        &self,
        route: Route,
        asked: ApiRequest,
        second: &str,
        request_id: &str,
    ) -> Result<Response<Body>, Problem> {
        let Some(user) = asked.known_user().cloned() else {
            return self.dispatch(route, asked, second, request_id).await;
        };
        let rate_limits = &self.limits.rate_limits;
        rate_limits.admit_user(&user)?;
        let takes_its_time = matches!(
            route,
            Route::Events | Route::TranscribeStream | Route::AnalyzeAsync
        );
        if !takes_its_time {
            return self.dispatch(route, asked, second, request_id).await;
        }
        let open = rate_limits.open(&user)?;
        let response = self.dispatch(route, asked, second, request_id).await?;
        Ok(open.with(response))
    }

    /// Finds out who asks, where that matters.
    async fn recognise(&self, route: Route, asked: ApiRequest) -> Result<ApiRequest, AuthError> {
        let for_everybody = match route {
            // A callback's token is all the permission that it needs.
            Route::Page
            | Route::OpenApi
            | Route::Console
            | Route::ConsoleInterview
            | Route::ConsoleAsset
            | Route::Health
            | Route::Callback => true,
            // A link says whose recording it is, and is checked like one.
            Route::Audio => asked.query_value("token").is_some(),
            _ => false,
        };
        if for_everybody {
            return Ok(asked);
        }
        let user = self
            .identity
            .identify(&credentials(asked.headers()))
            .await?;
        Ok(asked.by(user))
    }

    async fn dispatch(
        &self,
        route: Route,
        asked: ApiRequest,
        second: &str,
        request_id: &str,
    ) -> Result<Response<Body>, Problem> {
        match (route, asked.method().clone()) {
            (Route::Page, _) => Ok(openapi::page()),
            (Route::OpenApi, _) => Ok(openapi::openapi()),
            (Route::Console | Route::ConsoleInterview, _) => self.console.page(),
            (Route::ConsoleAsset, _) => Console::asset(&asked),
            (Route::Health, _) => Ok(health()),
            (Route::Engines, _) => self.engines(&asked),
            (Route::Interviews, Method::POST) => self.create(asked).await,
            (Route::Interviews, _) => self.list(&asked).await,
            (Route::Interview, Method::DELETE) => self.delete(&asked).await,
            (Route::Interview, Method::PATCH) => self.change(asked).await,
            (Route::Retry, _) => self.retry(asked).await,
            (Route::Notes, Method::POST) => self.add_note(asked).await,
            (Route::Notes, _) => self.notes(&asked).await,
            (Route::Note, Method::DELETE) => self.delete_note(&asked, second).await,
            (Route::Note, _) => self.change_note(asked, second).await,
            (Route::Deliveries, _) => self.deliveries(&asked).await,
            (Route::Replay, _) => self.replay(&asked, second).await,
            (Route::Interview, _) => self.show(&asked).await,
            (Route::UploadUrl, _) => self.upload_url(&asked).await,
            (Route::Events, _) => self.events(&asked).await,
            (Route::Transcript(format), _) => self.transcript(&asked, format).await,
            (Route::Analysis, _) => self.analysis(&asked).await,
            (Route::Waveform, _) => self.waveform(&asked).await,
            (Route::WaveformData, _) => self.waveform_data(&asked).await,
            (Route::Report, _) => self.report(&asked).await,
            (Route::Audio, _) => self.audio(&asked, request_id).await,
            (Route::Callback, _) => self.callback(asked).await,
            (Route::Analyze, _) => self.analyze(asked).await,
            (Route::AnalyzeAsync, _) => self.analyze_async(asked).await,
            (Route::TranscribeStream, _) => self.transcribe_stream(asked, request_id).await,
        }
    }
}

fn refuse_method(methods: &[Method], request_id: &str) -> Response<Body> {
    let allowed = methods
        .iter()
        .map(Method::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let detail = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    let mut response = problem.into_response(request_id);
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}
