"""Runs llama.cpp's server with a tiny model of random weights, until its input ends.

    serve.py FOLDER CONTEXT_TOKENS TEMPLATE

The model is written into FOLDER. Its tokens are bytes, so that a prompt has as many tokens as
bytes. Quotes and closing brackets are likelier than other tokens: what a grammar lets it write
soon ends. TEMPLATE is `chatml`, or `no-system` for one that refuses a message of the system.
The first line on standard output is the server's address.
"""
import socket
import sys
from pathlib import Path

import gguf
import numpy
import xllamacpp

WIDTH, LAYERS, HEADS = 32, 1, 2
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TOKENS = ["<unk>", "<s>", "</s>", *BYTES]
TYPES = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
MESSAGES = ("{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}\n{% endfor %}"
            "<|assistant|>")
TEMPLATES = {
    "chatml": MESSAGES,
    "no-system": "{% if messages[0]['role'] == 'system' %}"
                 "{{ raise_exception('System role not supported') }}{% endif %}" + MESSAGES,
}


def write_model(path, template):
    """Writes a model of the architecture `llama`."""
    random = numpy.random.default_rng(7)

    def weights(*shape):
        return (random.standard_normal(shape) * 0.02).astype(numpy.float32)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(65_536)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(TYPES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(template)
    # All states point one way, and so do the rows of the tokens that close something.
    embedding, output = weights(len(TOKENS), WIDTH), weights(len(TOKENS), WIDTH)
    embedding[:, 0] = 1.0
    for token in ('"', "]", "}"):
        output[3 + ord(token), 0] = 1.0
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_down", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(WIDTH, WIDTH))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", numpy.ones(WIDTH, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    folder, context, template = sys.argv[1:]
    model = Path(folder) / "random.gguf"
    write_model(model, TEMPLATES[template])
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = int(context)
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 2
    parameters.cpuparams_batch.n_threads = 2
    parameters.port = free_port()
    parameters.use_jinja = True
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
