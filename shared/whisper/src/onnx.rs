//! The part of the ONNX file format that this crate writes, as protobuf messages.
//!
//! Field numbers: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>.

use prost::Message;

/// `ModelProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct OnnxModel {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<OperatorSet>,
}

impl OnnxModel {
    /// A model of operators of version 20 of the standard.
    pub(crate) fn new(graph: Graph) -> Self {
        Self {
            ir_version: 9,
            graph: Some(graph),
            opset_import: vec![OperatorSet {
                domain: String::new(),
                version: 20,
            }],
        }
    }
}

/// `OperatorSetIdProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct OperatorSet {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
}

/// `GraphProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfo>,
}

/// `NodeProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<Attribute>,
}

/// `AttributeProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(float, tag = "2")]
    float: f32,
    #[prost(int64, tag = "3")]
    int: i64,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    kind: i32,
}

impl Attribute {
    pub(crate) fn float(name: &str, float: f32) -> Self {
        Self {
            name: name.to_owned(),
            float,
            kind: 1,
            ..Self::default()
        }
    }

    pub(crate) fn int(name: &str, int: i64) -> Self {
        Self {
            name: name.to_owned(),
            int,
            kind: 2,
            ..Self::default()
        }
    }

    pub(crate) fn ints(name: &str, ints: &[i64]) -> Self {
        Self {
            name: name.to_owned(),
            ints: ints.to_vec(),
            kind: 7,
            ..Self::default()
        }
    }
}

/// `TensorProto`, with its values in `raw_data`, in little endian.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

/// `TensorProto.DataType.FLOAT`, `INT8`, `INT64`.
pub(crate) const FLOAT: i32 = 1;
const INT8: i32 = 3;
const INT64: i32 = 7;

impl Tensor {
    pub(crate) fn floats(name: String, dims: &[usize], values: &[f32]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes());
        Self::new(name, dims, FLOAT, raw.collect())
    }

    pub(crate) fn bytes(name: String, dims: &[usize], values: &[i8]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes());
        Self::new(name, dims, INT8, raw.collect())
    }

    pub(crate) fn integers(name: String, values: &[i64]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes());
        Self::new(name, &[values.len()], INT64, raw.collect())
    }

    fn new(name: String, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> Self {
        let dims = dims.iter().map(|size| i64::try_from(*size).unwrap_or(0));
        Self {
            dims: dims.collect(),
            data_type,
            name,
            raw_data,
        }
    }
}

/// `ValueInfoProto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<OnnxType>,
}

impl ValueInfo {
    /// A value of unknown shape.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: None,
        }
    }
}

/// `TypeProto`; left out where the runtime does not need it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct OnnxType {}
