//! Byte for byte what audiowaveform writes.

use std::fs::File;

use domain::{
    Timestamp,
    waveform::{Bits, StoredWaveform},
};
use media::Decoder;
use waveform::peaks::Collector;

fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn json_and_binary_formats_equal_audiowaveforms() {
    let file = File::open(data("test_file_stereo.wav")).expect("the recording");
    let mut decoder = Decoder::open(Box::new(file)).expect("a WAV file");
    let mut collector = Collector::new(64, usize::MAX);
    while let Some(block) = decoder.next_block().expect("decodes") {
        collector.push(block.samples(), block.channels());
    }
    let peaks = collector.finish();
    let now = Timestamp::from_millis(0);
    let stored = StoredWaveform::new(
        decoder.facts(),
        peaks.samples_per_pixel,
        &peaks.pairs,
        1,
        now,
    );
    let expected = |name: &str| std::fs::read(data(name)).expect("what audiowaveform wrote");
    let json = stored.to_json(Bits::Eight).expect("whole");
    assert_eq!(
        json.as_bytes().trim_ascii_end(),
        expected("test_file_stereo_8bit_64spp_wav.json").trim_ascii_end()
    );
    let dat = stored.to_dat(Bits::Eight).expect("whole");
    assert!(
        dat == expected("test_file_stereo_8bit_64spp_wav.dat"),
        "the binary format differs"
    );
    // Sixteen bits are the eight with what was cut off below them.
    let wide = stored.to_dat(Bits::Sixteen).expect("whole");
    assert_eq!(
        (&wide[..4], &wide[4..8], &wide[8..20]),
        (&dat[..4], &[0; 4][..], &dat[8..20])
    );
    let (values, rest) = wide[20..].as_chunks::<2>();
    let cut = values
        .iter()
        .map(|bytes| (i16::from_le_bytes(*bytes) / 256).to_le_bytes()[0]);
    assert!(rest.is_empty() && cut.eq(dat[20..].iter().copied()));
}
