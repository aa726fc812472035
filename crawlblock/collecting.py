"""Python's search for unreachable objects, made rare where very many objects are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_seldom(objects: int) -> Iterator[None]:
    """Look for cycles after so many new objects, and only among those made in the block.

    Rows make no cycles, but each look goes over the thousands that wait.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(objects, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
