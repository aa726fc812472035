"""Python's search for unreachable objects is as it was behind a block that makes it rare."""

import gc

import pytest

from crawlblock.collecting import collected_seldom


def test_the_search_is_as_before_behind_the_block() -> None:
    """Thresholds and frozen objects are put back, also behind an error."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ValueError, match="any"), collected_seldom(12_345):
        assert gc.get_threshold()[0] == 12_345
        assert gc.get_freeze_count() > frozen
        raise ValueError("any")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
