//! A piece as a multipart request.

use bytes::Bytes;
use futures::stream;
use reqwest::{
    Body,
    multipart::{Form, Part},
};

use super::pieces::Piece;
use crate::provider::request_profile::RequestProfile;

/// The longest prompt, in bytes: Whisper reads at most 224 tokens of it, Groq refuses
/// more than 896 characters, and a long one makes the model repeat it.
const LONGEST_PROMPT: usize = 400;

/// What may be left out of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TranscriptionFeature {
    /// `timestamp_granularities[]`.
    Granularities,
    /// `response_format=verbose_json`.
    VerboseJson,
    /// `prompt`.
    Prompt,
    /// `temperature`.
    Temperature,
}

/// What the server is known to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is refused by some server, independently of the others"
)]
pub(super) struct Features {
    granularities: bool,
    verbose: bool,
    prompt: bool,
    temperature: bool,
    /// Whether the server splits the audio, which `gpt-4o-transcribe-diarize` demands
    /// for more than 30 seconds.
    chunking: bool,
}

impl Features {
    /// What a model is expected to accept. `OpenAI`'s models behind Whisper know no
    /// times; asking them for any would be one refused upload more.
    pub(super) fn from_model(model: &str) -> Self {
        let diarizes = model.contains("-transcribe-diarize");
        let verbose = !model.contains("gpt-") || !model.contains("transcribe");
        Self {
            granularities: verbose,
            verbose,
            prompt: !diarizes,
            temperature: true,
            chunking: diarizes,
        }
    }

    /// Whether the times of words are requested.
    pub(super) const fn has_word_times(self) -> bool {
        self.verbose && self.granularities
    }
}

impl RequestProfile for Features {
    type Feature = TranscriptionFeature;

    fn without(mut self, feature: TranscriptionFeature) -> Option<Self> {
        let before = self;
        match feature {
            TranscriptionFeature::Granularities => self.granularities = false,
            TranscriptionFeature::VerboseJson => {
                (self.granularities, self.verbose) = (false, false);
            }
            TranscriptionFeature::Prompt => self.prompt = false,
            TranscriptionFeature::Temperature => self.temperature = false,
        }
        (self != before).then_some(self)
    }
}

/// What goes into a request besides the audio.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormFields<'a> {
    pub(super) model: &'a str,
    /// An ISO 639 code.
    pub(super) language: Option<&'a str>,
    pub(super) prompt: Option<&'a str>,
    pub(super) features: Features,
}

impl FormFields<'_> {
    /// The text fields.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let features = self.features;
        let format = if features.verbose {
            "verbose_json"
        } else {
            "json"
        };
        let mut fields = vec![
            ("model", self.model.to_owned()),
            ("response_format", format.to_owned()),
        ];
        if features.granularities {
            fields.push(("timestamp_granularities[]", "word".to_owned()));
            fields.push(("timestamp_granularities[]", "segment".to_owned()));
        }
        if features.temperature {
            fields.push(("temperature", "0".to_owned()));
        }
        if features.chunking {
            fields.push(("chunking_strategy", "auto".to_owned()));
        }
        if let Some(language) = self.language {
            fields.push(("language", language.to_owned()));
        }
        if let Some(prompt) = self.prompt.filter(|_| features.prompt) {
            fields.push(("prompt", prompt.to_owned()));
        }
        fields
    }

    /// The form. The audio is not copied.
    pub(super) fn form(&self, piece: &Piece) -> reqwest::Result<Form> {
        let mut form = Form::new();
        for (name, value) in self.fields() {
            form = form.text(name, value);
        }
        let wav = piece.wav();
        let length = wav.iter().map(Bytes::len).sum::<usize>() as u64;
        let parts = wav.map(Ok::<_, std::convert::Infallible>);
        let body = Body::wrap_stream(stream::iter(parts));
        let audio = Part::stream_with_length(body, length)
            .file_name("audio.wav")
            .mime_str("audio/wav")?;
        Ok(form.part("file", audio))
    }
}

/// Key terms as text that might have been said just before.
pub(super) fn prompt(key_terms: &[String]) -> Option<String> {
    let mut prompt = String::new();
    for term in key_terms {
        let plain: String = term.chars().filter(|c| !c.is_control()).collect();
        let plain = plain.trim();
        if plain.is_empty() {
            continue;
        }
        if prompt.len() + plain.len() + 3 > LONGEST_PROMPT {
            break;
        }
        if !prompt.is_empty() {
            prompt.push_str(", ");
        }
        prompt.push_str(plain);
    }
    (!prompt.is_empty()).then(|| format!("{prompt}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_is_short_plain_text() {
        let terms = ["Kubernetes", " ", "Łukasz\0 Żak\n"].map(str::to_owned);
        assert_eq!(prompt(&terms).unwrap(), "Kubernetes, Łukasz Żak.");
        assert_eq!(prompt(&[]), None);
        let many = vec!["terminology".to_owned(); 1_000];
        assert!(prompt(&many).unwrap().len() <= LONGEST_PROMPT);
    }

    #[test]
    fn features_are_left_out_once() {
        let all = Features::from_model("whisper-1");
        let fewer = all.without(TranscriptionFeature::Granularities).unwrap();
        assert_eq!(fewer.without(TranscriptionFeature::Granularities), None);
        let plain = fewer.without(TranscriptionFeature::VerboseJson).unwrap();
        assert_eq!(plain.without(TranscriptionFeature::VerboseJson), None);
        assert_eq!(plain.without(TranscriptionFeature::Granularities), None);
    }
}
