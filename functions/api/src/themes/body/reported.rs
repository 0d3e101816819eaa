//! Themes in the report of a collection.

use domain::{
    Private, UserId,
    collection_report::{ReportedQuote, ReportedTheme, ReportedThemes, ReportedVoice},
    collections::Collection,
    paths,
    themes::store,
};
use runtime::http::Problem;

use super::{NamedInterview, ThemeBody, ThemeVoiceBody, ThemesResult, ThemesStale};
use crate::{Api, collections::no_collection};

impl Api {
    /// What the last run that succeeded has found in a user's collection, if there is one.
    pub(crate) async fn reported_themes(
        &self,
        user: &UserId,
        collection: &Collection,
    ) -> Result<Option<ReportedThemes>, Problem> {
        let path = paths::collection(user, &collection.id).ok_or_else(no_collection)?;
        match store::result(&*self.records, &path).await? {
            Some(themes) => {
                let result = self.themes_result(user, &path, themes).await?;
                Ok(Some(result.into()))
            }
            None => Ok(None),
        }
    }
}

impl From<ThemesResult> for ReportedThemes {
    fn from(result: ThemesResult) -> Self {
        let titles = result.left_out.into_iter();
        let titles: Vec<Private> = titles.map(|NamedInterview { title, .. }| title).collect();
        Self {
            themes: result.themes.into_iter().map(ReportedTheme::from).collect(),
            interviews: result.derived_from.len(),
            left_out: titles,
            stale: result.stale.map(|own| own.sentences()).unwrap_or_default(),
            engine: result.engine,
            model: result.model,
            warnings: result.warnings,
            created_at: result.created_at,
        }
    }
}

impl From<ThemeBody> for ReportedTheme {
    fn from(theme: ThemeBody) -> Self {
        let voices = |voices: Vec<ThemeVoiceBody>| {
            let voices = voices.into_iter();
            voices.map(ReportedVoice::from).collect()
        };
        Self {
            title: theme.title,
            summary: theme.summary,
            supports: voices(theme.supports),
            contradicts: voices(theme.contradicts),
        }
    }
}

impl From<ThemeVoiceBody> for ReportedVoice {
    fn from(voice: ThemeVoiceBody) -> Self {
        let quotes = voice.quotes.into_iter();
        Self {
            interview: voice.interview_id,
            title: voice.title,
            quotes: quotes.map(ReportedQuote::from).collect(),
        }
    }
}

impl ThemesStale {
    /// What has changed, in words.
    fn sentences(&self) -> Vec<String> {
        let changes = [
            (self.added, "was added", "were added"),
            (
                self.removed,
                "is not in the collection any more",
                "are not in the collection any more",
            ),
            (
                self.changed,
                "has another transcript or analysis",
                "have another transcript or analysis",
            ),
        ];
        let changes = changes.into_iter().filter(|(count, ..)| *count > 0);
        let sentences = changes.map(|(count, one, many)| match count {
            1 => format!("1 interview {one} since."),
            _ => format!("{count} interviews {many} since."),
        });
        sentences.collect()
    }
}
