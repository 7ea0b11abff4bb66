"""Encoders (heavy): MobileNetV2 through Keras, the small network of our own, and HOG."""
