"""The pool without a process is a pool."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from inline_pool import InlinePool
from pool_conformance import PoolConformance
from toys import TABLE


class TestInlinePool(PoolConformance):
    @pytest.fixture
    def pool(self) -> Iterator[InlinePool]:
        pool = InlinePool(TABLE)
        yield pool
        pool.close()
