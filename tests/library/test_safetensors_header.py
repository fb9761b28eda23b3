"""Headers of model files: what is whole is read, everything else is refused in words, whatever the bytes are."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.library.models.safetensors import parse_header, read_header


def entry(shape: list[int], begin: int, dtype: str = "F16") -> dict[str, Any]:
    """A tensor of 16-bit numbers."""
    count = 1
    for side in shape:
        count *= side
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + 2 * count]}


def whole(tensors: dict[str, Any], data: int) -> bytes:
    """A file with this header and so many bytes behind it."""
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * data


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(whole({"__metadata__": {"a": "b"}, "x": entry([2, 3], 0), "y": entry([], 12)}, 14))
    header = read_header(path)
    assert header.shape("x") == (2, 3)
    assert header.shape("y") == ()
    assert header.shape("z") is None
    assert header.metadata == {"a": "b"}


@pytest.mark.parametrize(("data", "words"), [
    (b"", "no whole safetensors file"),
    (b"\x05\0\0", "no whole safetensors file"),
    (struct.pack("<Q", 1 << 62) + b"{}", "header would be .* long"),
    (struct.pack("<Q", 2) + b"[]", "no list of tensors"),
    (struct.pack("<Q", 2) + b"{}", "holds 0 tensors"),
    (struct.pack("<Q", 6) + b"\x80\x02}q\x00.", "no readable header"),
    (struct.pack("<Q", 100_000) + b"[" * 100_000, "no readable header"),
    (whole({"x": entry([2, 3], 0)}, 11), "is not whole: 11 B of 12 B"),
    (whole({"x": entry([2, 3], 0)}, 13), "1 B behind its last tensor"),
    (whole({"x": entry([2], 0), "y": entry([2], 2)}, 8), "overlap"),
    (whole({"x": entry([2], 0), "y": entry([2], 6)}, 10), "leave gaps"),
    (whole({"x": {"dtype": "F16", "shape": [4], "data_offsets": [0, 4]}}, 4), "4 bytes, and its shape needs 8"),
    (whole({"x": entry([2], 0, "X16")}, 4), "nobody understands"),
    (whole({"x": {"dtype": "F16", "shape": [-2], "data_offsets": [0, 4]}}, 4), "nobody understands"),
    (whole({"x": {"dtype": "F16", "shape": [1 << 60], "data_offsets": [0, 4]}}, 4), "nobody understands"),
    (whole({"x": 7}, 4), "nobody understands"),
    (b'\x1e\0\0\0\0\0\0\0{"x":{"dtype":"F16"},"x":null}  ', "no readable header"),
])
def test_what_is_broken_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as told:
        read_header(path)
    assert str(told.value).startswith("m.safetensors ")
    assert "\n" not in str(told.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_header(tmp_path / "none.safetensors")


@given(st.binary(max_size=300), st.integers(0, 1000))
def test_any_bytes_are_refused_or_read(data: bytes, size: int) -> None:
    _read_or_refused(data, size)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["x", "dtype", "shape", "data_offsets", "__metadata__", "F16"]), inner,
                        max_size=4), max_leaves=12))
def test_any_json_is_refused_or_read(document: object) -> None:
    _read_or_refused(json.dumps(document).encode(), 64)


def _read_or_refused(data: bytes, size: int) -> None:
    try:
        found = parse_header(data, size)
    except InputError:
        return
    assert found.tensors
