//! What characters are, and what follows them.

/// Characters of a name, at most.
pub(super) const MAX_NAME: usize = 64;

pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

pub(super) fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Numbers may have a point and an exponent; they begin with a digit or a sign.
pub(super) const fn is_of_number(character: char) -> bool {
    matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')
}

pub(super) const fn begins_number(character: char) -> bool {
    matches!(character, '0'..='9' | '-')
}

/// The quote that ends a string begun with this one.
pub(super) const fn closing(open: char) -> Option<char> {
    match open {
        '"' | '\'' => Some(open),
        '“' => Some('”'),
        _ => None,
    }
}

/// Whether a text begins with a name in quotes and a colon.
pub(super) fn is_before_value(text: &str) -> bool {
    let mut rest = text.chars();
    let Some(close) = rest.next().and_then(closing) else {
        return false;
    };
    let name = rest.as_str();
    let length = name.chars().take(MAX_NAME);
    let length: usize = length
        .take_while(|character| *character != close && *character != '\n')
        .map(char::len_utf8)
        .sum();
    let after = name[length..].strip_prefix(close).unwrap_or("");
    length > 0 && after.trim_start_matches(is_space).starts_with(':')
}

/// Whether another item, or the end of the list, follows a comma.
pub(super) fn begins_item(rest: &str) -> bool {
    let rest = rest.trim_start_matches(is_space);
    rest.is_empty() || rest.starts_with(['"', '\'', '“', '{', '[', ']', ',', '/'])
}
