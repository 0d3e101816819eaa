//! What the program does with its arguments before it serves a function.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_interviewlens-cloud"))
        .args(arguments)
        .env_clear()
        .output();
    program.expect("the program starts")
}

#[test]
fn version_is_that_of_the_workspace() {
    let output = run(&["--version"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        text,
        concat!("interviewlens-cloud ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert!(output.status.success());
}

#[test]
fn an_unknown_function_is_named_with_the_usage() {
    let output = run(&["translate"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.starts_with("usage: ") && text.contains("`translate`"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(2));
}
