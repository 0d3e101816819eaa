//! The settings of models.

use std::path::PathBuf;

use config::{Environment, InvalidSetting};

use crate::{Cache, MODELS, OFFICIAL, PublishedModel};

/// The model that is used unless another one is named.
pub const DEFAULT_MODEL: &str = "base";

/// The model that `WHISPER_MODEL` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// One of the table.
    Known(&'static PublishedModel),
    /// A file of any origin.
    File(PathBuf),
}

impl ModelChoice {
    /// `WHISPER_MODEL`: the name of a model or the path of a file.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let text = environment.text("WHISPER_MODEL").unwrap_or(DEFAULT_MODEL);
        if let Some(model) = PublishedModel::named(text) {
            return Ok(Self::Known(model));
        }
        let path = PathBuf::from(text);
        let is_path = text.contains('/') || path.extension().is_some_and(|end| end == "bin");
        if is_path || path.exists() {
            return Ok(Self::File(path));
        }
        let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
        let names = names.join(", ");
        let expected = format!("the path of a ggml model file or one of: {names}");
        Err(InvalidSetting::new("WHISPER_MODEL", expected))
    }

    /// The model's name: that of the table, or that of the file without `ggml-` and `.bin`.
    pub fn name(&self) -> String {
        match self {
            Self::Known(model) => model.name.to_owned(),
            Self::File(path) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                name.strip_prefix("ggml-").unwrap_or(&name).to_owned()
            }
        }
    }
}

/// Where models are kept and fetched from.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// `MODEL_DIR`.
    pub cache: Cache,
    /// `MODEL_MIRROR`: a base address instead of the official host, without a slash at
    /// the end.
    pub mirror: Option<String>,
    /// `MODEL_FETCH`: whether the network may be used.
    pub fetch: bool,
    /// `PATH`: where the registry's client is looked for.
    pub path: String,
}

impl ModelSettings {
    /// Reads them.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        Ok(Self {
            cache: cache(environment)?,
            mirror: environment.address("MODEL_MIRROR")?,
            fetch: environment.word("MODEL_FETCH", &["on", "off"])? == "on",
            path: environment.text("PATH").unwrap_or_default().to_owned(),
        })
    }

    /// The base address of the files.
    pub fn base(&self) -> &str {
        self.mirror.as_deref().unwrap_or(OFFICIAL)
    }
}

/// Earlier versions kept models one folder above, where they are still found.
fn cache(environment: &Environment) -> Result<Cache, InvalidSetting> {
    if let Some(folder) = environment.text("MODEL_DIR") {
        return Ok(Cache::new(folder.into()));
    }
    let own = environment.text("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || {
        environment
            .text("HOME")
            .map(|home| PathBuf::from(home).join(".cache"))
    };
    let expected = "a folder for models where HOME is not set";
    let folder = own.or_else(home);
    let folder = folder.ok_or_else(|| InvalidSetting::new("MODEL_DIR", expected))?;
    let folder = folder.join("interviewlens");
    Ok(Cache::new(folder.join("models")).with_also(Some(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        for (name, value) in [
            ("MODEL_MIRROR", "ftp://example.com"),
            ("MODEL_MIRROR", "somewhere"),
            ("MODEL_FETCH", "perhaps"),
        ] {
            let environment = Environment::from_pairs([("HOME", "/home/u"), (name, value)]);
            let error = ModelSettings::read(&environment).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
        let error = ModelSettings::read(&Environment::default()).unwrap_err();
        assert_eq!(error.name, "MODEL_DIR");
    }

    #[test]
    fn a_name_or_an_existing_file_is_wanted() {
        let wanted =
            |text: &str| ModelChoice::read(&Environment::from_pairs([("WHISPER_MODEL", text)]));
        assert_eq!(wanted("").unwrap().name(), "base");
        assert_eq!(wanted("tiny.en").unwrap().name(), "tiny.en");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ggml-own.bin");
        std::fs::write(&path, "x").unwrap();
        let file = wanted(path.to_str().unwrap()).unwrap();
        assert_eq!(
            (file.name().as_str(), file),
            ("own", ModelChoice::File(path))
        );
        assert_eq!(wanted("/no/x.bin").unwrap().name(), "x");
        let error = wanted("huge").unwrap_err().to_string();
        assert!(error.contains("tiny.en, "), "{error}");
    }
}
