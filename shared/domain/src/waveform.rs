//! `data/waveform`: peaks of the recording, small enough for one document, and
//! the formats in which audiowaveform writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    transcript::AudioFacts,
    versions::{Extended, UnknownFields, strip_unknown},
};

/// The stored waveform: one channel, 16 bits, in the terms of audiowaveform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredWaveform {
    /// What was decoded.
    pub audio: Extended<AudioFacts>,
    /// Samples per pixel: frames summed up in one pair of minimum and maximum.
    pub samples_per_pixel: u32,
    /// Number of pairs.
    pub length: u32,
    /// The pairs, minimum first: i16 little-endian in base64.
    pub data: String,
    /// The object generation it was made from.
    pub generation: i64,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(StoredWaveform, audio);

/// How precise the written values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// -128 to 127.
    Eight,
    /// -32,768 to 32,767.
    Sixteen,
}

/// A waveform in the terms and in the order of audiowaveform's JSON format, version 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Waveform")
)]
pub struct JsonData {
    /// The version of the format.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = 2)))]
    version: u8,
    /// The waveform has one channel, whatever the recording has.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = 1)))]
    channels: u8,
    /// Frames per second.
    sample_rate: u32,
    /// How many frames a pixel stands for.
    samples_per_pixel: u32,
    /// How many bits a value has.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = [8, 16])))]
    bits: u8,
    /// Number of pixels.
    length: u32,
    /// The lowest and the highest value of each pixel.
    data: Vec<i16>,
}

/// A stored waveform that does not hold what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored waveform is damaged")]
pub struct DamagedWaveform;

/// A resolution at which the waveform cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RescaleError {
    /// It is stored at a coarser one.
    #[error("the waveform is stored at {stored} samples per pixel, and not finer")]
    TooFine {
        /// What it is stored at.
        stored: u32,
    },
    /// It does not hold what it says.
    #[error(transparent)]
    Damaged(#[from] DamagedWaveform),
}

impl StoredWaveform {
    /// Packs pairs of minimum and maximum.
    pub fn new(
        audio: AudioFacts,
        samples_per_pixel: u32,
        pairs: &[(i16, i16)],
        generation: i64,
        now: Timestamp,
    ) -> Self {
        let bytes: Vec<u8> = pairs
            .iter()
            .flat_map(|(low, high)| [low.to_le_bytes(), high.to_le_bytes()])
            .flatten()
            .collect();
        Self {
            audio: audio.into(),
            samples_per_pixel,
            length: u32::try_from(pairs.len()).unwrap_or(u32::MAX),
            data: BASE64.encode(bytes),
            generation,
            created_at: now,
            unknown: UnknownFields::default(),
        }
    }

    /// The values, minimum and maximum in turn.
    pub fn values(&self) -> Result<Vec<i16>, DamagedWaveform> {
        let bytes = BASE64.decode(&self.data).map_err(|_| DamagedWaveform)?;
        let (pairs, rest) = bytes.as_chunks::<2>();
        let complete = rest.is_empty() && pairs.len() == 2 * self.length as usize;
        if !complete {
            return Err(DamagedWaveform);
        }
        Ok(pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
    }

    /// The same at more samples per pixel, as audiowaveform rescales: a new pixel
    /// joins the old ones that begin within it (bbc/audiowaveform,
    /// `WaveformRescaler`, after Audacity's `Sequence::GetWaveDisplay`).
    pub fn rescale(self, samples_per_pixel: u32) -> Result<Self, RescaleError> {
        let stored = self.samples_per_pixel;
        if samples_per_pixel < stored {
            return Err(RescaleError::TooFine { stored });
        }
        if samples_per_pixel == stored {
            return Ok(self);
        }
        let values = self.values()?;
        let (pairs, _) = values.as_chunks::<2>();
        let first = |pixel: usize| {
            let sample = pixel as u64 * u64::from(samples_per_pixel);
            usize::try_from(sample / u64::from(stored.max(1))).unwrap_or(usize::MAX)
        };
        let spans = (0..).map(|pixel| first(pixel)..first(pixel + 1).min(pairs.len()));
        let joined: Vec<(i16, i16)> = spans
            .map_while(|span| pairs.get(span).filter(|pairs| !pairs.is_empty()))
            .map(|pairs| {
                let lows = pairs.iter().map(|pair| pair[0]);
                let highs = pairs.iter().map(|pair| pair[1]);
                (
                    lows.fold(i16::MAX, i16::min),
                    highs.fold(i16::MIN, i16::max),
                )
            })
            .collect();
        let (generation, created_at) = (self.generation, self.created_at);
        Ok(Self::new(
            self.audio.known,
            samples_per_pixel,
            &joined,
            generation,
            created_at,
        ))
    }

    /// audiowaveform's JSON data format, version 2
    /// (bbc/audiowaveform, `doc/DataFormat.md`).
    pub fn json_data(&self, bits: Bits) -> Result<JsonData, DamagedWaveform> {
        let values = self.values()?.into_iter();
        Ok(JsonData {
            version: 2,
            channels: 1,
            sample_rate: self.audio.sample_rate_hz,
            samples_per_pixel: self.samples_per_pixel,
            bits: match bits {
                Bits::Eight => 8,
                Bits::Sixteen => 16,
            },
            length: self.length,
            data: values.map(|value| scale(value, bits)).collect(),
        })
    }

    /// The same as text, in a line of its own as audiowaveform writes it.
    pub fn to_json(&self, bits: Bits) -> Result<String, DamagedWaveform> {
        let json = serde_json::to_string(&self.json_data(bits)?);
        Ok(json.map_err(|_| DamagedWaveform)? + "\n")
    }

    /// audiowaveform's binary data format: version 1, which is what it writes for
    /// one channel.
    pub fn to_dat(&self, bits: Bits) -> Result<Vec<u8>, DamagedWaveform> {
        let eight_bits = u32::from(bits == Bits::Eight);
        let header = [
            1,
            eight_bits,
            self.audio.sample_rate_hz,
            self.samples_per_pixel,
            self.length,
        ];
        let mut bytes: Vec<u8> = header
            .iter()
            .flat_map(|field| field.to_le_bytes())
            .collect();
        for value in self.values()? {
            let scaled = scale(value, bits).to_le_bytes();
            bytes.extend_from_slice(if bits == Bits::Eight {
                &scaled[..1]
            } else {
                &scaled
            });
        }
        Ok(bytes)
    }
}

/// Eight bits are the sixteen divided by 256, truncated toward zero.
const fn scale(value: i16, bits: Bits) -> i16 {
    match bits {
        Bits::Eight => value / 256,
        Bits::Sixteen => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waveform() -> StoredWaveform {
        let audio = AudioFacts {
            duration_ms: 32,
            channels: 1,
            sample_rate_hz: 16_000,
        };
        let pairs = [(-300, 255), (-32_768, 32_767)];
        StoredWaveform::new(audio, 256, &pairs, 1, Timestamp::from_millis(0))
    }

    #[test]
    fn the_formats_are_those_of_audiowaveform() {
        assert_eq!(
            waveform().to_json(Bits::Eight).unwrap(),
            "{\"version\":2,\"channels\":1,\"sample_rate\":16000,\"samples_per_pixel\":256,\
             \"bits\":8,\"length\":2,\"data\":[-1,0,-128,127]}\n"
        );
        let dat = waveform().to_dat(Bits::Eight).unwrap();
        assert_eq!(dat.len(), 20 + 4);
        assert_eq!(&dat[..8], [1, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(&dat[20..], [0xff, 0x00, 0x80, 0x7f]);
        assert_eq!(waveform().to_dat(Bits::Sixteen).unwrap().len(), 20 + 8);
    }

    #[test]
    fn pixels_are_joined_by_where_they_begin() {
        let pairs: Vec<(i16, i16)> = (0..10).map(|pixel| (-pixel, pixel)).collect();
        let now = Timestamp::from_millis(0);
        let waveform = StoredWaveform::new(waveform().audio.known, 2, &pairs, 1, now);
        // Of three samples each: pixels 0, 1 2, 3, 4 5, 6, 7 8, 9.
        let rescaled = waveform.clone().rescale(3).unwrap();
        let highs: Vec<i16> = rescaled
            .values()
            .unwrap()
            .into_iter()
            .skip(1)
            .step_by(2)
            .collect();
        assert_eq!(highs, [0, 2, 3, 5, 6, 8, 9]);
        assert_eq!((rescaled.length, rescaled.samples_per_pixel), (7, 3));
        let all = waveform.clone().rescale(u32::MAX).unwrap();
        assert_eq!(all.values().unwrap(), [-9, 9]);
        assert_eq!(waveform.clone().rescale(2), Ok(waveform.clone()));
        let refusal = waveform.rescale(1);
        assert_eq!(refusal, Err(RescaleError::TooFine { stored: 2 }));
    }

    #[test]
    fn a_damaged_waveform_is_noticed() {
        let mut damaged = waveform();
        damaged.length = 3;
        assert_eq!(damaged.values(), Err(DamagedWaveform));
    }
}
