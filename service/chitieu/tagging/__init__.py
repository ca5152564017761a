"""From pieces to labelled spans and their governors: labels, tokens, the ONNX encoder, decoding."""
