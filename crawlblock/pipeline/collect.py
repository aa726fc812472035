"""Stores what any source yields as facts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context

from crawlblock.captures.frames import Batch
from crawlblock.pipeline.run import Run
from crawlblock.sources import Source


async def collect(run: Run, source: Source) -> None:
    """Store what a source yields, a batch at a time; count the hosts that are new.

    If the run is stopped while a batch is being stored, the whole batch is stored.
    """
    with ThreadPoolExecutor(1) as writer:  # the loop continues meanwhile
        async with aclosing(source.batches()) as batches:
            async for batch in batches:
                run.tally.captures += await _stored(run, source, batch, writer)


async def _stored(run: Run, source: Source, batch: Batch, writer: ThreadPoolExecutor) -> int:
    loop = asyncio.get_running_loop()
    add = run.store.facts.add
    writing = loop.run_in_executor(writer, copy_context().run, add, batch, source.kind)
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        run.tally.captures += await writing
        raise
