//! Any bytes through the decoder: no panic that it does not catch itself, no
//! block that does not fit its channels.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use media::Decoder;

/// What a few kilobytes can be expanded to by honest silence is not decoded to
/// its end.
const MOST_FRAMES: usize = 4_000_000;

fuzz_target!(
    // The fuzzer would end at any panic, those that the decoder catches included.
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| {
        let Ok(mut decoder) = Decoder::open_with(Box::new(Cursor::new(bytes.to_vec())), None) else {
            return;
        };
        let mut frames = 0;
        while let Ok(Some(block)) = decoder.next_block() {
            assert!(block.channels() > 0 && block.frames() > 0);
            assert_eq!(block.samples().len(), block.frames() * block.channels());
            frames += block.frames();
            if frames > MOST_FRAMES {
                break;
            }
        }
        let facts = decoder.facts();
        assert_eq!(
            facts.duration_ms,
            frames as u64 * 1_000 / u64::from(facts.sample_rate_hz)
        );
    }
);
