"""What failed beside the answer that counts is a fact that a user can see."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawlblock.cli.host import explain
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run
from live.servers import TestResolver, answer, sending, web_server
from live.visits import a_store, asking, live_run


@pytest.mark.fault("live", "https fails by TLS, http answers")
async def test_https_that_failed_is_stored_and_shown(tmp_path: Path) -> None:
    """The capture is ok over http; that https failed, and why, is stored and explained."""
    store = a_store(tmp_path, ["a.test"])
    async with web_server({"a.test": sending(answer())}) as server:
        # what listens for https speaks plain HTTP
        resolver = TestResolver(server.port, tls_port=server.port)
        await live_run(store, asking(resolver))
    await asyncio.to_thread(evaluate, Run(store))
    with store.reading() as con:
        captured = con.execute("SELECT outcome, url FROM captures").fetchall()
        failed = con.execute("SELECT url, outcome, ended FROM fetches WHERE status IS NULL")
        assert captured == [("ok", "http://a.test/robots.txt")]
        assert failed.fetchall() == [("https://a.test/robots.txt", "tls", "tls")]

    def explained(*options: str) -> str:
        command = ["a.test", "GPTBot", "--db", str(store.path), *options]
        return CliRunner().invoke(explain, command, catch_exceptions=False).stdout

    shown = await asyncio.to_thread(explained, "-o", "table")
    assert "failed    https://a.test/robots.txt: tls (" in shown
    (row,) = json.loads(await asyncio.to_thread(explained, "-o", "json"))
    (failure,) = row["failed"]
    assert (failure["url"], failure["outcome"]) == ("https://a.test/robots.txt", "tls")
    assert failure["reason"]
