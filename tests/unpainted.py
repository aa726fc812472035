"""Figures without their PNG files, for tests that look at other things: making one takes long.

The fixture is known to all tests (conftest.py).
"""

import hashlib
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def unpainted() -> Iterator[None]:
    """Let each PNG of this process hold a digest of its drawing in place of pixels."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "crawlblock.report.charts.drawing.png",
            lambda drawing: hashlib.sha256(drawing.encode()).digest(),
        )
        yield
