"""Encoders (heavy): MobileNetV2 through Keras, and the fallback without weights."""
