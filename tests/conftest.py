"""What all tests share: the material beside the repository, used where it is present."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared material; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the shared material is not beside the repository")
    return SHARED
