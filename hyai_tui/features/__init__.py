"""Vectors: the encoder protocol, the shard store and the build pipeline."""
