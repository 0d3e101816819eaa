//! Recognises a WAV file of 16 kHz, 30 seconds at a time, and prints words with times.
//!
//!     recognize MODEL RECORDING.wav [LANGUAGE]

use std::{path::Path, sync::Arc, time::Instant};

use whisper::{DecodeOptions, MAX_SAMPLES, ThreadPool, WhisperModel};

#[expect(clippy::print_stdout, reason = "its purpose")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let begun = Instant::now();
    let model = WhisperModel::load(Path::new(&arguments[1])).expect("a model");
    println!("loaded in {:?}", begun.elapsed());
    let mut reader = hound::WavReader::open(&arguments[2]).expect("a WAV file");
    let samples = reader
        .samples::<i16>()
        .map(|sample| sample.expect("a sample"));
    let samples: Vec<f32> = samples.map(|sample| f32::from(sample) / 32_768.0).collect();
    let threads = Arc::new(ThreadPool::with_num_threads(2));
    let begun = Instant::now();
    for window in samples.chunks(MAX_SAMPLES) {
        let options = DecodeOptions {
            language: arguments.get(3).map(String::as_str),
            prompt: "",
            threads: &threads,
            is_cancelled: &|| false,
        };
        let found = model.transcribe(window, &options).expect("a transcription");
        for segment in found.segments {
            let text: Vec<u8> = segment
                .tokens
                .iter()
                .flat_map(|token| token.bytes.clone())
                .collect();
            println!(
                "{:>6}-{:<6} {:.2} {:.2} {:.1} {}",
                segment.tokens[0].start_ms,
                segment.tokens.last().map_or(0, |token| token.end_ms),
                segment.no_speech,
                segment.log_probability,
                segment.temperature,
                String::from_utf8_lossy(&text)
            );
        }
    }
    println!("recognised in {:?}", begun.elapsed());
}
