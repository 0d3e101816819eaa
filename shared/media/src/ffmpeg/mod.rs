//! FFmpeg as a child process, for recordings that the decoding library cannot account for.
//!
//! The child reads the recording from a server on the loopback interface (`server`) and
//! writes samples to a pipe, on the time line of a player: a late start and gaps are
//! silence. It may open no file and no other address, use no other demuxers than those
//! listed here, and is limited in memory and processor time by `prlimit` (util-linux).

mod child;
mod description;
mod encoder;
mod server;

use std::{
    env,
    ffi::OsStr,
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

pub(crate) use child::FfmpegDecoder;
pub(crate) use description::Description;
pub use encoder::CopyError;

use crate::{Error, shared_source::SharedSource};
use child::Running;
use description::SoundFormat;
use server::RangeServer;

/// The demuxers that may be used. Playlists and others that open further files or
/// addresses are not among them.
const DEMUXERS: &str = "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,eac3,flac,flv,g722,\
    g729,gsm,matroska,mov,mp3,mpeg,mpegts,nut,ogg,oma,rm,tta,voc,w64,wav,webm,wv,xwma";

/// The address space of a child, in bytes.
const MEMORY_LIMIT: u64 = 2 << 30;

/// The processor time of a child, in seconds: a recording of a day takes less, ...
const DECODING_LIMIT_S: u32 = 7_200;

/// ... and its description far less.
const PROBING_LIMIT_S: u32 = 60;

/// The longest description of a recording, in bytes.
const LONGEST_DESCRIPTION: u64 = 4 << 20;

/// Tracks that are decoded together at most.
const MAX_TRACKS: usize = 8;

/// FFmpeg as it is installed.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    decoder: PathBuf,
    prober: PathBuf,
    prlimit: Option<PathBuf>,
}

/// What the process has been configured with.
static CONFIGURED: OnceLock<Option<Ffmpeg>> = OnceLock::new();

impl Ffmpeg {
    /// The FFmpeg that a setting names: a program by path or name, or `off`; by default
    /// `ffmpeg` on the `PATH`. `ffprobe` must be in the same directory.
    ///
    /// `None` where the named program is not there; `Some(None)` where there is to be none,
    /// or none was named and none is on the `PATH`.
    pub fn find(setting: Option<&str>) -> Option<Option<Self>> {
        if setting == Some("off") {
            return Some(None);
        }
        let name = setting.unwrap_or("ffmpeg");
        let found = located(name).map(|ffmpeg| Self {
            prober: ffmpeg.with_file_name("ffprobe"),
            decoder: ffmpeg,
            prlimit: located("prlimit"),
        });
        match found.filter(|found| found.prober.is_file()) {
            Some(found) => Some(Some(found)),
            None if setting.is_none() => Some(None),
            None => None,
        }
    }

    /// Sets what [`crate::Decoder::open`] uses in this process; only the first call, before
    /// anything was decoded, has an effect.
    pub fn configure(found: Option<Self>) {
        let _ = CONFIGURED.set(found);
    }

    /// What was configured, or else what is on the `PATH`.
    pub fn configured() -> Option<&'static Self> {
        let found = CONFIGURED.get_or_init(|| Self::find(None).flatten());
        found.as_ref()
    }

    /// Describes a recording; none where there is nothing in it that FFmpeg decodes.
    pub(crate) fn describe(&self, source: &SharedSource) -> Result<Option<Description>, Error> {
        let server = RangeServer::start(source).map_err(Error::Read)?;
        let mut command = self.command(&self.prober, PROBING_LIMIT_S);
        command.args(["-show_format", "-show_streams", "-of", "json"]);
        command.arg(server.url()).stdout(Stdio::piped());
        let mut child = Running(command.spawn().map_err(Error::Read)?);
        let mut description = Vec::new();
        if let Some(output) = child.0.stdout.take() {
            let mut output = output.take(LONGEST_DESCRIPTION);
            output.read_to_end(&mut description).map_err(Error::Read)?;
        }
        match server.failure() {
            Some(error) => Err(Error::Read(error)),
            None => Ok(Description::parse(&description)),
        }
    }

    /// A command with the limits and the options of every recording.
    fn command(&self, program: &Path, seconds: u32) -> Command {
        let mut command = self.limited(program, seconds, 0);
        command.args(["-protocol_whitelist", "http,tcp"]);
        command.args(["-format_whitelist", DEMUXERS]);
        command
    }

    /// A command that may use so many seconds of processor time and write files of so many
    /// bytes.
    fn limited(&self, program: &Path, seconds: u32, file_size: u64) -> Command {
        let mut command = match &self.prlimit {
            Some(prlimit) => {
                let mut command = Command::new(prlimit);
                command
                    .arg(format!("--as={MEMORY_LIMIT}"))
                    .arg(format!("--cpu={seconds}"))
                    .arg(format!("--fsize={file_size}"))
                    .args(["--core=0", "--nofile=64"])
                    .arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().current_dir("/").stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.args(["-hide_banner", "-loglevel", "error"]);
        command
    }

    /// A command that writes samples as Matroska to the standard output.
    fn decoding(
        &self,
        url: &str,
        description: &Description,
        tracks: &[SoundFormat],
        format: SoundFormat,
    ) -> Command {
        let graph = filters(tracks, description.duration_s);
        let mut command = self.command(&self.decoder, DECODING_LIMIT_S);
        // Times may jump by more than FFmpeg's ten seconds: they are gaps.
        command.args(["-nostdin", "-threads", "1", "-dts_delta_threshold", "86400"]);
        command.args(["-max_error_rate", "1", "-i", url]);
        command.args(["-filter_complex", &graph, "-map", "[out]"]);
        command.args(["-filter_complex_threads", "1"]);
        command.args([
            "-map_metadata",
            "-1",
            "-ar",
            &format.sample_rate_hz.to_string(),
        ]);
        command.args(["-ac", &format.channels.to_string()]);
        // Matroska carries the times, so that gaps are filled as those of any recording.
        command.args([
            "-c:a",
            "pcm_f32le",
            "-f",
            "matroska",
            "-cluster_time_limit",
            "1000",
            "pipe:1",
        ]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A filter graph. Several tracks are brought to one time line, and each becomes a channel,
/// continued with silence to the declared length.
fn filters(tracks: &[SoundFormat], duration_s: Option<f64>) -> String {
    const TIME_LINE: &str = "aresample=async=1:first_pts=0";
    if let [only] = tracks {
        return format!("[0:a:{}]anull[out]", only.number);
    }
    let rate = tracks.iter().map(|track| track.sample_rate_hz).max();
    let mut graph = String::new();
    for track in tracks {
        let (number, rate) = (track.number, rate.unwrap_or(0));
        let format = format!("aformat=sample_rates={rate}:channel_layouts=mono");
        let _ = write!(graph, "[0:a:{number}]{TIME_LINE},{format}");
        if let Some(duration_s) = duration_s {
            let _ = write!(graph, ",apad=whole_dur={duration_s}");
        }
        let _ = write!(graph, "[t{number}];");
    }
    for track in tracks {
        let _ = write!(graph, "[t{}]", track.number);
    }
    let count = tracks.len();
    let _ = write!(graph, "amerge=inputs={count}[out]");
    graph
}

/// A program by its path, or by its name on the `PATH`.
fn located(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 {
        return path.is_file().then(|| path.to_owned());
    }
    let folders = env::var_os("PATH")?;
    let found = env::split_paths::<OsStr>(&folders).map(|folder| folder.join(name));
    found.into_iter().find(|candidate| candidate.is_file())
}
