"""A packed context answers as the one that it was made of."""

from __future__ import annotations

import hashlib

import numpy as np

from hyai_tui.queues.matching import PackedPositions, Positions, packed_digests, unpacked_digests

HASHES = np.array([hashlib.sha256(bytes([number])).hexdigest() for number in range(200)], "S64")


def test_hashes_come_back_as_they_were() -> None:
    assert (unpacked_digests(packed_digests(HASHES)) == HASHES).all()
    assert len(unpacked_digests(packed_digests(HASHES[:0]))) == 0


def test_files_are_found_where_they_stand_and_others_nowhere() -> None:
    near = (HASHES[3][:-1] + (b"0" if HASHES[3][-1:] != b"0" else b"1")).decode()
    wanted = [HASHES[7].decode(), near, HASHES[0].decode(), "ab" * 32]
    for positions in (Positions(HASHES), PackedPositions(packed_digests(HASHES))):
        assert positions.of(wanted).tolist() == [7, -1, 0, -1]
        assert positions.of([]).tolist() == []
    assert PackedPositions(packed_digests(HASHES[:0])).of(wanted).tolist() == [-1] * 4
