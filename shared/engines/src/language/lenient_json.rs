//! JSON as language models write it, with their usual mistakes.
//!
//! Read are line breaks and unescaped quotes within strings, single and typographic
//! quotes, commas too many or missing, names without quotes, comments, and Python's
//! literals. What is valid JSON never comes here: a strict parser reads it first.
//!
//! Repair crates (`llm_json`, a port of Python's `json_repair`) also complete what breaks
//! off, and an analysis of half an answer would pass for a whole one. Here a text that
//! ends early is [`LenientError::BreaksOff`], whatever it has.

mod look_ahead;
mod repair;

use std::{collections::BTreeSet, str::Chars};

use serde_json::{Map, Value};

pub(crate) use repair::Repair;

use look_ahead::{
    begins_item, begins_number, closing, is_before_value, is_of_number, is_of_word, is_space,
};

/// Objects and lists within each other, at most; a schema's have six levels.
const MAX_DEPTH: u32 = 32;

/// Why a text is no object, even with repairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LenientError {
    /// It ends before the object does.
    BreaksOff,
    /// Something in it has no meaning.
    Invalid,
}

/// An object at the beginning of a text.
#[derive(Debug, PartialEq)]
pub(crate) struct LenientObject {
    pub(crate) object: Map<String, Value>,
    /// The bytes that it takes.
    pub(crate) length: usize,
    pub(crate) repairs: BTreeSet<Repair>,
}

/// Reads the object with which a text begins; or what is wrong with it, and after how many
/// bytes.
pub(crate) fn object(text: &str) -> Result<LenientObject, (LenientError, usize)> {
    let mut parser = Parser {
        text,
        rest: text.chars(),
        depth: 0,
        has_bare_names: false,
        repairs: BTreeSet::new(),
    };
    match parser.value(Place::Field) {
        Ok(Value::Object(object)) => Ok(LenientObject {
            object,
            length: parser.position(),
            repairs: parser.repairs,
        }),
        Ok(_) => Err((LenientError::Invalid, parser.position())),
        Err(error) => Err((error, parser.position())),
    }
}

/// Where a string stands, which decides what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    Field,
    Item,
}

type Parsed<T> = Result<T, LenientError>;

struct Parser<'a> {
    text: &'a str,
    rest: Chars<'a>,
    depth: u32,
    /// Whether a name without quotes has been seen.
    has_bare_names: bool,
    repairs: BTreeSet<Repair>,
}

impl Parser<'_> {
    fn position(&self) -> usize {
        self.text.len() - self.rest.as_str().len()
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn take(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn take_while(&mut self, accepts: impl Fn(char) -> bool) -> &str {
        let rest = self.rest.as_str();
        let end = rest.find(|character: char| !accepts(character));
        let (taken, left) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = left.chars();
        taken
    }

    /// Leaves out space and comments.
    fn space(&mut self) {
        loop {
            self.take_while(is_space);
            let rest = self.rest.as_str();
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.repairs.insert(Repair::Comment);
            self.rest = rest[end..].chars();
        }
    }

    fn value(&mut self, place: Place) -> Parsed<Value> {
        self.space();
        match self.peek() {
            None => Err(LenientError::BreaksOff),
            Some('{') => self.nested(Self::fields),
            Some('[') => self.nested(Self::items),
            Some(character) if closing(character).is_some() => {
                self.string(place).map(Value::String)
            }
            Some(character) if begins_number(character) => self.number(),
            Some(_) => self.literal(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parsed<Value>) -> Parsed<Value> {
        if self.depth == MAX_DEPTH {
            return Err(LenientError::Invalid);
        }
        self.rest.next();
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn fields(&mut self) -> Parsed<Value> {
        let mut fields = Map::new();
        while !self.ends('}', fields.is_empty())? {
            let name = self.name()?;
            self.space();
            if !self.take(':') {
                return Err(self.unexpected());
            }
            let value = self.value(Place::Field)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn items(&mut self) -> Parsed<Value> {
        let mut items = Vec::new();
        while !self.ends(']', items.is_empty())? {
            items.push(self.value(Place::Item)?);
        }
        Ok(Value::Array(items))
    }

    /// Whether an object or a list ends here, with `close`; otherwise takes the comma before
    /// the next member.
    fn ends(&mut self, close: char, is_first: bool) -> Parsed<bool> {
        let mut commas = 0;
        self.space();
        while self.take(',') {
            commas += 1;
            self.space();
        }
        let ends = self.take(close);
        if commas != usize::from(!is_first && !ends) {
            self.repairs.insert(Repair::Comma);
        }
        if !ends && self.peek().is_none() {
            return Err(LenientError::BreaksOff);
        }
        Ok(ends)
    }

    fn name(&mut self) -> Parsed<String> {
        let is_quoted = self.peek().is_some_and(|next| closing(next).is_some());
        if is_quoted {
            let name = self.string(Place::Name)?;
            let is_name = name.len() <= look_ahead::MAX_NAME && !name.contains('\n');
            return is_name.then_some(name).ok_or(LenientError::Invalid);
        }
        let name = self.take_while(is_of_word).to_owned();
        if name.is_empty() {
            return Err(self.unexpected());
        }
        self.has_bare_names = true;
        self.repairs.insert(Repair::Name);
        Ok(name)
    }

    fn string(&mut self, place: Place) -> Parsed<String> {
        let open = self.rest.next();
        let close = open.and_then(closing).ok_or(LenientError::Invalid)?;
        if open != Some('"') {
            self.repairs.insert(Repair::Quotes);
        }
        let mut text = String::new();
        loop {
            let character = self.rest.next().ok_or(LenientError::BreaksOff)?;
            if character == '\\' {
                self.escape(&mut text)?;
                continue;
            }
            if character == close {
                if self.ends_string(place) {
                    return Ok(text);
                }
                self.repairs.insert(Repair::InnerQuote);
                if self.is_before_colon() {
                    // The string has swallowed a name: its end was not recognised.
                    return Err(LenientError::Invalid);
                }
            } else if character.is_ascii_control() {
                self.repairs.insert(Repair::ControlCharacter);
            }
            text.push(character);
        }
    }

    /// Whether the quote just read ends a string, by what follows it.
    fn ends_string(&self, place: Place) -> bool {
        let rest = self.rest.as_str().trim_start_matches(is_space);
        let Some(next) = rest.chars().next() else {
            return true;
        };
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        match (place, next) {
            (Place::Name, _) | (Place::Field, '}') | (Place::Item, ']') => true,
            (_, '/') => is_comment,
            (Place::Field, ',') => self.begins_field(&rest[1..]),
            (Place::Field, _) => is_before_value(rest),
            (Place::Item, ',') => begins_item(&rest[1..]),
            (Place::Item, _) => false,
        }
    }

    fn is_before_colon(&self) -> bool {
        let rest = self.rest.as_str().trim_start_matches(is_space);
        rest.starts_with(':')
    }

    /// Whether another field, or the end of the object, follows a comma.
    fn begins_field(&self, rest: &str) -> bool {
        let rest = rest.trim_start_matches(is_space);
        let bare = || {
            let after = rest.trim_start_matches(is_of_word);
            after.len() < rest.len() && after.trim_start_matches(is_space).starts_with(':')
        };
        let ends = rest.is_empty() || rest.starts_with(['}', ',', '/']);
        ends || is_before_value(rest) || self.has_bare_names && bare()
    }

    fn escape(&mut self, text: &mut String) -> Parsed<()> {
        let escaped = self.rest.next().ok_or(LenientError::BreaksOff)?;
        let character = match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode(),
            '\'' | '\n' => {
                self.repairs.insert(Repair::Escape);
                escaped
            }
            _ => {
                self.repairs.insert(Repair::Escape);
                text.push('\\');
                escaped
            }
        };
        text.push(character);
        Ok(())
    }

    /// The character of `\uXXXX`, or of a pair of them.
    fn unicode(&mut self) -> char {
        let character = match self.hexadecimal() {
            Some(high @ 0xD800..=0xDBFF) => self.low_half(high),
            other => other.and_then(char::from_u32),
        };
        character.unwrap_or_else(|| {
            self.repairs.insert(Repair::Escape);
            char::REPLACEMENT_CHARACTER
        })
    }

    fn low_half(&mut self, high: u32) -> Option<char> {
        let mut rest = self.rest.clone();
        if rest.next() != Some('\\') || rest.next() != Some('u') {
            return None;
        }
        self.rest = rest;
        let low = self.hexadecimal()?.checked_sub(0xDC00)?;
        char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + low)
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let rest = self.rest.as_str();
        let digits = rest.get(..4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = rest[4..].chars();
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Parsed<Value> {
        let digits = self.take_while(is_of_number).to_owned();
        let number = serde_json::from_str(&digits);
        let ends = self.peek().is_none_or(|next| !is_of_word(next));
        match number {
            Ok(number) if ends => Ok(number),
            _ => Err(self.unexpected()),
        }
    }

    fn literal(&mut self) -> Parsed<Value> {
        let word = self.take_while(is_of_word).to_owned();
        let value = match word.as_str() {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            "null" => return Ok(Value::Null),
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" | "NaN" | "undefined" => Value::Null,
            _ => return Err(self.unexpected()),
        };
        self.repairs.insert(Repair::Literal);
        Ok(value)
    }

    /// The error of what stands here.
    fn unexpected(&self) -> LenientError {
        match self.peek() {
            None => LenientError::BreaksOff,
            Some(_) => LenientError::Invalid,
        }
    }
}

#[cfg(test)]
mod tests;
