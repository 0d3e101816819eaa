//! What is asked, and by whom.

use std::borrow::Cow;

use domain::{ErrorCode, Interview, InterviewId, InterviewKey, UserId, interview_store};
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use runtime::http::Problem;

use crate::{Api, error::no_interview};

/// A request on its way to a handler.
pub(crate) struct ApiRequest {
    request: Request<Incoming>,
    parameter: String,
    user: Option<UserId>,
}

impl ApiRequest {
    /// A request without a user.
    pub(crate) const fn new(request: Request<Incoming>, parameter: String) -> Self {
        Self {
            request,
            parameter,
            user: None,
        }
    }

    /// The same request, of `user`.
    pub(crate) fn by(self, user: UserId) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn into_body(self) -> Incoming {
        self.request.into_body()
    }

    /// The path's parameter as it stands there.
    pub(crate) fn parameter(&self) -> &str {
        &self.parameter
    }

    /// The query's pairs.
    pub(crate) fn query(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.request.uri().query().unwrap_or("").as_bytes())
    }

    /// A query parameter.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Refuses query parameters that nothing is known of.
    pub(crate) fn only_query(&self, known: &[&str]) -> Result<(), Problem> {
        match self.query().find(|(key, _)| !known.contains(&&**key)) {
            None => Ok(()),
            Some((key, _)) => Err(Problem::new(ErrorCode::UnknownParameter,
                format!("there is no query parameter `{}` here", key.escape_debug()),
            )),
        }
    }

    /// Who asks, where that matters.
    pub(crate) const fn known_user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// Who asks.
    pub(crate) fn user(&self) -> Result<&UserId, Problem> {
        self.known_user().ok_or_else(|| {
            tracing::error!("a user is wanted on a route that asks for none");
            Problem::internal()
        })
    }

    /// The interview that the path names, of the user who asks.
    pub(crate) fn key(&self) -> Result<InterviewKey, Problem> {
        let user_id = self.user()?.clone();
        let interview_id = InterviewId::parse(self.parameter()).map_err(|_| no_interview())?;
        Ok(InterviewKey {
            user_id,
            interview_id,
        })
    }
}

impl Api {
    /// The interview that the path names, of the user who asks.
    pub(crate) async fn interview(&self, asked: &ApiRequest) -> Result<Interview, Problem> {
        let key = asked.key()?;
        let found = interview_store::interview(&*self.records, &key).await;
        found?.ok_or_else(no_interview)
    }
}
