//! Vertex AI: its addresses.

use config::InvalidSetting;

/// Where a project's models are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VertexProject {
    /// The project's id.
    pub project: String,
    /// A region such as `europe-west1`, a multi-region (`us`, `eu`), or `global`.
    pub location: String,
    /// A server in place of Vertex AI, for tests.
    pub base_url: Option<String>,
}

impl VertexProject {
    /// The address of the location.
    pub(crate) fn base_url(&self) -> Result<String, InvalidSetting> {
        let location = word(
            "VERTEX_LOCATION",
            &self.location,
            "a region, `us`, `eu` or `global`",
        )?;
        Ok(match (&self.base_url, location) {
            (Some(url), _) => url.clone(),
            (None, "global") => "https://aiplatform.googleapis.com".to_owned(),
            (None, "us" | "eu") => format!("https://aiplatform.{location}.rep.googleapis.com"),
            (None, _) => format!("https://{location}-aiplatform.googleapis.com"),
        })
    }

    /// The model's path there.
    pub(crate) fn path(&self, model: &str) -> Result<String, InvalidSetting> {
        let project = word("GCS_PROJECT_ID", &self.project, "the id of a project")?;
        Ok(format!(
            "/v1/projects/{project}/locations/{}/publishers/google/models/{model}:generateContent",
            self.location
        ))
    }
}

/// A text that is safe in a host name and a path. Old project ids have a domain before a
/// colon.
fn word<'a>(name: &'static str, text: &'a str, expected: &str) -> Result<&'a str, InvalidSetting> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    let word = (!text.is_empty() && text.bytes().all(plain)).then_some(text);
    word.ok_or_else(|| InvalidSetting::new(name, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(location: &str) -> Result<String, InvalidSetting> {
        let project = VertexProject {
            project: "example.com:p".into(),
            location: location.into(),
            base_url: None,
        };
        Ok(format!("{}{}", project.base_url()?, project.path("m")?))
    }

    #[test]
    fn every_location_has_its_address() {
        for (location, host) in [
            ("europe-west1", "europe-west1-aiplatform.googleapis.com"),
            ("global", "aiplatform.googleapis.com"),
            ("us", "aiplatform.us.rep.googleapis.com"),
            ("eu", "aiplatform.eu.rep.googleapis.com"),
        ] {
            let path = format!(
                "/v1/projects/example.com:p/locations/{location}/publishers/google/models/m:generateContent"
            );
            assert_eq!(at(location).unwrap(), format!("https://{host}{path}"));
        }
        assert_eq!(at("a/b").unwrap_err().name, "VERTEX_LOCATION");
        assert_eq!(at("").unwrap_err().name, "VERTEX_LOCATION");
    }
}
