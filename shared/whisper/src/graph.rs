//! Writes the operators of a neural network, one by one, as an ONNX graph.

use prost::Message;

use crate::onnx::{Attribute, Graph, Node, OnnxModel, Tensor, ValueInfo};

/// A graph under construction. Every operator answers the name of its output.
#[derive(Default)]
pub(crate) struct GraphBuilder {
    graph: Graph,
}

impl GraphBuilder {
    fn next_name(&self) -> String {
        format!("v{}", self.graph.node.len() + self.graph.initializer.len())
    }

    pub(crate) fn input(&mut self, name: &str) -> String {
        self.graph.input.push(ValueInfo::new(name));
        name.to_owned()
    }

    /// Makes `value` an output under that name.
    pub(crate) fn output(&mut self, value: &str, name: &str) {
        self.graph.node.push(Node {
            input: vec![value.to_owned()],
            output: vec![name.to_owned()],
            op_type: "Identity".to_owned(),
            ..Node::default()
        });
        self.graph.output.push(ValueInfo::new(name));
    }

    pub(crate) fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        let name = self.next_name();
        self.constant(Tensor::floats(name, dims, values))
    }

    pub(crate) fn bytes(&mut self, dims: &[usize], values: &[i8]) -> String {
        let name = self.next_name();
        self.constant(Tensor::bytes(name, dims, values))
    }

    pub(crate) fn shape(&mut self, values: &[i64]) -> String {
        let name = self.next_name();
        self.constant(Tensor::integers(name, values))
    }

    fn constant(&mut self, tensor: Tensor) -> String {
        let name = tensor.name.clone();
        self.graph.initializer.push(tensor);
        name
    }

    pub(crate) fn op(&mut self, kind: &str, inputs: &[&str]) -> String {
        self.op_with(kind, inputs, Vec::new())
    }

    pub(crate) fn op_with(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
    ) -> String {
        let [output] = self.ops::<1>(kind, inputs, attributes);
        output
    }

    /// An operator with several outputs.
    pub(crate) fn ops<const N: usize>(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
    ) -> [String; N] {
        let base = self.next_name();
        let outputs: [String; N] = std::array::from_fn(|index| format!("{base}.{index}"));
        self.graph.node.push(Node {
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: outputs.to_vec(),
            name: base,
            op_type: kind.to_owned(),
            attribute: attributes,
        });
        outputs
    }

    /// The file, as [`rten::Model::load`] reads it.
    pub(crate) fn into_file(self) -> Vec<u8> {
        OnnxModel::new(self.graph).encode_to_vec()
    }
}
