//! How much memory a provider's answer takes at most, whatever is in it.

#[path = "language/provider.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "part of another test, of which the server is used"
)]
mod provider;

use engines::{
    Deepgram, Gemini, OpenAi,
    language::{LanguageModel, ModelQuestion},
};
use peak_alloc::PeakAlloc;
use provider::Provider;
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The size of each answer, in bytes.
const SIZE: usize = 4 << 20;

/// How many times its size an answer may take: the server of this test writes it twice, and
/// the client reads it into memory that grows by doubling and is copied.
const MOST_TIMES: usize = 10;

/// What as many values as are read may take, in bytes, however small their text is.
const MOST_BYTES: usize = 64 << 20;

fn list(item: &str, length: usize) -> String {
    format!(
        "[{}0]",
        format!("{item},").repeat(length / (item.len() + 1))
    )
}

/// Values that take much more memory than text where they are kept.
fn shapes(length: usize) -> Vec<(&'static str, String)> {
    let deep = length / 2;
    vec![
        ("objects", list(r#"{"":0}"#, length)),
        ("objects in objects", list(r#"{"":{"":0}}"#, length)),
        ("numbers", list("0", length)),
        ("empty lists", list("[]", length)),
        ("depth", format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
        ("escapes", format!("\"{}\"", "\\u0041".repeat(length / 6))),
    ]
}

fn check(what: &str, size: usize, before: usize) {
    let taken = MEMORY.peak_usage().saturating_sub(before);
    eprintln!("{what}: {taken} bytes for {size}");
    let most = (MOST_TIMES * size).max(MOST_BYTES);
    assert!(taken <= most, "{what}: {taken} bytes for {size}");
}

fn question() -> ModelQuestion {
    ModelQuestion {
        instructions: "Be brief.".into(),
        content: "?".into(),
        name: "test",
        schema: Value::Null,
        answer_tokens: 100,
    }
}

async fn language_models(body: &str, what: &str) {
    let provider = Provider::always(200, "", body.to_owned()).await;
    let openai = OpenAi::new(&provider.url, "m", None).expect("a model");
    let gemini = Gemini::new(&provider.url, "m", "k").expect("a model");
    let models: [(&str, &dyn LanguageModel); 2] = [("openai", &openai), ("gemini", &gemini)];
    for (name, model) in models {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let _ = model.ask(&question()).await;
        check(&format!("{name} with {what}"), body.len(), before);
    }
}

/// One test, because the memory of the whole process is measured.
#[tokio::test]
async fn memory_of_an_answer_is_bounded() {
    // Of the second length, as many values are read as may be.
    for length in [SIZE, 450_000] {
        for (what, json) in shapes(length) {
            let in_chat = json!({"choices": [{"message": {"content": "x"}}]}).to_string();
            let body = format!("{{\"more\":{json},{}", &in_chat[1..]);
            language_models(&body, what).await;
            let body = format!("{{\"metadata\":{{\"duration\":{json}}},\"more\":{json}}}");
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let _ = Deepgram::receive(body.as_bytes());
            check(&format!("deepgram with {what}"), body.len(), before);
        }
    }
}
