//! What a model file must be.

use std::path::Path;

use config::Environment;
use engines::Whisper;

use crate::model::{Script, stored};

const CUT_SHORT: &str = "the file is truncated";
const DAMAGED: &str = "the file is damaged";

/// The error for a model at `path`.
fn error(path: &Path) -> String {
    let environment = Environment::from_pairs([
        ("TRANSCRIBER", "whisper"),
        ("WHISPER_MODEL", path.to_str().expect("text")),
    ]);
    let error = engines::speech(&environment).err().expect("no model");
    error.to_string()
}

#[test]
fn every_wrong_model_is_one_line_that_names_the_setting() {
    let model = Script::hello(false).bytes();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = model.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let mut too_long = model.clone();
    too_long.extend([0; 40]);
    for (bytes, expected) in [
        (Vec::new(), "the file is empty"),
        (b"GGUF and so on".to_vec(), "it is not a ggml model file"),
        (b"lmg".to_vec(), CUT_SHORT),
        (model[..40].to_vec(), CUT_SHORT),
        (model[..100_000].to_vec(), CUT_SHORT),
        (model[..model.len() / 2].to_vec(), CUT_SHORT),
        (model[..model.len() - 1].to_vec(), CUT_SHORT),
        // A vocabulary, a width, and a number of bands that no model has.
        (with(4, &[0xff; 4]), DAMAGED),
        (with(12, &[0xff; 4]), DAMAGED),
        (with(40, &[9, 0, 0, 0]), DAMAGED),
        (too_long, DAMAGED),
    ] {
        let (_folder, path) = stored("ggml-tiny.bin", &bytes);
        assert_eq!(
            error(&path),
            format!("WHISPER_MODEL must be a model file in ggml format: {expected}")
        );
    }
}

#[test]
fn a_model_whose_tensors_have_other_names_is_refused() {
    let mut model = Script::hello(false).bytes();
    let name = b"decoder.ln.bias";
    let at = model.windows(name.len()).position(|bytes| bytes == name);
    model[at.expect("its name")] = b'x';
    let (_folder, path) = stored("ggml-tiny.bin", &model);
    let error = error(&path);
    assert!(error.ends_with("the file is damaged"), "{error}");
}

#[test]
fn no_file_a_folder_and_an_unknown_name_are_one_line_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = error(&folder.path().join("ggml-tiny.bin"));
    assert!(missing.ends_with("there is no such file"), "{missing}");
    let unreadable = error(folder.path());
    assert!(
        unreadable.ends_with("it is not a readable file"),
        "{unreadable}"
    );
    let unknown = error(Path::new("huge"));
    assert!(
        unknown.starts_with("WHISPER_MODEL must be the path of a ggml model file or one of: tiny,"),
        "{unknown}"
    );
    for line in [missing, unreadable, unknown] {
        assert!(!line.contains('\n'), "{line}");
        assert!(
            !line.contains(folder.path().to_str().expect("text")),
            "{line}"
        );
    }
}

#[test]
fn a_model_in_order_is_loaded() {
    for english in [false, true] {
        let (_folder, path) = Script::hello(english).stored("ggml-tiny.en.bin");
        let environment = Environment::from_pairs([
            ("TRANSCRIBER", "whisper"),
            ("WHISPER_MODEL", path.to_str().expect("text")),
        ]);
        let speech = engines::speech(&environment).expect("a model");
        assert_eq!(speech.transcriber.name(), "whisper");
        assert_eq!(speech.live.model(), "tiny.en");
        Whisper::from_file(&path).expect("another one");
    }
}
