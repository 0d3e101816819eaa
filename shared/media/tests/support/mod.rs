//! What makes recordings for the tests.

use std::process::Command;

/// ffmpeg, quiet but for errors.
pub(crate) fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
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
