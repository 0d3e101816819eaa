//! Errors of `OpenAI` and of servers that are compatible with it.
//!
//! Known bodies: `{error: {message, type, param, code}}` (`OpenAI`; Groq without `param`;
//! LocalAI and gateways with a number as `code`, at times with status 200), `{error: "…"}`
//! (Ollama, whisper.cpp), `{object: "error", message, type, param, code}` (vLLM before 0.10),
//! `{detail: "…"}`, `{detail: [{msg, loc}]}` and `{detail: {error: {…}}}` (speaches and other
//! `FastAPI` servers).

use serde_json::Value;

/// What an error says. Its texts are searched and never kept: they may quote the request.
pub(crate) struct ErrorBody {
    /// All its texts in lower case.
    text: String,
    param: String,
    /// The server's own word for it, from `code` or `type`.
    pub(crate) reason: Option<String>,
    /// A status in `code`.
    pub(crate) status: Option<u16>,
}

/// Whether a body is an error, regardless of its status.
pub(crate) fn is_error(body: &Value) -> bool {
    !body["error"].is_null() || body["object"] == "error"
}

impl ErrorBody {
    /// Reads a body; of one that is no JSON, `raw` is searched.
    pub(crate) fn new(body: &Value, raw: &[u8]) -> Self {
        let outer = match &body["detail"] {
            detail @ Value::Object(_) => detail,
            _ => body,
        };
        let error = match &outer["error"] {
            Value::Null => outer,
            error => error,
        };
        let lower = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        let mut text = [error, &error["message"], &error["type"], &error["code"]]
            .map(lower)
            .join("\n");
        match &error["detail"] {
            Value::Null if error.is_null() => {
                text.push_str(&String::from_utf8_lossy(raw).to_lowercase());
            }
            detail => text.push_str(&detail.to_string().to_lowercase()),
        }
        let status = error["code"].as_u64();
        let status = status.and_then(|code| u16::try_from(code).ok());
        Self {
            text,
            param: lower(&error["param"]),
            reason: plain(&error["code"]).or_else(|| plain(&error["type"])),
            status: status.filter(|code| (400..600).contains(code)),
        }
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

/// An identifier that is safe in a log and in a message; no free text.
fn plain(value: &Value) -> Option<String> {
    let word = value.as_str()?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let plain = !word.is_empty() && word.len() <= 64 && word.bytes().all(known);
    plain.then(|| word.to_owned())
}
