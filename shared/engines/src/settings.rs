//! The engines by their names in the settings.

use std::sync::Arc;

use domain::ports::{Analyst, Transcriber};
use runtime::settings::Environment;

use crate::{Extractive, PocketSphinx};

/// `TRANSCRIBER`: the speech engine, found on this machine.
pub fn transcriber(environment: &Environment) -> anyhow::Result<Arc<dyn Transcriber>> {
    environment.word("TRANSCRIBER", &["pocketsphinx"])?;
    let path = environment.text("PATH").unwrap_or_default();
    Ok(Arc::new(PocketSphinx::find(path)?))
}

/// `ANALYZER`: the language engine.
pub fn analyst(environment: &Environment) -> anyhow::Result<Arc<dyn Analyst>> {
    environment.word("ANALYZER", &["extractive"])?;
    Ok(Arc::new(Extractive))
}
