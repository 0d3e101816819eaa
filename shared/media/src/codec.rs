//! What makes samples of a packet.

use opusic_c::{Channels, Decoder as Opus, SampleRate};
use symphonia::core::{codecs::audio::AudioDecoder, errors::Error as Fault, packet::Packet};

use crate::{block::Block, convert};

/// Opus decodes to this rate, in frames per second, regardless of its source (RFC 7845,
/// section 5.1).
pub(crate) const OPUS_RATE_HZ: u32 = 48_000;

/// A decoder of one track.
pub(crate) enum Codec {
    /// The library's own.
    Library(Box<dyn AudioDecoder>),
    /// libopus by itself: through the library its samples would be taken apart
    /// and put together again. Asking it for whole numbers costs more than
    /// rounding them here.
    Opus {
        decoder: Opus,
        channels: usize,
        floats: Vec<f32>,
    },
}

impl Codec {
    /// A decoder of Opus for one or two channels; none for more.
    pub(crate) fn opus(channels: usize) -> Result<Self, Fault> {
        let layout = match channels {
            1 => Channels::Mono,
            2 => Channels::Stereo,
            _ => return Err(Fault::Unsupported("more than two channels of Opus")),
        };
        Opus::new(layout, SampleRate::Hz48000)
            .map(|decoder| Self::Opus {
                decoder,
                channels,
                floats: Vec::new(),
            })
            .map_err(|_| Fault::Unsupported("libopus gives no decoder"))
    }

    /// Replaces the samples of `block` by those of a packet, interleaved; returns their
    /// rate and number of channels.
    pub(crate) fn decode(
        &mut self,
        packet: &Packet,
        block: &mut Block,
    ) -> Result<(u32, usize), Fault> {
        match self {
            Self::Library(decoder) => {
                let buffer = decoder.decode(packet)?;
                convert::interleave(&buffer, block);
                Ok((buffer.spec().rate(), buffer.num_planes()))
            }
            Self::Opus {
                decoder,
                channels,
                floats,
            } => {
                // Of an empty packet libopus would make sound of its own.
                let none = Fault::DecodeError("no packet of Opus");
                let Some(frames) = decoder.get_nb_samples(&packet.data).ok() else {
                    return Err(none);
                };
                floats.resize(frames * *channels, 0.0);
                let outcome = decoder.decode_float_to_slice(&packet.data, floats, false);
                floats.truncate(outcome.map_err(|_| none)? * *channels);
                convert::write_floats(floats, *channels, block);
                Ok((OPUS_RATE_HZ, *channels))
            }
        }
    }
}
