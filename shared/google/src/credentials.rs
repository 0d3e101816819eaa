//! Application Default Credentials, made once for all clients, so that they share one
//! token.

use std::sync::OnceLock;

use anyhow::Context as _;
use google_cloud_auth::credentials::{Builder, Credentials};

static DEFAULT: OnceLock<Credentials> = OnceLock::new();

/// The credentials of this service. Does not request a token yet.
pub(crate) fn default() -> anyhow::Result<Credentials> {
    if let Some(known) = DEFAULT.get() {
        return Ok(known.clone());
    }
    let made = Builder::default()
        .build()
        .context("finding Application Default Credentials")?;
    Ok(DEFAULT.get_or_init(|| made).clone())
}
