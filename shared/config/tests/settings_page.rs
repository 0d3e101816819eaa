//! `docs/settings.md` has every variable, as `config::catalogue` describes it.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use config::catalogue::{COMMAND, EMBEDDED, ENGINES, GOOGLE_CLOUD, Setting};

/// What stands before and behind a table of the page.
const BEGIN: &str = "<!-- Written by `UPDATE_SETTINGS=1 cargo test -p config`. -->\n";
const END: &str = "<!-- End of the table. -->\n";

/// What looks like a variable beside the environment and is none of ours: what the operating
/// system sets, a header's value, and names of arguments.
const NOT_OURS: [&str; 5] = ["DENY", "HOME", "PATH", "XDG_CACHE_HOME", "XDG_STATE_HOME"];

/// What libraries read by themselves.
const OF_LIBRARIES: [&str; 2] = ["GOOGLE_APPLICATION_CREDENTIALS", "RUST_LOG"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(settings: &[Setting]) -> String {
    let mut text = "| variable | meaning | default |\n| --- | --- | --- |\n".to_owned();
    for setting in settings {
        let names: Vec<String> = setting
            .names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let names = names.join(", ");
        writeln!(
            text,
            "| {names} | {} | {} |",
            setting.meaning, setting.default
        )
        .unwrap();
    }
    text
}

/// The page with the tables of the catalogue, its prose as it is.
fn current(page: &str) -> String {
    let mut parts = page.split(BEGIN);
    let mut text = parts.next().unwrap().to_owned();
    let tables = [EMBEDDED, ENGINES, COMMAND, GOOGLE_CLOUD];
    let parts: Vec<&str> = parts.collect();
    assert_eq!(parts.len(), tables.len(), "one mark for each table");
    for (part, settings) in parts.into_iter().zip(tables) {
        let (_, prose) = part.split_once(END).expect("the end of a table");
        text = text + BEGIN + &table(settings) + END + prose;
    }
    text
}

#[test]
fn page_is_current() {
    let path = root().join("docs/settings.md");
    let page = fs::read_to_string(&path).unwrap();
    let current = current(&page);
    if std::env::var_os("UPDATE_SETTINGS").is_some() {
        fs::write(path, current).unwrap();
    } else {
        assert!(
            page == current,
            "docs/settings.md is not current: its tables are made of shared/config/src/catalogue.rs by\n\
             UPDATE_SETTINGS=1 cargo test -p config"
        );
    }
}

/// All Rust files below `src` of every crate that runs, but the catalogue.
fn sources() -> Vec<PathBuf> {
    let mut folders = vec![root().join("tools/relay/src")];
    for parent in ["shared", "functions"] {
        let crates = fs::read_dir(root().join(parent)).unwrap();
        folders.extend(crates.map(|entry| entry.unwrap().path().join("src")));
    }
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("config/src/catalogue.rs")
            {
                files.push(path);
            }
        }
    }
    files
}

/// Whether it is spelt like the name of a variable.
fn is_name(text: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    text.len() > 2
        && text.chars().all(allowed)
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// The names in the files that have to do with the environment, before their tests.
fn read_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in sources() {
        let text = fs::read_to_string(path).unwrap();
        if text.contains("Environment") {
            let code = text.split("#[cfg(test)]").next().unwrap();
            let literals = code.split('"').filter(|part| is_name(part));
            names.extend(literals.map(str::to_owned));
        }
    }
    for name in NOT_OURS {
        assert!(names.remove(name), "{name} is not read any more");
    }
    names.extend(OF_LIBRARIES.map(str::to_owned));
    names
}

#[test]
fn every_variable_of_the_code_is_described_and_no_other() {
    let settings = [EMBEDDED, ENGINES, COMMAND, GOOGLE_CLOUD].concat();
    let described = settings.iter().flat_map(|setting| setting.names);
    let described: BTreeSet<String> = described.map(|name| (*name).to_owned()).collect();
    let read = read_names();
    let missing: Vec<_> = read.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "shared/config/src/catalogue.rs does not describe {missing:?}"
    );
    let unread: Vec<_> = described.difference(&read).collect();
    assert!(unread.is_empty(), "no code reads {unread:?}");
}

#[test]
fn default_limits_are_those_of_the_code() {
    let default = |name: &str| {
        let row = EMBEDDED.iter().find(|row| row.names.contains(&name));
        row.unwrap().default
    };
    let nothing_set = config::Environment::default();
    assert_eq!(
        default("MAX_DURATION_MINUTES"),
        (nothing_set.max_duration().unwrap().as_secs() / 60).to_string()
    );
    let gib = nothing_set.max_upload_bytes().unwrap() >> 30;
    assert_eq!(default("MAX_UPLOAD_BYTES"), format!("{gib} GiB"));
}
