"""Recipe for tests/data/index: run `python tests/index/regenerate_golden.py` after a new version of the format.

The bytes of an old version are never regenerated: they prove that it can still be read.
"""

from __future__ import annotations

from pathlib import Path

from index_samples import golden_indexes

from server.index.format import SUFFIX, VERSION, encode_index

FOLDER = Path(__file__).parents[1] / "data" / "index" / f"version-{VERSION}"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, index in golden_indexes().items():
        (FOLDER / (name + SUFFIX)).write_bytes(encode_index(index))


if __name__ == "__main__":
    main()
