//! `interviewlens process`: recordings and transcripts through the pipeline, without a service.

mod hints;
mod input;
mod one;
mod results;

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use ::models::Supply;
use clap::Args;
use runtime::telemetry;

use self::{hints::Hints, input::Input, results::FileResult};
use crate::{
    HostEngines, Settings,
    exit::{Exit, complain, fail},
    interview_options::InterviewOptions,
    models,
};

pub(crate) use input::{is_transcript, name_of};

/// What stands below the options in the help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes, of several files that of the worst:
  0  all is done
  3  a step other than the transcription failed
  1  there is no transcript
  2  bad usage, or a file that cannot be processed";

/// The options of `process`.
#[derive(Args)]
pub(crate) struct ProcessArguments {
    /// Recordings, or transcripts (.txt, .md, .srt, .vtt or .json)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder for the results; those of several files are in folders below it, which are called
    /// after the files
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    #[command(flatten)]
    interview: InterviewOptions,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// Runs files through the pipeline, one after the other.
pub(crate) async fn run(
    arguments: ProcessArguments,
    settings: Settings,
    engines: HostEngines,
    supply: Option<Arc<Supply>>,
) -> ExitCode {
    let files = arguments.files;
    let hints = match Hints::read(arguments.interview, files.len()) {
        Ok(hints) => hints,
        Err(error) => return fail(&format!("{error:#}"), Exit::Usage),
    };
    let inputs: Vec<_> = files.iter().map(|file| Input::read(file)).collect();
    if let [Err(error)] = &inputs[..]
        && !arguments.json
    {
        return fail(&format!("{error:#}"), Exit::Usage);
    }
    if inputs.iter().flatten().any(Input::needs_models)
        && let Err(error) = models::prepare(&engines, supply.as_deref()).await
    {
        return fail(&format!("{error:#}"), Exit::Failed);
    }
    telemetry::for_people("error");
    let outs = folders(&arguments.out, &files);
    let (count, mut results) = (files.len(), Vec::new());
    for (index, ((file, input), out)) in files.into_iter().zip(inputs).zip(outs).enumerate() {
        if count > 1 {
            let place = format!("{} of {count}: {}", index + 1, file.display());
            let _ = writeln!(io::stderr(), "{place}");
        }
        let begun = Instant::now();
        let input = match input {
            Ok(input) => input,
            Err(error) => {
                complain(&format!("{error:#}"));
                results.push(FileResult::without(file, Exit::Usage, &error));
                continue;
            }
        };
        let (settings, engines) = (settings.clone(), engines.clone());
        let processed = one::process(settings, engines, input, &out, hints.clone());
        results.push(match Box::pin(processed).await {
            Ok((interview, left)) => FileResult::of(file, interview, out, left, begun.elapsed()),
            Err(error) => {
                complain(&format!("{error:#}"));
                FileResult::without(file, Exit::Failed, &error)
            }
        });
    }
    let worst = results.iter().map(|result| result.exit).max();
    match results::print(&results, arguments.json) {
        Ok(()) => worst.unwrap_or(Exit::Done).into(),
        Err(error) => fail(&error.to_string(), Exit::Failed),
    }
}

/// The folder for the results of each file: `out` of a single one, otherwise folders below it,
/// no two of them the same.
fn folders(out: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    if files.len() == 1 {
        return vec![out.to_owned()];
    }
    let mut taken = BTreeSet::new();
    let folder = |file: &PathBuf| {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let names = (1_usize..).map(|number| match number {
            1 => stem.to_string(),
            number => format!("{stem}-{number}"),
        });
        // Where case makes no difference to the file system, such names are one.
        let free = |name: &String| taken.insert(name.to_lowercase());
        let name = names.into_iter().find(free);
        out.join(name.unwrap_or_default())
    };
    files.iter().map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_have_different_folders() {
        let files = ["a/x.wav", "b/x.mp3", "X.vtt", "x-2.wav"].map(PathBuf::from);
        let named = |names: &[&str]| {
            names
                .iter()
                .map(|name| Path::new("out").join(name))
                .collect()
        };
        let expected: Vec<PathBuf> = named(&["x", "x-2", "X-3", "x-2-2"]);
        assert_eq!(folders(Path::new("out"), &files), expected);
        assert_eq!(
            folders(Path::new("out"), &files[..1]),
            ["out"].map(PathBuf::from)
        );
    }
}
