//! The markup of captions: voices, styles and character references.
//!
//! See <https://www.w3.org/TR/webvtt1/#webvtt-cue-text-parsing-rules>; unknown tags of
//! `SubRip` are text, because it has no escapes.

use std::borrow::Cow;

/// Tags that only style text.
const STYLES: [&str; 9] = ["b", "i", "u", "s", "c", "font", "lang", "ruby", "rt"];

/// The longest name of a character reference, in bytes.
const MAX_REFERENCE: usize = 8;

/// A piece of a cue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Who says it, where a voice tag says so.
    pub(crate) voice: Option<String>,
    /// What is said; its lines are divided by `\n`.
    pub(crate) text: String,
}

/// The pieces of a cue's text, divided where a voice begins. `SubRip` has neither voices nor
/// character references.
pub(crate) fn pieces(cue: &str, is_web_vtt: bool) -> Vec<Piece> {
    let decode = |text: &str| {
        if is_web_vtt {
            unreferenced(text).into_owned()
        } else {
            text.to_owned()
        }
    };
    let mut pieces = vec![Piece::default()];
    let mut rest = cue;
    while let Some((before, tag, behind)) = next_tag(rest) {
        push(&mut pieces, &decode(before));
        if let Some(name) = voice(tag).filter(|_| is_web_vtt) {
            pieces.push(Piece {
                voice: Some(decode(name.trim())),
                ..Piece::default()
            });
        } else if !is_markup(tag) {
            push(&mut pieces, &decode(&format!("<{tag}>")));
        }
        rest = behind;
    }
    push(&mut pieces, &decode(rest));
    pieces.retain(|piece| !piece.text.trim().is_empty());
    pieces
}

fn push(pieces: &mut [Piece], text: &str) {
    if let Some(last) = pieces.last_mut() {
        last.text.push_str(text);
    }
}

/// The text before the next tag, the tag without its brackets, and the text behind it.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('<')?;
    let (tag, behind) = rest.split_once('>')?;
    Some((before, tag, behind))
}

/// The name in a voice tag: `v Ada`, `v.loud Ada`.
fn voice(tag: &str) -> Option<&str> {
    let rest = tag.strip_prefix('v')?;
    let (classes, name) = rest.split_once(char::is_whitespace)?;
    (classes.is_empty() || classes.starts_with('.')).then_some(name)
}

fn is_markup(tag: &str) -> bool {
    let name = tag.trim_start_matches('/');
    let end = name.find(|one: char| !one.is_ascii_alphanumeric());
    let name = &name[..end.unwrap_or(name.len())];
    let is_time = tag.contains(':')
        && tag
            .bytes()
            .all(|one| one.is_ascii_digit() || b":.,".contains(&one));
    is_time || tag == "/v" || tag == "v" || STYLES.contains(&name.to_ascii_lowercase().as_str())
}

/// Text in which character references are replaced by what they stand for.
pub(crate) fn unreferenced(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let replaced = reference(behind).and_then(|(name, after)| Some((character(name)?, after)));
        rest = if let Some((character, after)) = replaced {
            plain.push(character);
            after
        } else {
            plain.push('&');
            behind
        };
    }
    plain.push_str(rest);
    plain.into()
}

/// The name of a reference and the text behind it. Only so far is looked as a name is long.
fn reference(text: &str) -> Option<(&str, &str)> {
    let mut start = text.bytes().take(MAX_REFERENCE + 1);
    let end = start.position(|byte| byte == b';')?;
    Some((&text[..end], &text[end + 1..]))
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let known = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(digits, 10),
            };
            return char::from_u32(code?);
        }
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cue: &str, is_web_vtt: bool) -> Vec<(Option<String>, String)> {
        let pieces = pieces(cue, is_web_vtt);
        pieces
            .into_iter()
            .map(|own| (own.voice, own.text))
            .collect()
    }

    #[test]
    fn voices_divide_a_cue_and_styles_do_not() {
        let ada = Some("Ada & Co".to_owned());
        assert_eq!(
            shown(
                "<v.loud Ada &amp; Co>What <i>did</i> <00:00:01.000>you</v>\n<v Bob>a &lt; b",
                true
            ),
            [
                (ada, "What did you\n".to_owned()),
                (Some("Bob".to_owned()), "a < b".to_owned())
            ]
        );
        assert_eq!(
            shown("AT&amp;T <font color=\"red\">is</font> 1 < 2 <x>", false),
            [(None, "AT&amp;T is 1 < 2 <x>".to_owned())]
        );
        assert!(shown("<v Ada></v> ", true).is_empty());
    }

    #[test]
    fn references_are_replaced_once() {
        for (text, expected) in [
            ("&amp;lt;", "&lt;"),
            ("&#39;&#x41;", "'A"),
            ("a & b; c &unknown; &", "a & b; c &unknown; &"),
            ("&#xffffffff;", "&#xffffffff;"),
        ] {
            assert_eq!(unreferenced(text), expected);
        }
    }
}
