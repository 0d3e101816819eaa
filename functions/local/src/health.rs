//! `interviewlens health`: whether the service of this machine answers. Containers check it so.

use std::{net::IpAddr, time::Duration};

use anyhow::{Context as _, bail};
use config::Environment;
use serde::Deserialize;

use crate::Settings;

/// How long the service may take to answer.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What `/healthz` answers.
#[derive(Deserialize)]
struct Health {
    status: String,
    version: String,
}

/// Requests `/healthz` at `HOST` and `PORT`, and returns the version of the service.
///
/// # Errors
///
/// Settings that cannot be read, a port of 0, no answer in time, and any answer but `ok`.
pub(crate) async fn version(environment: &Environment) -> anyhow::Result<String> {
    let settings = Settings::read(environment)?;
    if settings.port == 0 {
        bail!("PORT is 0, a port that only the service knows; set it to the service's");
    }
    let url = format!("http://{}:{}/healthz", host(&settings.host), settings.port);
    let client = reqwest::Client::builder()
        .timeout(LONGEST_WAIT)
        .no_proxy()
        .build()?;
    let answer = client.get(&url).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    let body = answer.with_context(|| format!("{url} does not answer"))?;
    let health: Health = body
        .json()
        .await
        .with_context(|| format!("{url} answers something else"))?;
    if health.status != "ok" {
        bail!("{url} answers `{}`", health.status);
    }
    Ok(health.version)
}

/// The host to connect to for the address that the service listens on.
fn host(listens_on: &str) -> String {
    match listens_on.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => listens_on.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn service_of_all_addresses_is_asked_on_this_machine() {
        for (listens_on, asked) in [
            ("127.0.0.1", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("::", "[::1]"),
            ("fd00::2", "[fd00::2]"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(host(listens_on), asked);
        }
    }
}
