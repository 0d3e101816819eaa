//! Questions to a language model, and its answers.

use async_trait::async_trait;
use domain::analysis::Usage;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::provider::ProviderError;

/// One complete question: models remember nothing of an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelQuestion {
    /// The role of the model and the rules; ours alone.
    pub instructions: String,
    /// What it is about; people's words, between marks.
    pub content: String,
    /// What the answer is called: letters and underscores.
    pub name: &'static str,
    /// The answer's JSON Schema.
    pub schema: Value,
    /// How long the answer may be, in tokens, thinking not included.
    pub answer_tokens: u32,
}

impl ModelQuestion {
    /// The same for the same question.
    pub(crate) fn key(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for text in [&self.instructions, &self.content, &self.schema.to_string()] {
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }
}

/// The result of one attempt.
#[derive(Debug)]
pub struct Reply {
    /// The text of a finished answer, or why there is none.
    pub outcome: Result<String, ProviderError>,
    /// The tokens to be paid for, where the provider counted them: answers that
    /// cannot be used cost as much.
    pub usage: Option<Usage>,
    /// The model that answered, where it says so.
    pub model: Option<String>,
    /// Whether the text stood elsewhere than in the answer: in the reasoning, in the
    /// arguments of a call, or in an error.
    pub is_misplaced: bool,
    /// Whether the server counted fewer tokens than the question has, without another sign
    /// that it read only a part.
    pub is_count_doubtful: bool,
}

impl From<ProviderError> for Reply {
    /// Nothing came back that would have to be paid for.
    fn from(error: ProviderError) -> Self {
        Self {
            outcome: Err(error),
            usage: None,
            model: None,
            is_misplaced: false,
            is_count_doubtful: false,
        }
    }
}

/// What a server says of its models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Tokens that question and answer may have together.
    pub context_tokens: Option<u64>,
    /// The names of all models.
    pub models: Vec<String>,
}

/// The environment variables that a model is set up by.
#[derive(Debug, Clone, Copy)]
pub struct ModelVariables {
    /// Of the key, or of what stands for it.
    pub key: &'static str,
    /// Of the model's name.
    pub model: &'static str,
    /// Of the server's address.
    pub address: &'static str,
}

/// By which means answers have the form that is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaUse {
    /// The server holds them to the schema.
    Schema,
    /// The server holds them to JSON, and the model reads the schema.
    Json,
    /// The model reads the schema.
    Prompt,
}

/// A language model at a provider.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The engine's name in the settings.
    fn name(&self) -> &'static str;

    /// The model's name in the settings.
    fn model(&self) -> &str;

    /// The environment variables that it is set up by.
    fn variables(&self) -> ModelVariables;

    /// By which means answers have the form that is requested, as far as the server is known.
    fn schema_use(&self) -> SchemaUse;

    /// What the server says of its models, without a question to one.
    async fn describe(&self) -> ModelFacts;

    /// Asks once. The caller decides about retries.
    async fn ask(&self, question: &ModelQuestion) -> Reply;
}
