"""The networks of Keras Applications that can encode: what their weights file is called, and what a vector of theirs means.

Light: nothing is loaded here. All take 224×224 pixels and are averaged over their last positions; none has its top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.pictures.decode import PREPROCESSING

_KERAS: Final = "https://storage.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Network:
    """A network without its top.

    Attributes:
        name: as settings name it.
        title: as people know it; also its name in `keras.applications`.
        dimension: numbers in a vector.
        pixels: what is done to pixels 0..255: `tf` (x / 127.5 - 1), `caffe` (blue first, less the means of ImageNet), or
            `raw` (the network's own first layers do it).
        file: the ImageNet weights as Keras calls them in its cache.
        url: where Keras fetches them.
        size: bytes of that file, about.
    """

    name: str
    title: str
    dimension: int
    pixels: str
    file: str
    url: str
    size: int

    def version(self, weights_sha256: str) -> EncoderVersion:
        """Return the version of this network with these weights."""
        return EncoderVersion(self.name, weights_sha256, f"{PREPROCESSING}+{self.pixels}", "fp32", self.dimension)


_MOBILENETV2_FILE: Final = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
_RESNET50_FILE: Final = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"

MOBILENETV2: Final = Network(
    "mobilenetv2",
    "MobileNetV2",
    1280,
    "tf",
    _MOBILENETV2_FILE,
    f"{_KERAS}tensorflow/keras-applications/mobilenet_v2/{_MOBILENETV2_FILE}",
    9_406_464,
)

NETWORKS: Final = {
    one.name: one
    for one in (
        MOBILENETV2,
        Network(
            "efficientnetb0",
            "EfficientNetB0",
            1280,
            "raw",
            "efficientnetb0_notop.h5",
            f"{_KERAS}keras-applications/efficientnetb0_notop.h5",
            16_705_208,
        ),
        Network(
            "resnet50",
            "ResNet50",
            2048,
            "caffe",
            _RESNET50_FILE,
            f"{_KERAS}tensorflow/keras-applications/resnet/{_RESNET50_FILE}",
            94_765_736,
        ),
    )
}
