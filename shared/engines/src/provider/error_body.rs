//! Errors of `OpenAI` and of servers that are compatible with it.
//!
//! Known bodies: `{error: {message, type, param, code}}` (`OpenAI`; Groq without `param`;
//! LocalAI, OpenRouter and other gateways with a number as `code`, at times with status 200;
//! LiteLLM with a number in a text), `{error: "…"}` (Ollama, LM Studio, whisper.cpp),
//! `{error: "…", error_type}` (TGI), `{object: "error", message, type, param, code}` (vLLM
//! before 0.10, SGLang, Mistral, whose `message` may be an object), `{detail: "…"}`,
//! `{detail: [{msg, loc}]}` and `{detail: {error: {…}}}` (speaches and other `FastAPI`
//! servers), and `[{error: {…}}]` (Google). OpenRouter has the error of its provider in
//! `error.metadata.raw`, Azure a reason in `error.innererror.code`.

use serde_json::Value;

/// What an error says. Its texts are searched and never kept: they may quote the request.
pub(crate) struct ErrorBody {
    /// All its texts in lower case.
    text: String,
    param: String,
    /// The server's own word for it.
    pub(crate) code: Option<String>,
    /// The server's word for its kind, from `type`, `error_type`, `innererror` or `status`.
    pub(crate) kind: Option<String>,
    /// A status in `code`.
    pub(crate) status: Option<u16>,
}

/// Whether a body is an error, regardless of its status.
pub(crate) fn is_error(body: &Value) -> bool {
    !body["error"].is_null() || body["object"] == "error" || body[0]["error"].is_object()
}

impl ErrorBody {
    /// Reads a body; of one that is no JSON, `raw` is searched.
    pub(crate) fn new(body: &Value, raw: &[u8]) -> Self {
        let body = if body.is_array() { &body[0] } else { body };
        let outer = match &body["detail"] {
            detail @ Value::Object(_) => detail,
            _ => body,
        };
        let error = match &outer["error"] {
            Value::Null => outer,
            error => error,
        };
        let kinds = [
            &error["type"],
            &outer["error_type"],
            &error["innererror"]["code"],
            &error["status"],
        ];
        Self {
            text: text(error, raw) + &kinds.map(lower).join("\n"),
            param: lower(&error["param"]),
            code: plain(&error["code"]),
            kind: kinds.into_iter().find_map(plain),
            status: status(&error["code"]),
        }
    }

    /// The server's word for the error: its code, or else its kind.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.code.as_deref().or(self.kind.as_deref())
    }

    /// Whether one of these stands in its texts.
    pub(crate) fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.text.contains(words))
    }

    /// Whether it is about a parameter with one of these words in its name.
    pub(crate) fn is_about(&self, any: &[&str]) -> bool {
        self.says(any) || any.iter().any(|word| self.param.contains(word))
    }

    /// Whether it is about exactly this parameter.
    pub(crate) fn is_param(&self, name: &str) -> bool {
        self.param == name
    }
}

/// All that an error says, in lower case.
fn text(error: &Value, raw: &[u8]) -> String {
    let texts = [
        error,
        &error["message"],
        &error["code"],
        &error["metadata"]["raw"],
    ];
    let mut text = texts.map(lower).join("\n");
    match &error["detail"] {
        Value::Null if error.is_null() => {
            text.push_str(&String::from_utf8_lossy(raw).to_lowercase());
        }
        detail => text.push_str(&detail.to_string().to_lowercase()),
    }
    for nested in [&error["message"], &error["metadata"]["raw"]] {
        if nested.is_object() {
            text.push_str(&nested.to_string().to_lowercase());
        }
    }
    text.push('\n');
    text
}

fn lower(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_lowercase()
}

/// A status of HTTP, as a number or written.
fn status(code: &Value) -> Option<u16> {
    let written = || code.as_str()?.parse().ok();
    let status = code.as_u64().or_else(written)?;
    let status = u16::try_from(status).ok();
    status.filter(|code| (400..600).contains(code))
}

/// An identifier that is safe in a log and in a message; no free text, and no number.
fn plain(value: &Value) -> Option<String> {
    let word = value.as_str()?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let is_plain = word.len() <= 64 && word.bytes().all(known);
    let is_word = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    (is_plain && is_word).then(|| word.to_owned())
}
