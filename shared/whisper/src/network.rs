//! The two halves of the network as graphs, and one run of each.
//!
//! The network is that of
//! <https://github.com/openai/whisper/blob/main/whisper/model.py>. The encoder graph
//! ends with the keys and values of the decoder's cross attention, so that they are
//! computed once for each window. The decoder graph takes embedded tokens and what it
//! answered before (keys and values of its self attention).

use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::{AsView as _, NdTensor, NdTensorView};

use crate::{
    RecognitionError,
    ggml::{Dimensions, ModelError, ModelFile},
    graph::GraphBuilder,
    layers::{Layers, Precision, QuantizedRows},
    mel::FRAMES,
    onnx::Attribute,
};

/// Moments of 20 ms that the encoder answers for at most.
pub(crate) const AUDIO_CONTEXT: usize = FRAMES / 2;

/// Tokens that the decoder can look back on.
pub(crate) const TEXT_CONTEXT: usize = 448;

/// The network, ready to run.
pub(crate) struct Network {
    pub(crate) dimensions: Dimensions,
    encoder: Model,
    decoder: Model,
    encoder_outputs: Vec<NodeId>,
    nodes: DecoderNodes,
    embedding: QuantizedRows,
    /// For each moment of a window a row that the encoder adds.
    audio_positions: Vec<f32>,
    /// For each place in a text a row that is added to the token.
    text_positions: Vec<f32>,
}

/// Names of the decoder's inputs and outputs as numbers.
struct DecoderNodes {
    embedded: NodeId,
    mask: NodeId,
    rows: NodeId,
    cross: Vec<NodeId>,
    past: Vec<NodeId>,
    logits: NodeId,
    present: Vec<NodeId>,
    attention: Vec<NodeId>,
}

/// What the encoder made of a window: keys and values of each layer.
pub(crate) struct Encoded(Vec<Value>);

/// What the decoder remembers of the tokens so far.
pub(crate) struct KvCache {
    values: Vec<Value>,
    length: usize,
}

impl KvCache {
    /// How many tokens it holds: the place of the next one.
    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    /// Tokens that follow what it holds: each looks back, not ahead.
    fn sequence(&self, tokens: &[u32]) -> Vec<Placed> {
        let seen = self.length + tokens.len();
        let placed = tokens.iter().enumerate().map(|(index, token)| {
            let position = self.length + index;
            let mut mask = vec![f32::NEG_INFINITY; seen];
            mask[..=position].fill(0.0);
            Placed {
                token: *token,
                position,
                mask,
            }
        });
        placed.collect()
    }
}

/// A token that the decoder is to take.
struct Placed {
    token: u32,
    /// How many tokens come before it.
    position: usize,
    /// For each token in the cache and beside it: 0 where it can look, otherwise −∞.
    mask: Vec<f32>,
}

impl Network {
    /// Builds both graphs from a model file.
    pub(crate) fn load(file: &mut ModelFile) -> Result<Self, ModelError> {
        let dimensions = file.dimensions;
        let mut options = ModelOptions::with_all_ops();
        let encoder = load(&options, encoder_graph(file)?)?;
        // Packed weights are further copies. The encoder works on a whole window, to which
        // packing its weights again adds nothing that can be measured.
        options.prepack_weights(true);
        let width = dimensions.width;
        let embedding = file.tensor("decoder.token_embedding.weight", dimensions.tokens * width)?;
        let embedding = QuantizedRows::new(&embedding, width);
        let decoder = load(&options, decoder_graph(file, &embedding)?)?;
        Ok(Self {
            encoder_outputs: nodes(&encoder, "cross", 2 * dimensions.text_layers)?,
            nodes: DecoderNodes::find(&decoder, dimensions.text_layers)?,
            audio_positions: file.tensor("encoder.positional_embedding", AUDIO_CONTEXT * width)?,
            text_positions: file.tensor("decoder.positional_embedding", TEXT_CONTEXT * width)?,
            dimensions,
            encoder,
            decoder,
            embedding,
        })
    }

    /// Runs the encoder over the spectrogram of a window, an even number of frames.
    pub(crate) fn encode(
        &self,
        mel: Vec<f32>,
        pool: &Arc<ThreadPool>,
    ) -> Result<Encoded, RecognitionError> {
        let (bands, width) = (self.dimensions.mel_bands, self.dimensions.width);
        let frames = mel.len() / bands;
        let mel = NdTensor::from_data([1, bands, frames], mel);
        let moments = frames / 2;
        let positions = &self.audio_positions[..moments * width];
        let positions = NdTensorView::from_data([moments, width], positions);
        let inputs = vec![
            (self.encoder.node_id("mel")?, mel.into()),
            (self.encoder.node_id("positions")?, positions.into()),
        ];
        let values = self
            .encoder
            .run(inputs, &self.encoder_outputs, Some(on(pool)))?;
        Ok(Encoded(values))
    }

    /// A decoder that has seen no token.
    pub(crate) fn empty_cache(&self) -> KvCache {
        let empty =
            || NdTensor::<f32, 4>::zeros([1, self.dimensions.heads, 0, self.dimensions.head()]);
        let values = (0..2 * self.dimensions.text_layers).map(|_| empty().into());
        KvCache {
            values: values.collect(),
            length: 0,
        }
    }

    /// Takes further tokens of one sequence and answers, for the tokens at `rows` of them,
    /// a row of logits each: how likely each token of the vocabulary comes next.
    pub(crate) fn decode(
        &self,
        tokens: &[u32],
        rows: &[usize],
        encoded: &Encoded,
        cache: &mut KvCache,
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<Vec<f32>>, RecognitionError> {
        let inputs = self.inputs(&cache.sequence(tokens), rows, encoded, cache);
        self.run(inputs, tokens.len(), cache, pool)
    }

    /// Appends one token to each of several sequences that share a beginning, and
    /// returns a row of logits for each. The cache holds the tokens of all of them;
    /// each token names the positions of its predecessors.
    pub(crate) fn decode_branches(
        &self,
        tokens: &[(u32, &[usize])],
        encoded: &Encoded,
        cache: &mut KvCache,
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<Vec<f32>>, RecognitionError> {
        let placed = tokens.iter().enumerate().map(|(index, (token, before))| {
            let mut mask = vec![f32::NEG_INFINITY; cache.length + tokens.len()];
            for column in before.iter().copied().chain([cache.length + index]) {
                mask[column] = 0.0;
            }
            Placed {
                token: *token,
                position: before.len(),
                mask,
            }
        });
        let rows: Vec<usize> = (0..tokens.len()).collect();
        let inputs = self.inputs(&placed.collect::<Vec<_>>(), &rows, encoded, cache);
        self.run(inputs, tokens.len(), cache, pool)
    }

    fn run(
        &self,
        mut inputs: Vec<(NodeId, ValueOrView<'_>)>,
        count: usize,
        cache: &mut KvCache,
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<Vec<f32>>, RecognitionError> {
        let past = std::mem::take(&mut cache.values);
        let past = self.nodes.past.iter().copied().zip(past);
        inputs.extend(past.map(|(node, value)| (node, value.into())));
        let mut outputs = vec![self.nodes.logits];
        outputs.extend(&self.nodes.present);
        let mut values = self.decoder.run(inputs, &outputs, Some(on(pool)))?;
        cache.values = values.split_off(1);
        cache.length += count;
        let logits: NdTensor<f32, 3> = values.remove(0).try_into()?;
        let logits = logits.to_vec();
        Ok(logits
            .chunks(self.dimensions.tokens)
            .map(<[f32]>::to_vec)
            .collect())
    }

    /// Runs over whole text and answers the cross attention of some layers before its
    /// softmax: for each layer, heads × tokens × moments.
    pub(crate) fn attention(
        &self,
        tokens: &[u32],
        layers: &[usize],
        encoded: &Encoded,
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<NdTensor<f32, 4>>, RecognitionError> {
        let cache = self.empty_cache();
        let mut inputs = self.inputs(&cache.sequence(tokens), &[0], encoded, &cache);
        let past = self.nodes.past.iter().copied().zip(cache.values);
        inputs.extend(past.map(|(node, value)| (node, value.into())));
        let outputs: Vec<NodeId> = layers
            .iter()
            .map(|layer| self.nodes.attention[*layer])
            .collect();
        let values = self.decoder.run(inputs, &outputs, Some(on(pool)))?;
        values
            .into_iter()
            .map(|value| Ok(value.try_into()?))
            .collect()
    }

    fn inputs<'a>(
        &self,
        tokens: &[Placed],
        rows: &[usize],
        encoded: &'a Encoded,
        cache: &KvCache,
    ) -> Vec<(NodeId, ValueOrView<'a>)> {
        let (count, width) = (tokens.len(), self.dimensions.width);
        let mut embedded = Vec::with_capacity(count * width);
        for placed in tokens {
            let position = placed.position * width;
            let position = &self.text_positions[position..position + width];
            let values = self.embedding.row(placed.token as usize);
            embedded.extend(values.zip(position).map(|(value, offset)| value + offset));
        }
        let seen = cache.length + count;
        let mask = tokens.iter().flat_map(|placed| placed.mask.iter().copied());
        let rows = rows.iter().map(|row| i32::try_from(*row).unwrap_or(0));
        let rows: Vec<i32> = rows.collect();
        let mut inputs: Vec<(NodeId, ValueOrView)> = vec![
            (
                self.nodes.embedded,
                NdTensor::from_data([1, count, width], embedded).into(),
            ),
            (
                self.nodes.mask,
                NdTensor::from_data([count, seen], mask.collect::<Vec<f32>>()).into(),
            ),
            (
                self.nodes.rows,
                NdTensor::from_data([rows.len()], rows).into(),
            ),
        ];
        let cross = self.nodes.cross.iter().copied().zip(&encoded.0);
        inputs.extend(cross.map(|(node, value)| (node, value.into())));
        inputs
    }
}

fn load(options: &ModelOptions, graph: Vec<u8>) -> Result<Model, ModelError> {
    options.load(graph).map_err(|_| ModelError::NotLoaded)
}

impl DecoderNodes {
    fn find(decoder: &Model, layers: usize) -> Result<Self, ModelError> {
        Ok(Self {
            embedded: node(decoder, "embedded")?,
            mask: node(decoder, "mask")?,
            rows: node(decoder, "rows")?,
            cross: nodes(decoder, "cross", 2 * layers)?,
            past: nodes(decoder, "past", 2 * layers)?,
            logits: node(decoder, "logits")?,
            present: nodes(decoder, "present", 2 * layers)?,
            attention: nodes(decoder, "attention", layers)?,
        })
    }
}

fn node(model: &Model, name: &str) -> Result<NodeId, ModelError> {
    model.find_node(name).ok_or(ModelError::NotLoaded)
}

fn nodes(model: &Model, name: &str, count: usize) -> Result<Vec<NodeId>, ModelError> {
    (0..count)
        .map(|index| node(model, &format!("{name}{index}")))
        .collect()
}

fn on(pool: &Arc<ThreadPool>) -> RunOptions {
    RunOptions::default().with_thread_pool(Some(Arc::clone(pool)))
}

/// From `mel` and `positions` to `cross0`, `cross1`, …: keys and values, layer by layer.
fn encoder_graph(file: &mut ModelFile) -> Result<Vec<u8>, ModelError> {
    let dimensions = file.dimensions;
    let (width, bands) = (dimensions.width, dimensions.mel_bands);
    let mut graph = GraphBuilder::default();
    let mut value = graph.input("mel");
    for (name, channels, stride) in [("encoder.conv1", bands, 1), ("encoder.conv2", width, 2)] {
        let weights = file.tensor(&format!("{name}.weight"), width * channels * 3)?;
        let weights = graph.floats(&[width, channels, 3], &weights);
        let bias = file.tensor(&format!("{name}.bias"), width)?;
        let bias = graph.floats(&[width], &bias);
        let attributes = vec![
            Attribute::ints("kernel_shape", &[3]),
            Attribute::ints("dilations", &[1]),
            Attribute::ints("pads", &[1, 1]),
            Attribute::ints("strides", &[stride]),
        ];
        value = graph.op_with("Conv", &[&value, &weights, &bias], attributes);
        value = graph.op("Gelu", &[&value]);
    }
    value = graph.op_with(
        "Transpose",
        &[&value],
        vec![Attribute::ints("perm", &[0, 2, 1])],
    );
    let positions = graph.input("positions");
    value = graph.op("Add", &[&value, &positions]);
    let mut layers = Layers::new(file, graph, Precision::Float);
    for layer in 0..dimensions.audio_layers {
        let block = format!("encoder.blocks.{layer}");
        value = layers.encoder_attention(&value, &block)?;
        value = layers.feed_forward(&value, &block)?;
    }
    let audio = layers.norm(&value, "encoder.ln_post")?;
    for layer in 0..dimensions.text_layers {
        let block = format!("decoder.blocks.{layer}.cross_attn");
        let keys = layers.linear(&audio, &format!("{block}.key"), 1.0)?;
        let keys = layers.split_heads(&keys, &[0, 2, 3, 1]);
        let values = layers.linear(&audio, &format!("{block}.value"), 1.0)?;
        let values = layers.split_heads(&values, &[0, 2, 1, 3]);
        layers.graph.output(&keys, &format!("cross{}", 2 * layer));
        layers
            .graph
            .output(&values, &format!("cross{}", 2 * layer + 1));
    }
    Ok(layers.graph.into_file())
}

/// From `embedded`, `mask`, `rows`, `cross…` and `past…` to `logits`, `present…` and
/// `attention…`.
fn decoder_graph(file: &mut ModelFile, embedding: &QuantizedRows) -> Result<Vec<u8>, ModelError> {
    let dimensions = file.dimensions;
    let mut graph = GraphBuilder::default();
    let mut value = graph.input("embedded");
    let mask = graph.input("mask");
    let rows = graph.input("rows");
    let mut layers = Layers::new(file, graph, Precision::Quantized);
    for layer in 0..dimensions.text_layers {
        let block = format!("decoder.blocks.{layer}");
        value = layers.decoder_attention(&value, &block, layer, &mask)?;
        value = layers.cross_attention(&value, &block, layer)?;
        value = layers.feed_forward(&value, &block)?;
    }
    value = layers.norm(&value, "decoder.ln")?;
    value = layers
        .graph
        .op_with("Gather", &[&value, &rows], vec![Attribute::int("axis", 1)]);
    let logits = layers.matmul_quantized(&value, embedding);
    layers.graph.output(&logits, "logits");
    Ok(layers.graph.into_file())
}
