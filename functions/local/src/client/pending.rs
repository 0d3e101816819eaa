//! Uploads that are not finished: what is known of one is kept in a file, so that the same
//! command goes on with it after it was interrupted.

use std::{
    fs::{self, DirBuilder, Metadata},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use config::Environment;
use domain::ids::{hex, random_name};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::connection::Connection;

/// How long a file is kept: sessions of uploads last a week, and so long recordings are awaited.
const KEPT: Duration = Duration::from_hours(6 * 24);

/// What is known of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// Under which the interview is created once.
    pub(super) idempotency_key: String,
    /// The interview, once it is created.
    pub(super) interview_id: Option<String>,
    /// The URL of the session, once it has begun: a secret that permits this upload.
    pub(super) session: Option<String>,
}

impl Pending {
    /// An upload that nothing is known of.
    pub(super) fn new() -> Self {
        Self {
            idempotency_key: random_name(),
            interview_id: None,
            session: None,
        }
    }
}

/// The file of an upload. Where it cannot be written, the upload works, and goes on after a
/// lost connection alone.
pub(super) struct PendingFile {
    path: Option<PathBuf>,
}

impl PendingFile {
    /// Of a file that is uploaded with such settings.
    pub(super) fn of(
        connection: &Connection,
        environment: &Environment,
        file: &Path,
        metadata: &Metadata,
        body: &Value,
    ) -> Self {
        let Some(folder) = folder(environment) else {
            return Self { path: None };
        };
        remove_old(&folder);
        let absolute = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let mut digest = Sha256::new();
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        for part in [
            connection.base().as_str().as_bytes(),
            connection.user_tag(),
            absolute.as_os_str().as_encoded_bytes(),
            format!("{} {modified:?}", metadata.len()).as_bytes(),
            body.to_string().as_bytes(),
        ] {
            digest.update(Sha256::digest(part));
        }
        let name = format!("{}.json", hex(&digest.finalize()[..16]));
        Self {
            path: Some(folder.join(name)),
        }
    }

    /// What is known of an upload that was interrupted.
    pub(super) fn read(&self) -> Option<Pending> {
        let text = fs::read(self.path.as_ref()?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps what is known now.
    pub(super) fn keep(&self, pending: &Pending) {
        if let Some(path) = &self.path {
            // Without it an upload that is interrupted begins anew.
            let _ = write(path, pending);
        }
    }

    /// Removes it: nothing is left to be done.
    pub(super) fn forget(&self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes it for its owner's eyes alone, all or nothing of it.
fn write(path: &Path, pending: &Pending) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700).create(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(pending)?)?;
    file.persist(path)?;
    Ok(())
}

fn folder(environment: &Environment) -> Option<PathBuf> {
    let own = environment.text("XDG_STATE_HOME").map(PathBuf::from);
    let home = || {
        let home = environment.text("HOME").map(PathBuf::from);
        home.map(|home| home.join(".local/state"))
    };
    Some(own.or_else(home)?.join("interviewlens/uploads"))
}

/// Removes the files of uploads that are too old to go on.
fn remove_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn kept_upload_is_read_again_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("uploads/a.json");
        let file = PendingFile {
            path: Some(path.clone()),
        };
        assert_eq!(file.read(), None);
        let mut pending = Pending::new();
        file.keep(&pending);
        pending.session = Some("https://bucket.example/session".into());
        file.keep(&pending);
        assert_eq!(file.read(), Some(pending));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        file.forget();
        assert_eq!(file.read(), None);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }
}
