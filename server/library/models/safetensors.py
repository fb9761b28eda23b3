"""The header of a safetensors file: names, kinds and places of tensors, checked against the file. Reads no weights.

https://huggingface.co/docs/safetensors: eight bytes of length, JSON, then the tensors without gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.errors import InputError
from server.units import format_bytes

HEADER_MOST: Final = 64 << 20
"""Bytes; the largest header there is has two."""
TENSORS_MOST: Final = 100_000
AXES_MOST: Final = 8
_BITS: Final[Mapping[str, int]] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: kind of numbers, shape, and where its bytes lie behind the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """All tensors by name, and what the file says about itself."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    data: int
    """Where the first tensor begins, in bytes."""

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor; None when there is none of this name."""
        found = self.tensors.get(name)
        return None if found is None else found.shape


def read_header(path: Path) -> Header:
    """Read and check the header of a file. Raises InputError, which names the file; nothing else, whatever is in it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
            length = int.from_bytes(head, "little")
            if len(head) == 8 and length <= min(HEADER_MOST, size - 8):
                return parse_header(file.read(length), size)
    except OSError as reason:
        raise InputError(f"{path.name} cannot be read: {reason.strerror or reason}") from None
    except InputError as reason:
        raise InputError(f"{path.name} {reason}") from None
    raise InputError(f"{path.name} is no whole safetensors file: its header would be {format_bytes(length)} long, and "
                     f"the file has {format_bytes(size)}; download it again")


def parse_header(header: bytes, file_bytes: int) -> Header:
    """Check a header against the length of its file. Raises InputError, which begins in the middle of a sentence."""
    try:
        document = json.loads(header.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise InputError("has no readable header: it is damaged, or no safetensors file; download it again") from None
    if not isinstance(document, dict):
        raise InputError("has a header that is no list of tensors; download it again")
    metadata = document.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise InputError("says nonsense about itself; download it again")
    if not 0 < len(document) <= TENSORS_MOST:
        raise InputError(f"holds {len(document)} tensors; a model has 1 to {TENSORS_MOST}")
    tensors = {name: _tensor(name, entry) for name, entry in document.items()}
    data = 8 + len(header)
    _no_gaps(tensors, file_bytes - data)
    return Header(tensors, {str(key): str(value) for key, value in metadata.items()}, data)


def _tensor(name: str, entry: Any) -> Tensor:
    if not isinstance(entry, dict):
        raise InputError(f"describes the tensor {name[:60]!r} in a way that nobody understands; download it again")
    dtype, shape, offsets = entry.get("dtype"), _counts(entry.get("shape")), _counts(entry.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in _BITS or shape is None or offsets is None or len(offsets) != 2:
        raise InputError(f"describes the tensor {name[:60]!r} in a way that nobody understands; download it again")
    needed, given = math.prod(shape) * _BITS[dtype] // 8, offsets[1] - offsets[0]
    if needed != given:
        raise InputError(f"gives the tensor {name[:60]!r} {given} bytes, and its shape needs {needed}; "
                         "download it again")
    return Tensor(dtype, shape, offsets[0], offsets[1])


def _counts(values: Any) -> tuple[int, ...] | None:
    """A short list of lengths; None for anything else."""
    if not isinstance(values, list) or len(values) > AXES_MOST:
        return None
    return tuple(values) if all(type(value) is int and 0 <= value < 1 << 48 for value in values) else None


def _no_gaps(tensors: Mapping[str, Tensor], data: int) -> None:
    place = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != place:
            raise InputError(f"has tensors that {'overlap' if tensor.begin < place else 'leave gaps'} "
                             f"({name[:60]!r}); download it again")
        place = tensor.end
    if place != data:
        raise InputError(f"is not whole: {format_bytes(max(data, 0))} of {format_bytes(place)} are there; "
                         "download it again" if data < place else
                         f"has {format_bytes(data - place)} behind its last tensor; download it again")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Names that come twice would let two readers see two different models."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found
