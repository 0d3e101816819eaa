//! `interviewlens upload`.

use std::{fs, path::Path};

use config::Environment;
use domain::interview::ChannelUse;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::{
    arguments::UploadArguments,
    connection::Connection,
    error::ClientError,
    pending::PendingFile,
    recording::{self, RecordingUpload, media_type},
    session::Source,
    uploaded::{self, Uploaded},
    wait,
};
use crate::{
    exit::{Exit, complain},
    print::cell,
    process::{is_transcript, name_of},
};

/// The longest title and file name that the service takes, in characters.
const MAX_NAME: usize = 500;

/// Uploads files, one after the other.
pub(super) async fn run(
    connection: &Connection,
    arguments: UploadArguments,
    environment: &Environment,
    json: bool,
) -> Result<Exit, ClientError> {
    let fields = fields(&arguments)?;
    let files = arguments.files;
    let mut all: Vec<Uploaded> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let place = match files.len() {
            1 => name_of(file),
            count => format!("{} of {count}: {}", index + 1, name_of(file)),
        };
        let uploaded = upload(connection, file, fields.clone(), environment, &place).await;
        let (interview, error) = match uploaded {
            Ok(interview) => (Some(interview), None),
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = &error {
            complain(&format!("{}: {}", file.display(), error.message()));
        }
        let exit = error.as_ref().map_or(Exit::Done, ClientError::exit);
        all.push(Uploaded {
            file: file.clone(),
            interview,
            error,
        });
        let left = files.len() - all.len();
        if matches!(exit, Exit::Denied | Exit::Unreachable) && left > 0 {
            complain(&format!("{left} more files were not tried"));
            break;
        }
    }
    if arguments.wait {
        for uploaded in &mut all {
            finish(connection, uploaded).await;
        }
    }
    uploaded::print(&all, json)?;
    let exits = all.iter().map(|uploaded| uploaded.exit(arguments.wait));
    Ok(exits.max().unwrap_or(Exit::Done))
}

/// Waits until the interview of a file is finished.
async fn finish(connection: &Connection, uploaded: &mut Uploaded) {
    let Some(interview) = &uploaded.interview else {
        return;
    };
    let id = interview["id"].as_str().unwrap_or_default().to_owned();
    connection.say(format_args!("{}", uploaded.file.display()));
    match wait::until_finished(connection, &id).await {
        Ok(finished) => uploaded.interview = Some(finished),
        Err(error) => {
            complain(&error.message());
            uploaded.error = Some(error);
        }
    }
}

/// The fields that all interviews of the command have.
fn fields(arguments: &UploadArguments) -> Result<Map<String, Value>, ClientError> {
    let options = &arguments.interview;
    let rubric = options.read_rubric(arguments.files.len());
    let rubric = rubric.map_err(|error| ClientError::Usage(error.to_string()))?;
    let is_given = options.channels != ChannelUse::Auto;
    let channels = is_given.then(|| options.channels.as_str());
    let listed = |list: &[String]| (!list.is_empty()).then(|| json!(list));
    let fields = [
        ("title", options.title.as_deref().map(Value::from)),
        ("kind", options.kind.map(|kind| kind.as_str().into())),
        ("language", options.language.as_deref().map(Value::from)),
        ("rubric", rubric),
        ("speakers_expected", options.speakers.map(Value::from)),
        ("channels", channels.map(Value::from)),
        ("key_terms", listed(&options.key_terms)),
        (
            "collection_id",
            arguments.collection.as_deref().map(Value::from),
        ),
        ("tags", listed(&arguments.tags)),
    ];
    let given = fields.into_iter();
    let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(given.collect())
}

/// Uploads a file; returns the interview.
async fn upload(
    connection: &Connection,
    file: &Path,
    mut fields: Map<String, Value>,
    environment: &Environment,
    place: &str,
) -> Result<Value, ClientError> {
    let reading = |error| ClientError::file("reading", file, error);
    let metadata = fs::metadata(file).map_err(reading)?;
    if !metadata.is_file() || metadata.len() == 0 {
        let why = if metadata.is_file() {
            "is empty"
        } else {
            "is not a file"
        };
        return Err(ClientError::Usage(format!("`{}` {why}", file.display())));
    }
    let (name, size) = (line(&name_of(file)), metadata.len());
    fields.entry("title").or_insert_with(|| name.clone().into());
    let id = if is_transcript(file) {
        connection.say(format_args!("{place}"));
        let bytes = fs::read(file).map_err(reading)?;
        recording::transcript(connection, file, bytes, &fields.into()).await?
    } else {
        fields.insert(
            "audio".into(),
            json!({"filename": name, "content_type": media_type(file), "size_bytes": size}),
        );
        let body = Value::Object(fields);
        let upload = RecordingUpload {
            connection,
            file: PendingFile::of(connection, environment, file, &metadata, &body),
            body,
            source: Source {
                path: file,
                size,
                bar: bar(connection, place, size),
            },
        };
        let id = upload.run().await;
        upload.source.bar.finish();
        id?
    };
    wait::read(connection, &id).await
}

/// A bar with bytes; without a terminal, a line.
fn bar(connection: &Connection, place: &str, size: u64) -> ProgressBar {
    let bar = connection.bars.add(ProgressBar::new(size));
    if bar.is_hidden() {
        connection.say(format_args!("{place}: {size} bytes"));
    }
    let style = "{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(cell(place));
    bar
}

/// A file's name as the API takes it: one line of at most 500 characters.
fn line(name: &str) -> String {
    let clean = name.replace(char::is_control, " ");
    let clean: String = clean.trim().chars().take(MAX_NAME).collect();
    match clean.trim() {
        "" => "recording".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_file_becomes_a_title_of_one_line() {
        assert_eq!(line("a\nb.wav "), "a b.wav");
        assert_eq!(line("\t"), "recording");
        assert_eq!(line(&"ä".repeat(600)).chars().count(), MAX_NAME);
    }
}
