"""The student, and how it is taught: plain convolutions, so that numpy can run it.

It gives the teacher's components at each of 7×7 places, by a last layer that only the lessons need: what comes before it is kept.
The loss is the squared error of their mean over the picture, and half
that of the places themselves: one picture then teaches forty-nine things. Half of the views have a rectangle of places
replaced by those of another view, pixels and opinion (CutMix, Yun et al. 2019), and colours are changed a little.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from benchmarks.teaching.views import Lessons
from hyai_tui.features.encoders.small import LAYERS, Layer

BATCH = 64
RATE = 2e-3
PLACES = 7


def build(dimension: int) -> Any:
    """Return the student, its convolutions as `LAYERS` lists them, each followed by a batch normalisation."""
    pixels = layers.Input((112, 112, 3))
    x, shortcut = pixels, None
    for layer in LAYERS:
        shortcut = x if layer.opens else shortcut
        x = _convolution(x, layer)
        if layer.closes:
            x = layers.Add()([x, shortcut])
        if layer.rectified:
            x = layers.ReLU()(x)
    x = layers.Conv2D(dimension, 1, name="out", dtype="float32")(layers.Dropout(0.1)(x))
    return keras.Model(pixels, x)


def _convolution(x: Any, layer: Layer) -> Any:
    if layer.size > 1:
        x = layers.ZeroPadding2D(layer.size // 2)(x)
    x = layers.Conv2D(
        layer.outputs, layer.size, strides=layer.stride, use_bias=False, kernel_initializer="he_normal", name=layer.name
    )(x)
    return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{layer.name}_norm")(x)


def teach(lessons: Lessons, steps: int, seed: int) -> Any:
    """Return the student after so many steps of 64 views."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build(lessons.targets.shape[-1])
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=0.02, beta_2=0.98, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    step = _step(model, optimizer, lessons)
    count, at, began = len(lessons.pixels), 0, time.monotonic()
    order, losses = rng.permutation(count), []
    for done in range(steps):
        if at + BATCH > count:
            order, at = rng.permutation(count), 0
        rows, at = order[at : at + BATCH], at + BATCH
        optimizer.learning_rate = RATE * min(1.0, (done + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * done / steps))
        losses.append([float(one) for one in step(lessons.pixels[rows], lessons.targets[rows], _own(rng))])
        if (done + 1) % 100 == 0:
            pooled, places = np.mean(losses[-100:], axis=0)
            speed = (done + 1) * BATCH / (time.monotonic() - began)
            sys.stderr.write(f"{done + 1}/{steps} pooled {pooled:.4f} places {places:.4f} {speed:.0f} views/s\n")
            sys.stderr.flush()
    return model


def _own(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return float32[64, 7, 7, 1]: 0 where a view takes the places of another one."""
    own = np.ones((BATCH, PLACES, PLACES, 1), np.float32)
    for row in np.flatnonzero(rng.random(BATCH) < 0.5):
        height, width = rng.integers(2, 6, 2)
        top, left = rng.integers(0, PLACES + 1 - height), rng.integers(0, PLACES + 1 - width)
        own[row, top : top + height, left : left + width] = 0
    return own


def _step(model: Any, optimizer: Any, lessons: Lessons) -> Any:
    sample = lessons.targets[::5].astype(np.float32)
    pooled_variance = float(sample.mean(axis=(1, 2)).var(axis=0).mean())
    place_variance = float(sample.var(axis=(0, 1, 2)).mean())

    @tf.function
    def step(pixels: Any, targets: Any, own: Any) -> Any:
        x, wanted = _recoloured(tf.cast(pixels, tf.float32)), tf.cast(targets, tf.float32)
        big = tf.repeat(tf.repeat(own, 112 // PLACES, 1), 112 // PLACES, 2)
        x = (x * big + x[::-1] * (1 - big)) / 127.5 - 1.0
        wanted = wanted * own + wanted[::-1] * (1 - own)
        with tf.GradientTape() as tape:
            error = model(x, training=True) - wanted
            pooled = tf.reduce_mean(tf.reduce_mean(error, (1, 2)) ** 2) / pooled_variance
            places = tf.reduce_mean(error**2) / place_variance
            loss = pooled + 0.5 * places
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        return pooled, places

    return step


def _recoloured(x: Any) -> Any:
    """Change brightness, contrast and saturation of each view a little."""
    shape = (tf.shape(x)[0], 1, 1, 1)
    x += tf.random.uniform(shape, -25.0, 25.0)
    mean = tf.reduce_mean(x, (1, 2, 3), keepdims=True)
    x = (x - mean) * tf.random.uniform(shape, 0.75, 1.3) + mean
    grey = tf.reduce_mean(x, 3, keepdims=True)
    x = (x - grey) * tf.random.uniform(shape, 0.5, 1.5) + grey
    return tf.clip_by_value(x, 0.0, 255.0)


def folded(model: Any) -> dict[str, NDArray[np.generic]]:
    """Return the arrays that `hyai_tui.features.encoders.small` reads: normalisations folded in, weights in half precision."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for layer in LAYERS:
        kernel = model.get_layer(layer.name).get_weights()[0]
        gamma, beta, mean, variance = model.get_layer(f"{layer.name}_norm").get_weights()
        scale = gamma / np.sqrt(variance + 1e-3)
        arrays[f"{layer.name}.weights"] = (kernel * scale).reshape(-1, layer.outputs).astype(np.float16)
        arrays[f"{layer.name}.offsets"] = (beta - mean * scale).astype(np.float32)
    return arrays
