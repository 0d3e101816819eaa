//! Application Default Credentials, made once for all clients, so that they share one
//! token.

use anyhow::Context as _;
use google_cloud_auth::credentials::{Builder, Credentials};
use once_cell::sync::OnceCell;

static DEFAULT: OnceCell<Credentials> = OnceCell::new();

/// The credentials of this service. Does not request a token yet.
pub(crate) fn default() -> anyhow::Result<Credentials> {
    let made = DEFAULT.get_or_try_init(|| Builder::default().build());
    let made = made.context("finding Application Default Credentials")?;
    Ok(made.clone())
}
