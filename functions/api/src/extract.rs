//! Extractors: what handlers take of a request, checked.

use std::{borrow::Cow, collections::HashSet, fmt, sync::Arc};

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, UserId,
    collections::{self, Collection},
    ids::{hex, random_name},
    interview_store,
    trace::TraceContext,
};
use http::request::Parts;
use runtime::{
    http::{Problem, read_json},
    trace,
};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, IntoDeserializer, value::MapDeserializer},
};
use sha2::{Digest as _, Sha256};

use crate::{
    Api,
    collections::no_collection,
    error::{ApiError, no_interview},
    validation::{MAX_IDEMPOTENCY_KEY, is_idempotency_key},
};

/// The key of the interview that the path names, as one of the user's; it may not exist.
pub(crate) struct OwnKey(pub(crate) InterviewKey);

impl FromRequestParts<Arc<Api>> for OwnKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let user_id = user(parts)?;
        let values = PathValues::from_request_parts(parts, api).await?;
        let interview_id = InterviewId::parse(values.get("id")).map_err(|_| no_interview())?;
        Ok(Self(InterviewKey {
            user_id,
            interview_id,
        }))
    }
}

/// The user's interview that the path names.
pub(crate) struct OwnInterview(pub(crate) Interview);

impl FromRequestParts<Arc<Api>> for OwnInterview {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let OwnKey(key) = OwnKey::from_request_parts(parts, api).await?;
        let found = interview_store::interview(&*api.records, &key).await?;
        Ok(Self(found.ok_or_else(no_interview)?))
    }
}

/// The user's collection that the path names.
pub(crate) struct OwnCollection {
    pub(crate) user: UserId,
    pub(crate) collection: Collection,
}

impl FromRequestParts<Arc<Api>> for OwnCollection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let user = user(parts)?;
        let values = PathValues::from_request_parts(parts, api).await?;
        let id = values.get("collection_id");
        let found = collections::find(&*api.records, &user, id).await?;
        let (collection, _) = found.ok_or_else(no_collection)?;
        Ok(Self { user, collection })
    }
}

/// The user that authentication has found.
fn user(parts: &Parts) -> Result<UserId, Problem> {
    parts.extensions.get().cloned().ok_or_else(|| {
        tracing::error!(
            event = "request.unauthenticated",
            "a handler needs a user on a route without authentication"
        );
        Problem::internal()
    })
}

/// The values in the path, percent-decoded; none where they are not UTF-8.
pub(crate) struct PathValues(Option<RawPathParams>);

impl<S: Send + Sync> FromRequestParts<S> for PathValues {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let values = RawPathParams::from_request_parts(parts, state).await;
        Ok(Self(values.ok()))
    }
}

impl PathValues {
    /// The value of that name; without one, an empty text, which is never valid.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut values = self.0.iter().flat_map(RawPathParams::iter);
        values
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    }
}

/// Who creates something, and how often it may be created.
pub(crate) struct Origin {
    pub(crate) user: UserId,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) trace: TraceContext,
}

impl FromRequestParts<Arc<Api>> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, api).await?;
        Ok(Self {
            user: user(parts)?,
            idempotency_key: key,
            trace: trace::from_headers(&parts.headers).unwrap_or_else(TraceContext::generate),
        })
    }
}

/// `Idempotency-Key`.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl IdempotencyKey {
    /// The id of what is created in `scope`: the same key makes the same, however often it is sent.
    pub(crate) fn id_in(&self, scope: &str) -> String {
        self.digest_in(scope).unwrap_or_else(random_name)
    }

    /// A digest of the key in `scope`, where there is one.
    pub(crate) fn digest_in(&self, scope: &str) -> Option<String> {
        let given = self.0.as_ref()?;
        Some(hex(&Sha256::digest(format!("{scope}/{given}"))[..12]))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(key) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        match key.to_str() {
            Ok(key) if is_idempotency_key(key) => Ok(Self(Some(key.to_owned()))),
            _ => {
                let detail =
                    format!("Idempotency-Key: 1 to {MAX_IDEMPOTENCY_KEY} visible characters");
                Err(Problem::new(ErrorCode::InvalidIdempotencyKey, detail).into())
            }
        }
    }
}

/// A JSON body of at most `MAX` bytes.
pub(crate) struct JsonBody<T, const MAX: usize>(pub(crate) T);

impl<T, S, const MAX: usize> FromRequest<S> for JsonBody<T, MAX>
where
    T: DeserializeOwned + Send + 'static,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self(read_json(request.into_body(), MAX).await?))
    }
}

/// The parameters of the query, of which the first of a name counts. A type that does not
/// deny unknown fields ignores parameters that it does not know.
pub(crate) struct QueryParameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or("");
        let mut seen = HashSet::new();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let first = pairs.filter(|(name, _)| seen.insert(name.clone()));
        Ok(Self(Self::read(first)?))
    }
}

impl<T: DeserializeOwned> QueryParameters<T> {
    /// Reads names and texts, each name once.
    pub(crate) fn read<'a>(
        pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<T, Problem> {
        let parameters = pairs.map(|(name, value)| (Text(name), Text(value)));
        Ok(T::deserialize(MapDeserializer::new(parameters))?)
    }
}

/// No parameters at all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// A name or a value, of which there is only the text.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = QueryError;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        self.0.into_deserializer().deserialize_any(visitor)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, QueryError> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What is wrong with a query.
#[derive(Debug)]
struct QueryError(Problem);

impl de::Error for QueryError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(Problem::new(
            ErrorCode::InvalidParameter,
            message.to_string(),
        ))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        let detail = format!("unknown query parameter `{}`", field.escape_debug());
        Self(Problem::new(ErrorCode::UnknownParameter, detail))
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for QueryError {}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        error.0
    }
}

/// Reads a parameter by `parse`; where that finds nothing in it, `expected` says what it takes.
pub(crate) fn parameter<'de, T, D: Deserializer<'de>>(
    input: D,
    parse: impl FnOnce(&str) -> Option<T>,
    expected: &str,
) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(input)?;
    parse(&text).ok_or_else(|| de::Error::custom(expected))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Parameters {
        #[serde(default)]
        name: Option<String>,
        #[serde(default, deserialize_with = "size")]
        size: u32,
    }

    fn size<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
        parameter(input, |text| text.parse().ok(), "`size` takes a number")
    }

    fn read(query: &str) -> Result<Parameters, (ErrorCode, String)> {
        let request = http::Request::get(format!("/?{query}")).body(()).unwrap();
        let mut parts = request.into_parts().0;
        let read = block_on(QueryParameters::from_request_parts(&mut parts, &()));
        read.map(|QueryParameters(parameters)| parameters)
            .map_err(|ApiError(problem)| (problem.code, problem.detail))
    }

    #[test]
    fn queries_are_typed_and_strict() {
        let none = Parameters {
            name: None,
            size: 0,
        };
        assert_eq!(read(""), Ok(none));
        let both = Parameters {
            name: Some("a b".into()),
            size: 7,
        };
        assert_eq!(read("size=7&name=a+b&name=c"), Ok(both));
        let wrong = (ErrorCode::InvalidParameter, "`size` takes a number".into());
        assert_eq!(read("size=x"), Err(wrong));
        let unknown = "unknown query parameter `\\n`".into();
        assert_eq!(read("%0A=1"), Err((ErrorCode::UnknownParameter, unknown)));
    }
}
