"""A training as it stands after an epoch: all that a later one needs to go on as if it had never ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.errors import WrongUse

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkState:
    """One network in training.

    Attributes:
        arrays: its variables, and the two moments of each.
        facts: steps, epochs, and where its random numbers stand; plain JSON.
    """

    arrays: Arrays
    facts: Mapping[str, Any]

    def copied(self) -> NetworkState:
        """Return it apart from the network that it is of, which goes on changing its arrays."""
        return NetworkState({name: one.copy() for name, one in self.arrays.items()}, self.facts)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """A training of one head for each fold and of the one to ship.

    Attributes:
        networks: one a fold, then the one to ship.
        logits: for each fold float32[epochs, m, outputs], of its held-out rows after each epoch.
        losses: float64[folds, epochs], held-out loss.
        history: a row an epoch, as it goes into the record.
    """

    networks: Sequence[NetworkState]
    logits: Sequence[NDArray[np.float32]]
    losses: NDArray[np.float64]
    history: Sequence[Mapping[str, Any]]

    @property
    def epochs(self) -> int:
        """Epochs so far."""
        return int(self.losses.shape[1])

    def save(self, path: Path) -> None:
        """Write it into one file, whole or not at all."""
        packed: dict[str, NDArray[Any]] = {"losses": self.losses}
        for place, network in enumerate(self.networks):
            packed.update((f"network{place}.{name}", one) for name, one in network.arrays.items())
        packed.update((f"logits{place}", one) for place, one in enumerate(self.logits))
        facts = {"networks": [dict(one.facts) for one in self.networks], "history": [dict(one) for one in self.history]}
        packed["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        fresh = path.with_name(f".{path.name}.new")
        with fresh.open("wb") as file:
            np.savez(file, allow_pickle=False, **packed)
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> TrainingState:
        """Read what `save` wrote.

        Raises:
            WrongUse: it is not kept, or damaged.
        """
        try:
            with path.open("rb") as file, packed_arrays(file) as packed:
                found = {name: packed[name] for name in packed.files}
            facts = json.loads(found["facts"].tobytes())
            networks = []
            for place, about in enumerate(facts["networks"]):
                own = f"network{place}."
                arrays = {name.removeprefix(own): one for name, one in found.items() if name.startswith(own)}
                networks.append(NetworkState(arrays, about))
            logits = [found[f"logits{place}"] for place in range(len(networks) - 1)]
            return cls(networks, logits, found["losses"], facts["history"])
        except FileNotFoundError:
            raise WrongUse(
                "How that training stood at its end is not kept",
                "The newest trainings of an mlp can be resumed; 'hyai train --repeat RUN' begins an older one anew",
            ) from None
        except (ValueError, KeyError, OSError, EOFError, TypeError, BadZipFile) as error:
            raise WrongUse(
                f"How that training stood cannot be read: {error}", "Train anew with 'hyai train'"
            ) from error
