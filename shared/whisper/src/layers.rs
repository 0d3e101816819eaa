//! The layers of the network, written as operators.

use crate::{
    ggml::{ModelError, ModelFile},
    graph::GraphBuilder,
    onnx::Attribute,
};

/// Rows of 8-bit numbers with a scale each.
pub(crate) struct QuantizedRows {
    values: Vec<i8>,
    scales: Vec<f32>,
    width: usize,
}

impl QuantizedRows {
    /// Rounds rows of `width` values, each to the range of its largest.
    pub(crate) fn new(values: &[f32], width: usize) -> Self {
        let mut rows = Self {
            values: Vec::with_capacity(values.len()),
            scales: Vec::with_capacity(values.len() / width),
            width,
        };
        for row in values.chunks_exact(width) {
            let largest = row
                .iter()
                .fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
            #[expect(clippy::cast_possible_truncation, reason = "from -127 to 127")]
            rows.values
                .extend(row.iter().map(|value| (value / scale).round() as i8));
            rows.scales.push(scale);
        }
        rows
    }

    pub(crate) fn row(&self, index: usize) -> impl Iterator<Item = f32> + '_ {
        let scale = self.scales[index];
        let values = &self.values[index * self.width..(index + 1) * self.width];
        values.iter().map(move |value| f32::from(*value) * scale)
    }
}

/// Rows to columns.
fn transposed<T: Copy>(values: &[T], width: usize) -> Vec<T> {
    let rows = values.len() / width;
    (0..width)
        .flat_map(|column| (0..rows).map(move |row| values[row * width + column]))
        .collect()
}

/// How the weights of linear layers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// 32-bit numbers. For the encoder: all moments of a window would share one scale
    /// when they are rounded, which costs words in noise.
    Float,
    /// 8-bit numbers, to which the input is rounded too. For the decoder, whose time goes
    /// into reading weights, and whose tokens come one by one with a scale each.
    Quantized,
}

/// Adds layers of a model file to a graph.
pub(crate) struct Layers<'a> {
    file: &'a mut ModelFile,
    precision: Precision,
    pub(crate) graph: GraphBuilder,
}

impl<'a> Layers<'a> {
    pub(crate) const fn new(
        file: &'a mut ModelFile,
        graph: GraphBuilder,
        precision: Precision,
    ) -> Self {
        Self {
            file,
            precision,
            graph,
        }
    }

    const fn width(&self) -> usize {
        self.file.dimensions.width
    }

    pub(crate) fn norm(&mut self, input: &str, name: &str) -> Result<String, ModelError> {
        let width = self.width();
        let weights = self.file.tensor(&format!("{name}.weight"), width)?;
        let bias = self.file.tensor(&format!("{name}.bias"), width)?;
        let weights = self.graph.floats(&[width], &weights);
        let bias = self.graph.floats(&[width], &bias);
        let attributes = vec![
            Attribute::int("axis", -1),
            Attribute::float("epsilon", 1e-5),
        ];
        Ok(self
            .graph
            .op_with("LayerNormalization", &[input, &weights, &bias], attributes))
    }

    /// A linear layer that keeps the width, its result multiplied by `scale`; keys
    /// have no bias.
    pub(crate) fn linear(
        &mut self,
        input: &str,
        name: &str,
        scale: f32,
    ) -> Result<String, ModelError> {
        let width = self.width();
        self.linear_of(input, name, (width, width), scale)
    }

    fn linear_of(
        &mut self,
        input: &str,
        name: &str,
        (inputs, outputs): (usize, usize),
        scale: f32,
    ) -> Result<String, ModelError> {
        let mut weights = self
            .file
            .tensor(&format!("{name}.weight"), inputs * outputs)?;
        for weight in &mut weights {
            *weight *= scale;
        }
        let value = match self.precision {
            Precision::Float => {
                let columns = transposed(&weights, inputs);
                let weights = self.graph.floats(&[inputs, outputs], &columns);
                self.graph.op("MatMul", &[input, &weights])
            }
            Precision::Quantized => {
                self.matmul_quantized(input, &QuantizedRows::new(&weights, inputs))
            }
        };
        if name.rsplit('.').next() == Some("key") {
            return Ok(value);
        }
        let mut bias = self.file.tensor(&format!("{name}.bias"), outputs)?;
        for value in &mut bias {
            *value *= scale;
        }
        let bias = self.graph.floats(&[outputs], &bias);
        Ok(self.graph.op("Add", &[&value, &bias]))
    }

    /// Multiplies with weights of 8 bits; the input is rounded to 8 bits for it.
    pub(crate) fn matmul_quantized(&mut self, input: &str, weights: &QuantizedRows) -> String {
        let (inputs, outputs) = (weights.width, weights.scales.len());
        let graph = &mut self.graph;
        let [rounded, scale, zero] = graph.ops("DynamicQuantizeLinear", &[input], Vec::new());
        let values = graph.bytes(&[inputs, outputs], &transposed(&weights.values, inputs));
        let no_offset = graph.bytes(&[], &[0]);
        let product = graph.op("MatMulInteger", &[&rounded, &values, &zero, &no_offset]);
        let product = graph.op_with("Cast", &[&product], vec![Attribute::int("to", 1)]);
        let scales = graph.floats(&[outputs], &weights.scales);
        let scales = graph.op("Mul", &[&scale, &scales]);
        graph.op("Mul", &[&product, &scales])
    }

    /// From tokens × width to heads × tokens × values, then in the order `perm`.
    pub(crate) fn split_heads(&mut self, input: &str, perm: &[i64; 4]) -> String {
        let dimensions = self.file.dimensions;
        let [heads, head] =
            [dimensions.heads, dimensions.head()].map(|size| i64::try_from(size).unwrap_or(0));
        let shape = self.graph.shape(&[1, -1, heads, head]);
        let split = self.graph.op("Reshape", &[input, &shape]);
        self.graph
            .op_with("Transpose", &[&split], vec![Attribute::ints("perm", perm)])
    }

    fn join_heads(&mut self, input: &str) -> String {
        let attributes = vec![Attribute::ints("perm", &[0, 2, 1, 3])];
        let swapped = self.graph.op_with("Transpose", &[input], attributes);
        let width = i64::try_from(self.width()).unwrap_or(0);
        let shape = self.graph.shape(&[1, -1, width]);
        self.graph.op("Reshape", &[&swapped, &shape])
    }

    /// Softmax of scores, applied to values, and the output layer; added to `input`.
    fn attend(
        &mut self,
        input: &str,
        scores: &str,
        values: &str,
        output: &str,
    ) -> Result<String, ModelError> {
        let attributes = vec![Attribute::int("axis", -1)];
        let weights = self.graph.op_with("Softmax", &[scores], attributes);
        let attended = self.graph.op("MatMul", &[&weights, values]);
        let joined = self.join_heads(&attended);
        let value = self.linear(&joined, output, 1.0)?;
        Ok(self.graph.op("Add", &[input, &value]))
    }

    /// Queries of the heads, divided by the square root of the size of a head.
    fn queries(&mut self, input: &str, attention: &str) -> Result<String, ModelError> {
        #[expect(clippy::cast_precision_loss, reason = "small sizes")]
        let scale = (self.file.dimensions.head() as f32).sqrt().recip();
        let queries = self.linear(input, &format!("{attention}.query"), scale)?;
        Ok(self.split_heads(&queries, &[0, 2, 1, 3]))
    }

    pub(crate) fn encoder_attention(
        &mut self,
        input: &str,
        block: &str,
    ) -> Result<String, ModelError> {
        let attention = format!("{block}.attn");
        let normed = self.norm(input, &format!("{block}.attn_ln"))?;
        let queries = self.queries(&normed, &attention)?;
        let keys = self.linear(&normed, &format!("{attention}.key"), 1.0)?;
        let keys = self.split_heads(&keys, &[0, 2, 3, 1]);
        let values = self.linear(&normed, &format!("{attention}.value"), 1.0)?;
        let values = self.split_heads(&values, &[0, 2, 1, 3]);
        let scores = self.graph.op("MatMul", &[&queries, &keys]);
        self.attend(input, &scores, &values, &format!("{attention}.out"))
    }

    /// Self attention over all tokens so far.
    pub(crate) fn decoder_attention(
        &mut self,
        input: &str,
        block: &str,
        layer: usize,
        mask: &str,
    ) -> Result<String, ModelError> {
        let attention = format!("{block}.attn");
        let normed = self.norm(input, &format!("{block}.attn_ln"))?;
        let queries = self.queries(&normed, &attention)?;
        let mut seen = Vec::new();
        for (part, name) in ["key", "value"].into_iter().enumerate() {
            let number = 2 * layer + part;
            let past = self.graph.input(&format!("past{number}"));
            let new = self.linear(&normed, &format!("{attention}.{name}"), 1.0)?;
            let new = self.split_heads(&new, &[0, 2, 1, 3]);
            let attributes = vec![Attribute::int("axis", 2)];
            let all = self.graph.op_with("Concat", &[&past, &new], attributes);
            self.graph.output(&all, &format!("present{number}"));
            seen.push(all);
        }
        let attributes = vec![Attribute::ints("perm", &[0, 1, 3, 2])];
        let keys = self.graph.op_with("Transpose", &[&seen[0]], attributes);
        let scores = self.graph.op("MatMul", &[&queries, &keys]);
        let scores = self.graph.op("Add", &[&scores, mask]);
        self.attend(input, &scores, &seen[1], &format!("{attention}.out"))
    }

    /// Attention to the window.
    pub(crate) fn cross_attention(
        &mut self,
        input: &str,
        block: &str,
        layer: usize,
    ) -> Result<String, ModelError> {
        let attention = format!("{block}.cross_attn");
        let normed = self.norm(input, &format!("{block}.cross_attn_ln"))?;
        let queries = self.queries(&normed, &attention)?;
        let keys = self.graph.input(&format!("cross{}", 2 * layer));
        let values = self.graph.input(&format!("cross{}", 2 * layer + 1));
        let scores = self.graph.op("MatMul", &[&queries, &keys]);
        self.graph.output(&scores, &format!("attention{layer}"));
        self.attend(input, &scores, &values, &format!("{attention}.out"))
    }

    pub(crate) fn feed_forward(&mut self, input: &str, block: &str) -> Result<String, ModelError> {
        let width = self.width();
        let normed = self.norm(input, &format!("{block}.mlp_ln"))?;
        let wide = self.linear_of(&normed, &format!("{block}.mlp.0"), (width, 4 * width), 1.0)?;
        let wide = self.graph.op("Gelu", &[&wide]);
        let value = self.linear_of(&wide, &format!("{block}.mlp.2"), (4 * width, width), 1.0)?;
        Ok(self.graph.op("Add", &[input, &value]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantized_rows_keep_each_rows_range() {
        let rows = QuantizedRows::new(&[1.0, -2.0, 0.001, 0.0005], 2);
        let first: Vec<f32> = rows.row(0).collect();
        assert!((first[0] - 1.0).abs() < 0.01 && (first[1] + 2.0).abs() < 1e-6);
        let second: Vec<f32> = rows.row(1).collect();
        assert!((second[1] - 0.0005).abs() < 0.00001);
    }

    #[test]
    fn transposing_swaps_rows_and_columns() {
        assert_eq!(transposed(&[1, 2, 3, 4, 5, 6], 3), [1, 4, 2, 5, 3, 6]);
    }
}
