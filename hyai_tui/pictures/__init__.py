"""Pixels: one decode function for training and inference, and the thumbnail cache."""
