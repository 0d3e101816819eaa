//! Every format that recordings come in, made from one source and decoded:
//! duration, shift against ffmpeg's own decoding, peak memory.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use media::Decoder;
use support::{ffmpeg, run};

mod support;

/// How a recording is made, and how exactly it must be decoded.
struct Format {
    name: &'static str,
    file: &'static str,
    /// Arguments of ffmpeg; the source is its first input.
    how: &'static str,
    /// Milliseconds that the sound may be shifted by.
    shift_ms: f64,
}

const fn format(
    name: &'static str,
    file: &'static str,
    how: &'static str,
    shift_ms: f64,
) -> Format {
    Format {
        name,
        file,
        how,
        shift_ms,
    }
}

/// A moving picture beside the sound.
const PICTURE: &str = "-f lavfi -i testsrc=size=160x120:rate=15 -shortest -c:v";

const LOSSLESS: f64 = 1.0;
const LOSSY: f64 = 5.0;

#[rustfmt::skip]
const FORMATS: &[Format] = &[
    format("WAV 8 bits", "u8.wav", "-c:a pcm_u8", LOSSLESS),
    format("WAV 16 bits", "s16.wav", "-c:a pcm_s16le", LOSSLESS),
    format("WAV 24 bits, extensible", "s24.wav", "-c:a pcm_s24le", LOSSLESS),
    format("WAV 32 bits", "s32.wav", "-c:a pcm_s32le", LOSSLESS),
    format("WAV float", "f32.wav", "-c:a pcm_f32le", LOSSLESS),
    format("WAV double", "f64.wav", "-c:a pcm_f64le", LOSSLESS),
    format("WAV µ-law 8 kHz", "mulaw.wav", "-ar 8000 -ac 1 -c:a pcm_mulaw", LOSSLESS),
    format("WAV A-law", "alaw.wav", "-c:a pcm_alaw", LOSSLESS),
    format("WAV IMA ADPCM", "ima.wav", "-c:a adpcm_ima_wav", LOSSLESS),
    format("WAV MS ADPCM", "ms.wav", "-c:a adpcm_ms", LOSSLESS),
    format("WAV six channels", "six.wav", "-ac 6 -c:a pcm_s16le", LOSSLESS),
    format("WAV RF64", "rf64.wav", "-c:a pcm_s16le -rf64 always", LOSSLESS),
    format("WAV from a pipe", "pipe.wav", "| -c:a pcm_s16le -f wav", LOSSLESS),
    format("AIFF 16 bits", "s16.aiff", "-c:a pcm_s16be", LOSSLESS),
    format("AIFF 24 bits", "s24.aiff", "-c:a pcm_s24be", LOSSLESS),
    format("AIFF-C µ-law", "mulaw.aifc", "-c:a pcm_mulaw -f aiff", LOSSLESS),
    format("CAF 16 bits", "s16.caf", "-c:a pcm_s16le", LOSSLESS),
    format("CAF ALAC", "alac.caf", "-c:a alac", LOSSLESS),
    format("FLAC 16 bits", "s16.flac", "-c:a flac -sample_fmt s16", LOSSLESS),
    format("FLAC 24 bits", "s24.flac", "-c:a flac -sample_fmt s32", LOSSLESS),
    format("FLAC from a pipe", "pipe.flac", "| -c:a flac -f flac", LOSSLESS),
    format("FLAC in Ogg", "flac.ogg", "-c:a flac", LOSSLESS),
    format("FLAC in Matroska", "flac.mka", "-c:a flac", LOSSLESS),
    format("ALAC in M4A", "alac.m4a", "-c:a alac", LOSSLESS),
    format("PCM in QuickTime", "pcm.mov", "-c:a pcm_s16le", LOSSLESS),
    format("MP3 128 kbit/s", "cbr.mp3", "-c:a libmp3lame -b:a 128k", LOSSY),
    format("MP3 variable", "vbr.mp3", "-c:a libmp3lame -q:a 4", LOSSY),
    format("MP3 mono 22 kHz", "mono.mp3", "-ar 22050 -ac 1 -c:a libmp3lame", LOSSY),
    format("MP3 without tags", "bare.mp3", "-c:a libmp3lame -write_xing 0 -id3v2_version 0", LOSSY),
    format("MPEG layer II", "two.mp2", "-c:a mp2 -b:a 192k", LOSSY),
    format("AAC ADTS", "adts.aac", "-c:a aac", LOSSLESS),
    format("AAC in M4A", "last.m4a", "-c:a aac", LOSSLESS),
    format("AAC in M4A, moov first", "first.m4a", "-c:a aac -movflags +faststart", LOSSLESS),
    format("AAC in M4A, fragmented", "frag.m4a", "-c:a aac -movflags frag_keyframe+empty_moov -frag_duration 1000000", LOSSLESS),
    format("AAC in MP4 from a pipe", "pipe.mp4", "| -c:a aac -f mp4 -movflags frag_keyframe+empty_moov+default_base_moof -frag_duration 500000", LOSSLESS),
    format("AAC in 3GP, 8 kHz", "voice.3gp", "-ar 8000 -ac 1 -c:a aac", LOSSLESS),
    format("AAC in Matroska", "aac.mka", "-c:a aac", LOSSY),
    format("MP4 video with AAC", "video.mp4", "PICTURE mpeg4 -c:a aac", LOSSLESS),
    format("QuickTime video with AAC", "video.mov", "PICTURE mpeg4 -c:a aac", LOSSLESS),
    format("Matroska video with MP3", "video.mkv", "PICTURE mpeg4 -c:a libmp3lame", LOSSY),
    format("Vorbis in Ogg", "vorbis.ogg", "-c:a libvorbis", LOSSY),
    format("Vorbis in WebM", "vorbis.webm", "-c:a libvorbis", LOSSY),
    format("Opus in Ogg", "opus.ogg", "-c:a libopus -b:a 32k", LOSSY),
    format("Opus in Ogg, mono 16 kHz", "voip.opus", "-ar 16000 -ac 1 -c:a libopus -application voip", LOSSY),
    format("Opus in Ogg, 2.5 ms", "short.opus", "-c:a libopus -frame_duration 2.5", LOSSY),
    format("Opus in Ogg, 60 ms", "long.opus", "-c:a libopus -frame_duration 60", LOSSY),
    format("Opus in WebM", "opus.webm", "-c:a libopus -b:a 32k", LOSSY),
    format("Opus in WebM, live", "live.webm", "| -c:a libopus -f webm -live 1", LOSSY),
    format("Opus in MP4", "opus.mp4", "-c:a libopus", LOSSY),
    format("WebM video with Opus", "video.webm", "PICTURE libvpx -c:a libopus", LOSSY),
];

#[test]
fn every_format_has_the_right_length_and_is_not_shifted() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(folder.path());
    eprintln!(
        "{:<28} {:>9} {:>11} {:>10} {:>9} {:>9} {:>9}",
        "format", "ours ms", "ffprobe ms", "ffmpeg ms", "start ms", "end ms", "peak KiB"
    );
    let mut faults = Vec::new();
    for format in FORMATS {
        let path = make(&source, folder.path(), format);
        let (heard, peak_kib) = decode(&path);
        let reference = Heard {
            samples: ffmpeg_decodes(&path),
            rate: heard.rate,
        };
        let decoded_ms = reference.milliseconds();
        // Of some formats ffprobe knows no length or guesses it from the bit rate.
        let probed_ms = probed_ms(&path).filter(|probed| (probed - decoded_ms).abs() < 50.0);
        let [start, end] = [0.1, 0.75].map(|part| shift_ms(&heard, &reference.samples, part));
        eprintln!(
            "{:<28} {:>9.1} {:>11} {decoded_ms:>10.1} {start:>9.2} {end:>9.2} {peak_kib:>9}",
            format.name,
            heard.milliseconds(),
            probed_ms.map_or("a guess".to_owned(), |probed| format!("{probed:.1}")),
        );
        let off_ms = (heard.milliseconds() - probed_ms.unwrap_or(decoded_ms)).abs();
        let shifted = start.abs().max(end.abs()) > format.shift_ms;
        if off_ms > 50.0 || shifted || peak_kib > 20 * 1_024 {
            faults.push(format.name);
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn unsupported_codec_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = source(folder.path());
    for (file, how, name) in [
        ("a.wma", "-c:a wmav2", "WMA"),
        ("a.m4a", "-ac 6 -c:a aac", "AAC with more than two channels"),
        ("a.mkv", "-c:a ac3", "AC-3"),
        ("a.mp4", "-c:a eac3", "E-AC-3"),
        (
            "a.mka",
            "-ac 6 -c:a libopus -mapping_family 1",
            "Opus with more",
        ),
        ("g.wav", "-ar 8000 -ac 1 -c:a gsm_ms", "GSM"),
        ("g722.wav", "-ar 16000 -ac 1 -c:a g722", "G.722"),
        ("a.au", "-c:a pcm_s16be", "AU"),
        ("a.avi", "-c:a mp3", "AVI"),
        ("a.wv", "-c:a wavpack", "WavPack"),
        ("a.w64", "-c:a pcm_s16le", "Wave64"),
        ("a.ts", "-c:a aac", "transport stream"),
    ] {
        let path = make(&source, folder.path(), &format(name, file, how, 0.0));
        let file = File::open(&path).expect("made");
        let outcome = Decoder::open_with(Box::new(file), None).map(|_| ());
        let Err(error @ media::Error::Unsupported { .. }) = outcome else {
            panic!("{}: {outcome:?}", path.display());
        };
        assert!(
            error.to_string().contains(name),
            "{}: {error}",
            path.display()
        );
    }
}

/// Length of the source.
const SECONDS: f64 = 12.0;

/// One channel of what was decoded.
struct Heard {
    samples: Vec<i16>,
    rate: u32,
}

impl Heard {
    #[expect(clippy::cast_precision_loss, reason = "seconds of samples")]
    fn milliseconds(&self) -> f64 {
        self.samples.len() as f64 * 1_000.0 / f64::from(self.rate)
    }
}

/// Speech in two channels at 44.1 kHz.
fn source(folder: &Path) -> PathBuf {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/interview.flac");
    let path = folder.join("source.wav");
    let mut command = ffmpeg();
    command.args(["-t", &SECONDS.to_string(), "-i", sample]);
    command.args(["-ar", "44100", "-ac", "2"]).arg(&path);
    run(&mut command);
    path
}

/// Makes a recording; `|` stands for a pipe, into which no length can be written
/// afterwards.
fn make(source: &Path, folder: &Path, format: &Format) -> PathBuf {
    let path = folder.join(format.file);
    let how = format.how.replace("PICTURE", PICTURE);
    let mut command = ffmpeg();
    command.arg("-i").arg(source);
    if let Some(how) = how.strip_prefix("| ") {
        command.args(how.split(' ')).arg("pipe:1");
        fs::write(&path, run(&mut command)).expect("written");
    } else {
        command
            .args(how.split(' '))
            .args(["-strict", "-2"])
            .arg(&path);
        run(&mut command);
    }
    path
}

/// Decodes, and measures the growth of the process's memory.
fn decode(path: &Path) -> (Heard, u64) {
    let pass = || {
        let file = File::open(path).expect("made");
        let mut decoder = Decoder::open(Box::new(file))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut samples = Vec::with_capacity(1 << 20);
        while let Some(block) = decoder.next_block().expect("decodes") {
            samples.extend(block.channel(0));
        }
        assert_eq!(decoder.report().warnings, [], "{}", path.display());
        (samples, decoder.facts().sample_rate_hz)
    };
    let before = memory("VmRSS:");
    fs::write("/proc/self/clear_refs", "5").expect("resets the peak");
    let (samples, rate) = pass();
    let grown = memory("VmHWM:").saturating_sub(before);
    (Heard { samples, rate }, grown)
}

/// A line of what the system says of this process, in KiB.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

/// The length by the container, where it has one.
fn probed_ms(path: &Path) -> Option<f64> {
    let mut command = Command::new("ffprobe");
    command.args([
        "-v",
        "error",
        "-select_streams",
        "a:0",
        "-show_entries",
        "stream=duration:format=duration",
        "-of",
        "csv=p=0",
    ]);
    let seconds = String::from_utf8(run(command.arg(path))).expect("text");
    let mut numbers = seconds.split_whitespace();
    let seconds: f64 = numbers.find_map(|number| number.parse().ok())?;
    Some(seconds * 1_000.0)
}

/// The first channel as ffmpeg decodes it.
fn ffmpeg_decodes(path: &Path) -> Vec<i16> {
    let mut command = ffmpeg();
    command.arg("-i").arg(path);
    command.args([
        "-map",
        "0:a:0",
        "-af",
        "pan=mono|c0=c0",
        "-f",
        "s16le",
        "pipe:1",
    ]);
    let bytes = run(&mut command);
    let samples = bytes.as_chunks::<2>().0.iter();
    samples.map(|sample| i16::from_le_bytes(*sample)).collect()
}

/// How much later we hear than the reference does, in milliseconds, by the best
/// match of a quarter of a second that begins at that part of the recording.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
fn shift_ms(heard: &Heard, reference: &[i16], part: f64) -> f64 {
    let rate = heard.rate as usize;
    let from = (reference.len() as f64 * part) as usize;
    let wanted = &reference[from..from + rate / 4];
    let reach = rate / 50;
    let likeness = |at: usize| -> f64 {
        let Some(own) = heard.samples.get(at..at + wanted.len()) else {
            return f64::MIN;
        };
        let product = |(a, b): (&i16, &i16)| i64::from(i32::from(*a) * i32::from(*b));
        let sum: i64 = own.iter().zip(wanted).map(product).sum();
        let power: i64 = own.iter().zip(own).map(product).sum();
        sum as f64 / (power as f64).sqrt().max(1.0)
    };
    let places = from.saturating_sub(reach)..from + reach;
    let likenesses = places.map(|at| (likeness(at), at));
    let best = likenesses.max_by(|left, right| left.0.total_cmp(&right.0));
    let (_, at) = best.expect("some place");
    (at as f64 - from as f64) * 1_000.0 / rate as f64
}
