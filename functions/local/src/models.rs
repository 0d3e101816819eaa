//! `interviewlens models`, and the model that `process` needs first.

use std::io::{self, IsTerminal as _, Write as _};

use ::models::{
    Cache, CacheLookup, DEFAULT_MODEL, DownloadEvent, MODELS, ModelChoice, ModelLibrary,
    ModelSettings, Observer, PublishedModel, Supply, SupplyState,
};
use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use config::Environment;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;

use crate::HostEngines;

/// What to do with models.
#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the known models and whether they are downloaded
    List,
    /// Download a model unless it is there, and print its path
    Fetch {
        /// Its name; defaults to `WHISPER_MODEL`
        name: Option<String>,
    },
    /// Read models and compare their checksums with the published ones
    Verify {
        /// A name; defaults to every downloaded model
        name: Option<String>,
    },
}

/// Runs the command; returns the exit code.
pub(crate) async fn run(command: ModelsCommand, environment: &Environment) -> anyhow::Result<u8> {
    let settings = ModelSettings::read(environment)?;
    match command {
        ModelsCommand::List => list(&settings.cache),
        ModelsCommand::Fetch { name } => fetch(settings, name.as_deref(), environment).await,
        ModelsCommand::Verify { name } => verify(&settings.cache, name.as_deref()),
    }
}

fn named(name: &str) -> anyhow::Result<&'static PublishedModel> {
    PublishedModel::named(name).ok_or_else(|| {
        let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
        anyhow!("unknown model `{name}`; known models: {}", names.join(", "))
    })
}

fn list(cache: &Cache) -> anyhow::Result<u8> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<20} {:>10}  {:<20} in {}",
        "name",
        "size",
        "languages",
        cache.folder().display()
    )?;
    for model in MODELS {
        let state = match cache.find(model) {
            Ok(CacheLookup::Verified(_)) => "verified".to_owned(),
            Ok(CacheLookup::Damaged(_)) => "damaged".to_owned(),
            Err(error) => error.to_string(),
            Ok(CacheLookup::Absent) => match cache.partial_bytes(model) {
                0 => "–".to_owned(),
                bytes => format!("{} fetched", megabytes(bytes)),
            },
        };
        let note = if model.name == DEFAULT_MODEL {
            " (default)"
        } else {
            ""
        };
        let (size, languages) = (megabytes(model.bytes), model.languages.as_str());
        writeln!(
            out,
            "{:<20} {size:>10}  {languages:<20} {state}{note}",
            model.name
        )?;
    }
    Ok(0)
}

async fn fetch(
    settings: ModelSettings,
    name: Option<&str>,
    environment: &Environment,
) -> anyhow::Result<u8> {
    let model = match (name, ModelChoice::read(environment)) {
        (Some(name), _) => named(name)?,
        (None, Ok(ModelChoice::Known(model))) => model,
        (None, Ok(ModelChoice::File(path))) => {
            writeln!(io::stdout(), "{}", path.display())?;
            return Ok(0);
        }
        (None, Err(error)) => return Err(error.into()),
    };
    let library = ModelLibrary::new(settings);
    let path = library
        .obtain(model, &DownloadDisplay::new(model.name))
        .await?;
    writeln!(io::stdout(), "{}", path.display())?;
    Ok(0)
}

fn verify(cache: &Cache, name: Option<&str>) -> anyhow::Result<u8> {
    let all = name.is_none();
    let chosen = match name {
        Some(name) => std::slice::from_ref(named(name)?),
        None => MODELS,
    };
    let (mut out, mut found, mut code) = (io::stdout().lock(), 0, 0);
    for model in chosen {
        match cache
            .find_anew(model)
            .with_context(|| format!("reading the model `{}`", model.name))?
        {
            CacheLookup::Verified(path) => {
                found += 1;
                writeln!(
                    out,
                    "{}: verified, {}, {}",
                    model.name,
                    model.checksum(),
                    path.display()
                )?;
            }
            CacheLookup::Damaged(path) => {
                (found, code) = (found + 1, 1);
                let path = path.display();
                writeln!(
                    out,
                    "{}: {path} is not the published file; `interviewlens models fetch {}` replaces it",
                    model.name, model.name
                )?;
            }
            CacheLookup::Absent if all => {}
            CacheLookup::Absent => {
                code = 1;
                writeln!(out, "{}: not in {}", model.name, cache.folder().display())?;
            }
        }
    }
    if all && found == 0 {
        writeln!(out, "no model is in {}", cache.folder().display())?;
    }
    Ok(code)
}

/// Obtains the model that `process` needs. Without one the fallback is announced; it is
/// an error if that is not installed either.
pub(crate) async fn prepare(engines: &HostEngines, supply: Option<&Supply>) -> anyhow::Result<()> {
    let Some(supply) = supply else {
        return Ok(());
    };
    if matches!(supply.state(), SupplyState::Ready(_)) {
        return Ok(());
    }
    let Err(error) = supply.obtain(&DownloadDisplay::new(&supply.model())).await else {
        return Ok(());
    };
    let Some(substitute) = engines.transcribers.active.substitute() else {
        let hint = "the fallback engine needs the packages `pocketsphinx` and `pocketsphinx-en-us`";
        return Err(anyhow!("{error}. {hint}"));
    };
    writeln!(
        io::stderr(),
        "interviewlens: {error}. Until then the fallback engine {} is used: English only, with many errors",
        substitute.name()
    )?;
    Ok(())
}

/// Shows a download on standard error: a bar on a terminal, plain lines elsewhere.
pub(crate) struct DownloadDisplay {
    name: String,
    bar: Option<ProgressBar>,
    /// Tenths that have been shown as lines.
    tenths: Mutex<u64>,
}

impl DownloadDisplay {
    pub(crate) fn new(name: &str) -> Self {
        let live = io::stderr().is_terminal();
        let style = "{bar:30} {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}, {eta}";
        let style = ProgressStyle::with_template(style).ok().filter(|_| live);
        let bar = style.map(|style| ProgressBar::new(0).with_style(style));
        Self {
            name: name.to_owned(),
            bar,
            tenths: Mutex::new(0),
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| write_line(line)),
            None => write_line(line),
        }
    }

    fn show(&self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            if done >= total {
                bar.finish();
            }
            return;
        }
        let tenth = (done * 10).checked_div(total).unwrap_or(0);
        let mut shown = self.tenths.lock();
        if tenth > *shown {
            *shown = tenth;
            write_line(&format!("{} % of {}", tenth * 10, megabytes(total)));
        }
    }
}

impl Observer for DownloadDisplay {
    fn report(&self, event: DownloadEvent<'_>) {
        let model = &self.name;
        match event {
            DownloadEvent::Source {
                name,
                bytes,
                resumed,
            } => {
                *self.tenths.lock() = 0;
                let there = match resumed {
                    0 => String::new(),
                    bytes => format!(", {} of it are there", megabytes(bytes)),
                };
                let size = megabytes(bytes);
                self.say(&format!(
                    "downloading the speech model `{model}` from {name}: {size}{there}"
                ));
            }
            DownloadEvent::Bytes { done, total } => self.show(done, total),
            DownloadEvent::Verifying => self.say("verifying it"),
            DownloadEvent::Failed { name, reason } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                self.say(&format!("{name}: {reason}"));
            }
            DownloadEvent::Locked { timeout } => {
                let minutes = timeout.as_secs() / 60;
                self.say(&format!(
                    "another process is downloading `{model}`; waiting at most {minutes} minutes"
                ));
            }
        }
    }
}

fn write_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
