//! What a language engine is given to propose themes.

use crate::Private;

/// A request for what interviews have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemesRequest {
    /// The interviews, at least two.
    pub interviews: Vec<InterviewDigest>,
}

/// What the analysis of one interview says.
#[derive(Debug, Clone, PartialEq)]
pub struct InterviewDigest {
    /// A few sentences, where the analysis has them.
    pub summary: Option<Private>,
    /// Its statements, the most important first.
    pub statements: Vec<Statement>,
}

/// A statement of an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it says.
    pub text: Private,
    /// The words in the transcript that it rests on.
    pub quote: Private,
}
