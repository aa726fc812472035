"""https from real servers with real certificates."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from yarl import URL

from crawlblock.outcome import Ending
from crawlblock.sources.live import Answer, Failure, Fetcher
from live.servers import LOOPBACK, ROBOTS, TestResolver, answer
from live.visits import AGENT, PATIENT

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes certificates")
UNSIZED = b"HTTP/1.1 200 OK\r\n\r\n" + ROBOTS


def certified(folder: Path, name: str) -> Path:
    """Return a new certificate with its key."""
    path = folder / "site.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -batch"
    subject = ["-subj", f"/CN={name}", "-keyout", str(path), "-out", str(folder / "crt.pem")]
    subprocess.run(
        [*command.split(), *subject, "-addext", f"subjectAltName=DNS:{name}"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (folder / "crt.pem").read_bytes())
    return path


@asynccontextmanager
async def tls_server(certificate: Path, data: bytes, goodbye: bool) -> AsyncIterator[int]:
    """Send bytes over TLS, and close the connection with a word of TLS or without one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        if goodbye:
            writer.close()
        else:
            await asyncio.sleep(0.1)  # the bytes are on their way
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("data", [answer(), UNSIZED])
@pytest.mark.parametrize("goodbye", [True, False])
async def test_a_trusted_server_is_read(tmp_path: Path, data: bytes, goodbye: bool) -> None:
    """An answer over TLS is read to its end, be the connection closed with a word of TLS or not."""
    certificate = certified(tmp_path, "a.test")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "crt.pem"))
    async with tls_server(certificate, data, goodbye) as port:
        resolver = TestResolver(port, tls_port=port)
        async with Fetcher(
            AGENT, PATIENT, allowed=LOOPBACK, resolver=resolver, tls=trusting
        ) as fetcher:
            found = await fetcher.ask(URL("https://a.test/robots.txt"), 10)
            other = await fetcher.ask(URL("https://b.test/robots.txt"), 10)
    assert isinstance(found, Answer)
    assert (found.status, found.body, found.truncated) == (200, ROBOTS, None)
    assert found.protocols == ("http/1.1", "tls/1.3")
    assert found.address == "127.0.0.1"
    assert isinstance(other, Failure)  # the certificate is another host's
    assert other.ended is Ending.TLS


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Without a trusted certificate nothing is asked, and the reason says why."""
    certificate = certified(tmp_path, "a.test")
    async with tls_server(certificate, answer(), True) as port:
        resolver = TestResolver(port, tls_port=port)
        async with Fetcher(AGENT, PATIENT, allowed=LOOPBACK, resolver=resolver) as fetcher:
            found = await fetcher.ask(URL("https://a.test/robots.txt"), 10)
    assert isinstance(found, Failure)
    assert found.ended is Ending.TLS
    assert "certificate verify failed" in found.reason
