//! What is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use domain::interview::{Kind, Status};

use super::products::Format;
use crate::interview_options::InterviewOptions;

/// What stands below the options of each command in the help.
const EXIT_CODES: &str = "\
Exit codes, of several files or interviews that of the worst:
  0  all is done
  3  a step other than the transcription failed, or an interview is not finished
  1  the service refused the request, or there is no transcript
  2  bad usage
  4  the token is missing or not accepted, or does not permit it
  5  the service was not reached, or stayed unavailable";

/// The commands that ask a service.
#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Upload recordings or transcripts to a service
    #[command(after_help = EXIT_CODES)]
    Upload(UploadArguments),
    /// List the interviews of a service, newest first
    #[command(after_help = EXIT_CODES)]
    List(ListArguments),
    /// Show an interview, its transcript or its analysis
    #[command(after_help = EXIT_CODES)]
    Get(GetArguments),
    /// Find words in titles, transcripts, notes, highlights and analyses
    #[command(after_help = EXIT_CODES)]
    Search(SearchArguments),
    /// Download the results of interviews
    #[command(after_help = EXIT_CODES)]
    Export(ExportArguments),
}

impl ClientCommand {
    /// How the service is reached, and whether JSON is printed.
    pub(super) fn take_service(&mut self) -> ServiceOptions {
        let service = match self {
            Self::Upload(upload) => &mut upload.service,
            Self::List(list) => &mut list.service,
            Self::Get(get) => &mut get.service,
            Self::Search(search) => &mut search.service,
            Self::Export(export) => &mut export.service,
        };
        std::mem::take(service)
    }
}

/// How a service is reached.
#[derive(Args, Default)]
#[command(next_help_heading = "Service")]
pub(crate) struct ServiceOptions {
    /// The address of the service; without it that of `INTERVIEWLENS_URL`, or port 8000 of this
    /// machine
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// An access token; better in `INTERVIEWLENS_TOKEN`, because other users of this machine can
    /// see the arguments of a program
    #[arg(long, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// Send the token without encryption to a service on another machine
    #[arg(long)]
    pub(super) insecure: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is uploaded.
#[derive(Args)]
pub(crate) struct UploadArguments {
    /// Recordings, or transcripts (.txt, .md, .srt, .vtt or .json)
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) interview: InterviewOptions,
    /// The collection that the interviews are put into: what is left out here is that of the
    /// collection
    #[arg(long, value_name = "ID")]
    pub(super) collection: Option<String>,
    /// A tag; for several, more than once
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Wait until the interviews are finished, and show their steps
    #[arg(long)]
    pub(super) wait: bool,
    #[command(flatten)]
    pub(super) service: ServiceOptions,
}

/// How much of a list is shown.
#[derive(Args)]
pub(crate) struct PageOptions {
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
    /// Go on after an earlier list: its `next_page_token`
    #[arg(long, value_name = "TOKEN")]
    pub(super) page_token: Option<String>,
    /// Show all of them
    #[arg(long, conflicts_with = "limit")]
    pub(super) all: bool,
}

/// What is listed.
#[derive(Args)]
pub(crate) struct ListArguments {
    /// Only those with this status
    #[arg(long, value_parser = PossibleValuesParser::new(Status::WORDS))]
    pub(super) status: Option<String>,
    /// Only those of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::WORDS))]
    pub(super) kind: Option<String>,
    /// Only those in this collection
    #[arg(long, value_name = "ID")]
    pub(super) collection: Option<String>,
    /// Only those with this tag
    #[arg(long)]
    pub(super) tag: Option<String>,
    /// Only those that were recorded at this time or later: RFC 3339, or a date (UTC)
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Only those that were recorded before this time: RFC 3339, or a date (UTC)
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) page: PageOptions,
    #[command(flatten)]
    pub(super) service: ServiceOptions,
}

/// What is shown of an interview.
#[derive(Args)]
pub(crate) struct GetArguments {
    /// The interview's id
    pub(super) id: String,
    /// Print the transcript: as text, or as in `--transcript=vtt`
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "txt", value_parser = ["txt", "md", "srt", "vtt"])]
    pub(super) transcript: Option<String>,
    /// Print the analysis
    #[arg(long)]
    pub(super) analysis: bool,
    /// Wait until the interview is finished, and show its steps
    #[arg(long)]
    pub(super) wait: bool,
    #[command(flatten)]
    pub(super) service: ServiceOptions,
}

/// What is searched.
#[derive(Args)]
pub(crate) struct SearchArguments {
    /// Words, all of which must be there; a phrase stands in quotation marks that reach the
    /// program: '"small boat"'
    #[arg(required = true, value_name = "WORD")]
    pub(super) words: Vec<String>,
    /// Only in the interviews of this collection
    #[arg(long, value_name = "ID")]
    pub(super) collection: Option<String>,
    /// Only in interviews with this tag
    #[arg(long)]
    pub(super) tag: Option<String>,
    #[command(flatten)]
    pub(super) page: PageOptions,
    #[command(flatten)]
    pub(super) service: ServiceOptions,
}

/// What is downloaded.
#[derive(Args)]
pub(crate) struct ExportArguments {
    /// The ids of interviews
    #[arg(value_name = "ID", required_unless_present = "collection")]
    pub(super) ids: Vec<String>,
    /// All interviews of this collection
    #[arg(long, value_name = "ID", conflicts_with = "ids")]
    pub(super) collection: Option<String>,
    /// Folder for the results; those of several interviews, or of a collection, are in folders
    /// below it, which are called after their ids
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(super) out: PathBuf,
    /// What to download, with commas between them
    #[arg(long = "format", value_enum, value_delimiter = ',', value_name = "FORMAT", default_values_t = Format::AS_PROCESS)]
    pub(super) formats: Vec<Format>,
    #[command(flatten)]
    pub(super) service: ServiceOptions,
}
