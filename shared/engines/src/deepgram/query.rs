//! Query parameters of a request.

use domain::{
    language::{MULTI, is_multi},
    ports::{LiveOptions, TranscriptionRequest},
    text::is_english,
};
use reqwest::Url;

/// Key terms that are sent at most.
const MAX_TERMS: usize = 50;

/// Tokens that all key terms may have together; beyond them the provider refuses
/// the request.
const MAX_TOKENS: usize = 500;

/// Query parameters, in the order in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenQuery(Vec<(&'static str, String)>);

impl ListenQuery {
    /// For a stored recording. Where each channel carries one person, channels identify
    /// the speakers and diarization is not requested.
    pub(crate) fn recorded(model: &str, request: &TranscriptionRequest, separate: bool) -> Self {
        let mut query = Self::common(model);
        query.add("utterances", "true");
        if separate {
            query.add("multichannel", "true");
        } else {
            query.add("diarize_model", "latest");
        }
        match spoken(model, request.language.as_deref()) {
            Some(language) => query.add("language", language),
            None => query.add("detect_language", "true"),
        }
        query.add_fillers(request.language.as_deref());
        if let Some(label) = &request.label {
            query.add("tag", label);
        }
        query.add_key_terms(model, &request.key_terms);
        query
    }

    /// For a check of key and model.
    pub(crate) fn check(model: &str) -> Self {
        Self::common(model)
    }

    /// For speech as it comes, whose language the provider does not detect: one
    /// model of its knows several at once.
    pub(crate) fn live(model: &str, options: &LiveOptions) -> Self {
        let mut query = Self::common(model);
        query.add("encoding", "linear16");
        query.add("sample_rate", "16000");
        query.add("channels", "1");
        query.add("diarize_model", "latest");
        query.add("interim_results", "true");
        query.add("endpointing", "300");
        let given = spoken(model, options.language.as_deref());
        if let Some(language) = given.or(has_multi(model).then_some(MULTI)) {
            query.add("language", language);
        }
        query.add_fillers(options.language.as_deref());
        query.add_key_terms(model, &options.key_terms);
        query
    }

    /// "Um" and "uh" as well, which are left out otherwise, of English, the one language
    /// in which there is a choice.
    fn add_fillers(&mut self, language: Option<&str>) {
        if is_english(language) {
            self.add("filler_words", "true");
        }
    }

    fn common(model: &str) -> Self {
        let mut query = Self(vec![("model", model.to_owned())]);
        query.add("smart_format", "true");
        query.add("punctuate", "true");
        // Recordings of people are not for the provider to train on.
        query.add("mip_opt_out", "true");
        query
    }

    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.to_owned()));
    }

    /// Only one family of models takes any.
    fn add_key_terms(&mut self, model: &str, terms: &[String]) {
        if !is_nova_3(model) {
            return;
        }
        let mut tokens = 0;
        for term in terms.iter().map(|term| term.trim()).take(MAX_TERMS) {
            tokens += at_most_tokens(term);
            if tokens > MAX_TOKENS {
                return;
            }
            if !term.is_empty() {
                self.add("keyterm", term);
            }
        }
    }

    /// The address of the request.
    pub(crate) fn on(&self, mut url: Url) -> Url {
        url.query_pairs_mut().extend_pairs(&self.0);
        url
    }
}

/// Regions that the provider knows a language by, of all its models; the others are
/// refused, and understood by the language alone.
/// <https://developers.deepgram.com/docs/models-languages-overview>
const REGIONS: [&str; 21] = [
    "da-DK", "de-CH", "en-AU", "en-GB", "en-IN", "en-NZ", "en-US", "es-419", "fr-CA", "hi-Latn",
    "ko-KR", "nl-BE", "pt-BR", "pt-PT", "sv-SE", "th-TH", "zh-CN", "zh-HK", "zh-Hans", "zh-Hant",
    "zh-TW",
];

/// A given language as the provider knows it; none where it is for the provider to find out.
fn spoken<'a>(model: &str, given: Option<&'a str>) -> Option<&'a str> {
    let tag = given?;
    if is_multi(tag) {
        return has_multi(model).then_some(MULTI);
    }
    let known = REGIONS.iter().find(|known| known.eq_ignore_ascii_case(tag));
    let language = || tag.split(['-', '_']).next().unwrap_or(tag);
    Some(known.copied().unwrap_or_else(language))
}

/// Whether a model understands several languages in one conversation.
/// <https://developers.deepgram.com/docs/multilingual-code-switching>
fn has_multi(model: &str) -> bool {
    matches!(
        model,
        "nova-3" | "nova-3-general" | "nova-2" | "nova-2-general"
    )
}

fn is_nova_3(model: &str) -> bool {
    model.starts_with("nova-3")
}

/// How the provider counts is not known; no tokeniser makes more than one of two
/// bytes of ordinary text.
const fn at_most_tokens(term: &str) -> usize {
    term.len().div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(model: &str, terms: &[String]) -> Vec<String> {
        let options = LiveOptions {
            language: Some("en".into()),
            key_terms: terms.to_vec(),
        };
        let ListenQuery(pairs) = ListenQuery::live(model, &options);
        let terms = pairs.into_iter().filter(|(name, _)| *name == "keyterm");
        terms.map(|(_, term)| term).collect()
    }

    #[test]
    fn key_terms_stay_within_what_the_provider_takes() {
        let many: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
        assert_eq!(terms("nova-3", &many).len(), MAX_TERMS);
        let long: Vec<String> = (0..20).map(|_| "x".repeat(100)).collect();
        assert_eq!(terms("nova-3-medical", &long).len(), 10);
        assert!(terms("nova-2", &many).is_empty());
        assert!(terms("nova-3", &["  ".into()]).is_empty());
    }

    #[test]
    fn languages_are_named_as_the_provider_names_them() {
        for (tag, sent, fillers) in [
            ("de-DE", "de", false),
            ("de-ch", "de-CH", false),
            ("pt-BR", "pt-BR", false),
            ("ja_JP", "ja", false),
            ("en-us", "en-US", true),
            ("en-ZA", "en", true),
            ("multi", "multi", false),
        ] {
            let options = LiveOptions {
                language: Some(tag.into()),
                ..LiveOptions::default()
            };
            let ListenQuery(pairs) = ListenQuery::live("nova-3", &options);
            let value = |wanted| pairs.iter().find(|(name, _)| *name == wanted);
            assert_eq!(value("language").unwrap().1, sent, "{tag}");
            assert_eq!(value("filler_words").is_some(), fillers, "{tag}");
        }
    }

    #[test]
    fn several_languages_are_for_the_models_that_know_them() {
        let language = |model, given: Option<&str>| {
            let options = LiveOptions {
                language: given.map(str::to_owned),
                ..LiveOptions::default()
            };
            let ListenQuery(pairs) = ListenQuery::live(model, &options);
            let found = pairs.into_iter().find(|(name, _)| *name == "language");
            found.map(|(_, value)| value)
        };
        for given in [None, Some("multi"), Some("Multi")] {
            for model in ["nova-3", "nova-2-general"] {
                assert_eq!(language(model, given).as_deref(), Some("multi"), "{model}");
            }
            for model in ["nova-3-medical", "base"] {
                assert_eq!(language(model, given), None, "{model}");
            }
        }
    }
}
