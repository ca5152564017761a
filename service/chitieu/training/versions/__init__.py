"""Data set versions: which documents a model may learn from, in which split each stays, and a manifest of hashes that names them all."""
