//! How the embedded service is to run.

use std::{path::PathBuf, time::Duration};

use api::{Origins, ProxySettings, RateLimitSettings};
use config::{Environment, InvalidSetting};
use domain::ledger::SpendingLimits;
use notify::sign::Secrets;

use crate::doctor;

/// How the embedded service is to run; every variable is described in `docs/settings.md`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOST`: the address to listen on.
    pub host: String,
    /// `PORT`.
    pub port: u16,
    /// `PUBLIC_URL`: where clients reach the service, without a slash at the end.
    pub public_url: Option<String>,
    /// `AUTH=proxy`: how a proxy says who the user is; without it (`AUTH=local`) every client
    /// is believed.
    pub proxy: Option<ProxySettings>,
    /// `DATA_DIR`.
    pub data_dir: PathBuf,
    /// `WEBHOOK_SECRET`; one is made and kept in the data directory without it.
    pub webhook_secrets: Option<Secrets>,
    /// `WEBHOOK_ALLOW_PRIVATE`: whether webhooks may go to this machine.
    pub allow_private_webhooks: bool,
    /// `MAX_UPLOAD_BYTES`.
    pub max_upload_bytes: u64,
    /// `MAX_DURATION_MINUTES`.
    pub max_duration: Duration,
    /// `CORS_ALLOWED_ORIGINS`: whose pages may ask from a browser.
    pub origins: Origins,
    /// How much one user and one address may ask: everything, if nothing is set.
    pub rate_limits: RateLimitSettings,
    /// How much one user may use: everything, if nothing is set.
    pub spending: SpendingLimits,
    /// `RETENTION_DAYS`: how long interviews are kept.
    pub retention: Option<Duration>,
    /// A digest of the settings of engines, by which the result of a check is known to be theirs.
    pub engine_settings: String,
}

impl Settings {
    /// Reads the settings; the first wrong one is the error.
    pub fn read(environment: &Environment) -> Result<Self, InvalidSetting> {
        let auth = environment.word("AUTH", &["local", "proxy"])?;
        let proxy = (auth == "proxy").then(|| ProxySettings::read(environment));
        Ok(Self {
            proxy: proxy.transpose()?,
            host: environment.text("HOST").unwrap_or("127.0.0.1").to_owned(),
            port: environment.parsed("PORT", 8000, "a port, 0 to 65535")?,
            public_url: environment.public_url()?,
            data_dir: data_dir(environment),
            webhook_secrets: Secrets::read(environment)?,
            allow_private_webhooks: environment.allow_private_webhooks()?,
            max_upload_bytes: environment.max_upload_bytes()?,
            max_duration: environment.max_duration()?,
            origins: Origins::read(environment)?,
            rate_limits: RateLimitSettings::read(environment, RateLimitSettings::default())?,
            spending: environment.spending_limits()?,
            retention: environment.retention()?,
            engine_settings: doctor::digest(environment),
        })
    }
}

/// `DATA_DIR`, which is all that maintenance needs.
pub(crate) fn data_dir(environment: &Environment) -> PathBuf {
    environment.text("DATA_DIR").unwrap_or("./data").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostEngines;

    #[test]
    fn every_wrong_setting_is_one_line_that_names_it() {
        for (name, value) in [
            ("PORT", "eighty"),
            ("PUBLIC_URL", "example.com"),
            ("AUTH", "none"),
            ("TRANSCRIBER", "magic"),
            ("DIARIZATION", "perhaps"),
            ("WHISPER_MODEL", "magic"),
            ("MODEL_FETCH", "perhaps"),
            ("MODEL_MIRROR", "somewhere"),
            ("ALLOW_FALLBACK", "perhaps"),
            ("ANALYZER", "magic"),
            ("WEBHOOK_SECRET", "hunter2"),
            ("WEBHOOK_ALLOW_PRIVATE", "perhaps"),
            ("MAX_UPLOAD_BYTES", "-1"),
            ("MAX_DURATION_MINUTES", "long"),
            ("RETENTION_DAYS", "0"),
            ("CORS_ALLOWED_ORIGINS", "*"),
            ("USER_STREAMS", "many"),
            ("USER_MINUTES_PER_DAY", "0"),
            ("USER_MINUTES_PER_MONTH", "many"),
            ("USER_COST_PER_MONTH", "-1"),
        ] {
            let environment = Environment::from_pairs([(name, value), ("MODEL_DIR", "/nowhere")]);
            let read = Settings::read(&environment).map(drop);
            let error = read
                .map_err(anyhow::Error::from)
                .and_then(|()| HostEngines::find(&environment).map(drop));
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains('\n'), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn nothing_set_is_enough() {
        let settings = Settings::read(&Environment::default()).unwrap();
        assert_eq!(
            (settings.port, settings.max_duration.as_secs()),
            (8_000, 8 * 3_600)
        );
    }
}
