//! What is repaired of an answer.

/// What was repaired of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repair {
    /// A comma too many, or a missing one.
    Comma,
    /// A comment.
    Comment,
    /// A line break or another control character in a string.
    ControlCharacter,
    /// An escape that JSON does not have.
    Escape,
    /// An unescaped quote in a string.
    InnerQuote,
    /// `None`, `True`, `NaN` and the like.
    Literal,
    /// A name without quotes.
    Name,
    /// Single or typographic quotes.
    Quotes,
    /// Words, a fence or a list around the object.
    Surroundings,
    /// The model's thoughts before the answer.
    Thoughts,
    /// An object or a text around the object.
    Wrapper,
}

impl Repair {
    /// A word for the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Comment => "comment",
            Self::ControlCharacter => "control character",
            Self::Escape => "escape",
            Self::InnerQuote => "inner quote",
            Self::Literal => "literal",
            Self::Name => "name",
            Self::Quotes => "quotes",
            Self::Surroundings => "surroundings",
            Self::Thoughts => "thoughts",
            Self::Wrapper => "wrapper",
        }
    }
}
