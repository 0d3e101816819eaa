//! What servers of chat completions say of their models, in their own lists.

use serde_json::Value;

use crate::language::ModelFacts;

/// Fields that have the longest context of a model in `/v1/models`: of LM Studio, vLLM and
/// `SGLang`, Groq, Mistral, OpenRouter and Together. What llama.cpp has there is the length that
/// the model was trained for.
const CONTEXT_FIELDS: [&str; 5] = [
    "loaded_context_length",
    "max_model_len",
    "context_window",
    "max_context_length",
    "context_length",
];

/// The models of `/v1/models`, and the context of the one that is named.
pub(super) fn of_models(list: &Value, model: &str) -> ModelFacts {
    let models = list["data"].as_array().map_or(&[][..], Vec::as_slice);
    let own = models.iter().find(|own| is_name(&own["id"], model));
    ModelFacts {
        context_tokens: own.and_then(context_of),
        models: models
            .iter()
            .filter_map(|own| own["id"].as_str().map(str::to_owned))
            .collect(),
    }
}

fn context_of(model: &Value) -> Option<u64> {
    let mut values = CONTEXT_FIELDS.iter().map(|field| &model[*field]);
    values.find_map(Value::as_u64)
}

/// The context of a loaded model in Ollama's `/api/ps`.
pub(super) fn of_ollama(running: &Value, model: &str) -> Option<u64> {
    let models = running["models"].as_array()?;
    let own = models.iter().find(|own| is_name(&own["name"], model))?;
    own["context_length"].as_u64()
}

/// The context of one request to llama.cpp's server, by its `/props`.
pub(super) fn of_llama_cpp(properties: &Value) -> Option<u64> {
    properties["default_generation_settings"]["n_ctx"].as_u64()
}

/// Whether it is the model's name; Ollama adds `:latest` to one without a tag.
fn is_name(name: &Value, model: &str) -> bool {
    let Some(name) = name.as_str() else {
        return false;
    };
    name == model || name.strip_suffix(":latest") == Some(model)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn context_is_found_in_the_lists_of_servers() {
        for (family, list, expected) in [
            (
                "vLLM",
                json!({"data": [{"id": "m", "max_model_len": 8192}]}),
                Some(8_192),
            ),
            (
                "Groq",
                json!({"data": [{"id": "m", "context_window": 131_072}]}),
                Some(131_072),
            ),
            (
                "LM Studio",
                json!({"data": [{"id": "m", "max_context_length": 131_072,
                    "loaded_context_length": 4096}]}),
                Some(4_096),
            ),
            (
                "Mistral",
                json!({"data": [{"id": "m", "max_context_length": 32_768}]}),
                Some(32_768),
            ),
            (
                "OpenRouter",
                json!({"data": [{"id": "m", "context_length": 200_000}]}),
                Some(200_000),
            ),
            (
                "llama.cpp",
                json!({"data": [{"id": "m", "meta": {"n_ctx_train": 131_072}}]}),
                None,
            ),
            (
                "OpenAI",
                json!({"data": [{"id": "m", "owned_by": "system"}]}),
                None,
            ),
            (
                "another model",
                json!({"data": [{"id": "n", "max_model_len": 1}]}),
                None,
            ),
            ("no list", json!({"error": {"message": "not found"}}), None),
        ] {
            assert_eq!(of_models(&list, "m").context_tokens, expected, "{family}");
        }
        let two = json!({"data": [{"id": "a"}, {"id": "b"}, {"object": "model"}]});
        assert_eq!(of_models(&two, "m").models, ["a", "b"]);
    }

    #[test]
    fn context_is_found_where_ollama_and_llama_cpp_have_it() {
        let running = json!({"models": [{"name": "gemma3:latest", "context_length": 4096}]});
        assert_eq!(of_ollama(&running, "gemma3"), Some(4_096));
        assert_eq!(of_ollama(&running, "gemma3:4b"), None);
        let properties = json!({"default_generation_settings": {"n_ctx": 2048}, "total_slots": 1});
        assert_eq!(of_llama_cpp(&properties), Some(2_048));
        assert_eq!(of_llama_cpp(&json!([])), None);
    }
}
