//! The checks of a new interview, for callers that are no HTTP clients.

use domain::{Private, analysis::Rubric};
use runtime::http::Problem;

use crate::validation;

/// What is known of an interview before it is recognised.
#[derive(Debug, Clone, Copy)]
pub struct NewInterviewFields<'a> {
    /// The title.
    pub title: &'a Private,
    /// The language that is spoken, as a BCP 47 tag, or `multi`.
    pub language: Option<&'a str>,
    /// What to assess.
    pub rubric: Option<&'a Rubric>,
    /// Names and terms that are likely to be said.
    pub key_terms: &'a [Private],
}

impl NewInterviewFields<'_> {
    /// Checks them as `POST /v1/interviews` does; the first field that is not accepted is the
    /// error, 400 `invalid_field`.
    pub fn check(&self) -> Result<(), Problem> {
        validation::check_name("title", self.title)?;
        self.language.map_or(Ok(()), validation::check_language)?;
        self.rubric.map_or(Ok(()), validation::check_rubric)?;
        validation::check_key_terms(self.key_terms)
    }
}
