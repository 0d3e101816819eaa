//! What makes recordings for the tests.

use std::{env, process::Command};

/// ffmpeg with all its encoders, quiet but for errors: `FULL_FFMPEG`, where the one on the `PATH`
/// is a small one that is tested.
pub(crate) fn ffmpeg() -> Command {
    let mut command = Command::new(env::var_os("FULL_FFMPEG").unwrap_or_else(|| "ffmpeg".into()));
    command.args(["-nostdin", "-v", "error", "-y"]);
    command
}

/// Runs a command to its end; what it wrote to its standard output.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command
        .output()
        .expect("ffmpeg, which `scripts/setup ffmpeg` installs");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}
