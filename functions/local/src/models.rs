//! `interviewlens models`, and the model that `process` needs first.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
};

use ::models::{
    Cache, DEFAULT_MODEL, Event, Found, Library, MODELS, Model, ModelChoice, Observer, Settings,
    State, Supply,
};
use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use config::Environment;
use indicatif::{ProgressBar, ProgressStyle};

use crate::Engines;

/// What to do with models.
#[derive(Subcommand)]
pub(crate) enum Models {
    /// List the known models and say which are there
    List,
    /// Fetch a model unless it is there, and print where it is
    Fetch {
        /// Its name; without one that of `WHISPER_MODEL`
        name: Option<String>,
    },
    /// Read models and compare their checksums with the published ones
    Verify {
        /// A name; without one every model that is there
        name: Option<String>,
    },
}

/// Does it; answers the exit code.
pub(crate) async fn run(command: Models, environment: &Environment) -> anyhow::Result<u8> {
    let settings = Settings::read(environment)?;
    match command {
        Models::List => list(&settings.cache),
        Models::Fetch { name } => fetch(settings, name.as_deref(), environment).await,
        Models::Verify { name } => verify(&settings.cache, name.as_deref()),
    }
}

fn named(name: &str) -> anyhow::Result<&'static Model> {
    Model::named(name).ok_or_else(|| {
        let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
        anyhow!(
            "no model is called `{name}`; there are: {}",
            names.join(", ")
        )
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
            Ok(Found::Verified(_)) => "verified".to_owned(),
            Ok(Found::Damaged(_)) => "damaged".to_owned(),
            Err(error) => error.to_string(),
            Ok(Found::Absent) => match cache.partial_bytes(model) {
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
    settings: Settings,
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
    let library = Library::new(settings);
    let path = library.obtain(model, &Display::new(model.name)).await?;
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
            Found::Verified(path) => {
                found += 1;
                writeln!(
                    out,
                    "{}: {} is right, {}",
                    model.name,
                    model.checksum(),
                    path.display()
                )?;
            }
            Found::Damaged(path) => {
                (found, code) = (found + 1, 1);
                let path = path.display();
                writeln!(
                    out,
                    "{}: {path} is not the published file; `interviewlens models fetch {}` replaces it",
                    model.name, model.name
                )?;
            }
            Found::Absent if all => {}
            Found::Absent => {
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

/// Obtains the model that `process` needs. Without one the last resort is announced; it is
/// an error if that is not installed either.
pub(crate) async fn prepare(engines: &Engines, supply: Option<&Supply>) -> anyhow::Result<()> {
    let Some(supply) = supply else {
        return Ok(());
    };
    if matches!(supply.state(), State::Ready(_)) {
        return Ok(());
    }
    let Err(error) = supply.obtain(&Display::new(&supply.model())).await else {
        return Ok(());
    };
    let Some(substitute) = engines.transcriber.substitute() else {
        let hint = "the last resort needs the packages `pocketsphinx` and `pocketsphinx-en-us`";
        return Err(anyhow!("{error}. {hint}"));
    };
    writeln!(
        io::stderr(),
        "interviewlens: {error}. Until then {} is used: English alone, and many words wrong",
        substitute.name()
    )?;
    Ok(())
}

/// Shows a download on standard error: a bar on a terminal, plain lines elsewhere.
pub(crate) struct Display {
    name: String,
    bar: Option<ProgressBar>,
    /// Tenths that have been shown as lines.
    tenths: Mutex<u64>,
}

impl Display {
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
        let mut shown = self.tenths.lock().unwrap_or_else(PoisonError::into_inner);
        if tenth > *shown {
            *shown = tenth;
            write_line(&format!("{} % of {}", tenth * 10, megabytes(total)));
        }
    }
}

impl Observer for Display {
    fn report(&self, event: Event<'_>) {
        let model = &self.name;
        match event {
            Event::Source {
                name,
                bytes,
                resumed,
            } => {
                *self.tenths.lock().unwrap_or_else(PoisonError::into_inner) = 0;
                let there = match resumed {
                    0 => String::new(),
                    bytes => format!(", {} of it are there", megabytes(bytes)),
                };
                let size = megabytes(bytes);
                self.say(&format!(
                    "fetching the speech model `{model}` from {name}: {size}{there}"
                ));
            }
            Event::Bytes { done, total } => self.show(done, total),
            Event::Verifying => self.say("verifying it"),
            Event::Failed { name, reason } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                self.say(&format!("{name}: {reason}"));
            }
            Event::Locked { patience } => {
                let minutes = patience.as_secs() / 60;
                self.say(&format!(
                    "another process is fetching `{model}`; waiting at most {minutes} minutes"
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
