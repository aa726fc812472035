"""One archive behind three kinds of address: the same keys give the same bytes and outcomes."""

import hashlib
import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from buckets import HAS_S3, served_bucket
from servers import RangeServer

from crawlblock import __version__
from crawlblock.errors import ArchiveError, InputError, StoreError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.keys import index_url
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.transport import Limits, PartialFile

KEY = "cc-index/table/crawl=DEMO-2024-10/part-00000-1.c000.gz.parquet"
BODY = bytes(range(256)) * 40
FAST = Limits(per_second=1000, attempts=2, retry=0.01, timeout=5)
S3 = pytest.param("s3", marks=pytest.mark.skipif(not HAS_S3, reason="obstore, moto not installed"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return a directory of two objects."""
    (tmp_path / "archive" / KEY).parent.mkdir(parents=True)
    (tmp_path / "archive" / KEY).write_bytes(BODY)
    (tmp_path / "archive" / "collinfo.json").write_bytes(b"[]")
    (tmp_path / "secret").write_bytes(b"not of the archive")
    return tmp_path / "archive"


@pytest.fixture
def server(archive: Path) -> Iterator[RangeServer]:
    """Return a server of the archive."""
    with RangeServer(archive) as running:
        yield running


@pytest.fixture
def bucket(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of the archive in a bucket on a loopback S3 server."""
    with served_bucket(archive, monkeypatch) as address:
        yield address


@pytest.fixture(params=["directory", "file", "http", S3])
async def mirror(request: pytest.FixtureRequest, archive: Path) -> AsyncIterator[Mirror]:
    """Return the archive, opened by each kind of address."""
    match request.param:
        case "directory":
            location = str(archive)
        case "file":
            location = archive.as_uri()
        case "http":
            location = request.getfixturevalue("server").url
        case _:
            location = request.getfixturevalue("bucket")
    async with open_mirror(location, None, FAST) as opened:
        yield opened


async def test_reads_the_same_everywhere(mirror: Mirror) -> None:
    """Objects, ranges, missing keys and ranges beyond the end are alike in every mirror."""
    assert await mirror.read(KEY) == BODY
    assert await mirror.read(KEY, 100, 20) == BODY[100:120]
    assert await mirror.read(KEY, length=20) == BODY[:20]
    assert await mirror.read(KEY, 10_000) == BODY[10_000:]
    assert mirror.traffic.requests == 4
    assert mirror.traffic.bytes == len(BODY) + 40 + 240
    assert await mirror.read("nothing/here") is Outcome.ABSENT
    for start, length in ((len(BODY) - 5, 6), (len(BODY), 1), (len(BODY), None), (-1, 5), (5, 0)):
        assert await mirror.read(KEY, start, length) is Outcome.DAMAGED
    assert await mirror.read_index("collinfo.json") == b"[]"
    assert await mirror.read_index("graphinfo.json") is Outcome.ABSENT


async def test_sizes_are_the_same_everywhere(mirror: Mirror) -> None:
    """The size of an object is found without reading more than a byte of it."""
    assert await mirror.size(KEY) == len(BODY)
    assert await mirror.size("nothing/here") is Outcome.ABSENT
    assert await mirror.size("../secret") is Outcome.ABSENT
    assert mirror.traffic.bytes <= 1


async def test_saves_the_same_everywhere(mirror: Mirror, tmp_path: Path) -> None:
    """A saved object is complete; what is missing leaves no file."""
    path = tmp_path / "cache" / "part.parquet"
    assert await mirror.save(KEY, path) is None
    assert path.read_bytes() == BODY
    assert await mirror.save("nothing/here", path.with_name("other")) is Outcome.ABSENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.fault("archive", "save from {kind}: cut, the object then the same: {same}")
@pytest.mark.parametrize("kind", ["http", S3])
@pytest.mark.parametrize("same", [True, False])
async def test_a_cut_transfer_is_continued(
    kind: str, same: bool, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Half a file is completed if it is half of this very object, and fetched anew if not."""
    source = request.getfixturevalue("server").url if kind == "http" else None
    part = PartialFile(tmp_path / "copy")
    part.begin(f'"{hashlib.md5(BODY if same else b"").hexdigest()}"', len(BODY))
    with part.appending():
        part.write(BODY[:1000] if same else b"old")
    async with open_mirror(source or request.getfixturevalue("bucket"), None, FAST) as mirror:
        assert await mirror.save(KEY, tmp_path / "copy") is None
        assert mirror.traffic.bytes == len(BODY) - 1000 * same
    assert (tmp_path / "copy").read_bytes() == BODY


@pytest.mark.fault("archive", "a key that leads out of the archive: {key!r}")
@pytest.mark.parametrize(
    "key",
    ["../secret", "a/../../secret", "/etc/hostname", "..", "", ".", "a//b", "..\\secret", "a\0b"],
)
async def test_keys_stay_in_the_archive(mirror: Mirror, tmp_path: Path, key: str) -> None:
    """A key that leads out of the archive names nothing in it, and is asked of nobody."""
    assert await mirror.read(key) is Outcome.ABSENT
    assert await mirror.save(key, tmp_path / "stolen") is Outcome.ABSENT
    assert mirror.local_path(key) is None
    assert mirror.traffic.requests == 0


async def test_local_path(archive: Path, server: RangeServer) -> None:
    """Only a directory has the file itself."""
    async with open_mirror(f"{archive}/", None) as directory:
        assert directory.local_path(KEY) == archive / KEY
        assert directory.local_path("nothing") is None
    async with open_mirror(server.url, None) as distant:
        assert distant.local_path(KEY) is None


async def test_keys_are_quoted(archive: Path, server: RangeServer) -> None:
    """Signs with a meaning in URLs are part of a key."""
    (archive / "a?b#c%20d +é").write_bytes(b"found")
    async with open_mirror(server.url, None) as mirror:
        assert await mirror.read("a?b#c%20d +é") == b"found"


async def test_the_base_may_have_a_path(archive: Path, server: RangeServer) -> None:
    """A mirror may lie under a path, with or without a slash at its end."""
    async with open_mirror(f"{server.url}/cc-index/table/", None) as mirror:
        assert await mirror.read(KEY.removeprefix("cc-index/table/")) == BODY
        assert mirror.location == f"{server.url}/cc-index/table"


async def test_the_contact_is_sent(server: RangeServer) -> None:
    """Loopback gets the contact if there is one, and needs none."""
    for contact in ("you@example.org", None, ""):
        async with open_mirror(server.url, contact, FAST) as mirror:
            await mirror.read(KEY)
    agent = f"crawlblock/{__version__}"
    assert [request.user_agent for request in server.requests] == [
        f"{agent} (+you@example.org)", agent, agent,
    ]  # fmt: skip


async def is_refused(location: str, contact: str | None, reason: str) -> None:
    """Check that a mirror is not opened, for a reason."""
    with pytest.raises(InputError, match=reason):
        async with open_mirror(location, contact):
            pass


@pytest.mark.parametrize("location", ["https://data.commoncrawl.org", "http://10.0.0.1/cc"])
@pytest.mark.parametrize("contact", [None, "", "nobody", "you@example.org\nX: y"])
async def test_public_hosts_need_a_contact(location: str, contact: str | None) -> None:
    """Without somebody to write to, no public host is asked anything."""
    await is_refused(location, contact, "--contact")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("no/such/directory", "no/such/directory is not a directory"),
        ("file:///no/such", "is not a directory"),
        ("ftp://example.org", "is not a mirror; name"),
        ("https://", "host and path alone"),
        ("https://user:word@example.org", "host and path alone"),
        ("https://example.org/a?b=c", "host and path alone"),
        ("https://example.org:99999", "host and path alone"),
    ],
)
async def test_what_is_no_mirror(location: str, reason: str) -> None:
    """What cannot be a mirror is refused before anything is sent, with what can be one."""
    await is_refused(location, "you@example.org", reason)


@pytest.mark.skipif(importlib.util.find_spec("obstore") is not None, reason="obstore is here")
async def test_s3_without_its_extra() -> None:
    """Without obstore the message says what to install."""
    await is_refused("s3://commoncrawl", "you@example.org", r"pip install 'crawlblock\[s3\]'")


@pytest.mark.skipif(not HAS_S3, reason="obstore, moto not installed")
async def test_s3_needs_a_bucket_and_credentials(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without a bucket is refused, and so are credentials that the bucket refuses."""
    await is_refused("s3://", None, "bucket")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")  # moto refuses unsigned reads, as S3 does
    async with open_mirror(bucket, None, FAST) as mirror:
        with pytest.raises(InputError, match="AWS_ACCESS_KEY_ID"):
            await mirror.read(KEY)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    await is_refused("s3://commoncrawl", None, "--contact")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://data.commoncrawl.org", "https://index.commoncrawl.org/collinfo.json"),
        ("s3://commoncrawl", "https://index.commoncrawl.org/collinfo.json"),
        ("http://127.0.0.1:80/cc", "http://127.0.0.1:80/cc/collinfo.json"),
        ("https://mirror.example", "https://mirror.example/collinfo.json"),
    ],
)
def test_where_the_index_files_are(location: str, url: str) -> None:
    """Common Crawl's own stores have collinfo.json on another host, all others beside the data."""
    assert index_url(location, "collinfo.json") == url


@pytest.mark.fault("disk", "a directory that cannot be read or written")
async def test_a_directory_that_cannot_be_read_or_written(archive: Path, tmp_path: Path) -> None:
    """Errors of the disk name the file."""
    (archive / "loop").symlink_to("/proc/self/mem")
    async with open_mirror(str(archive), None) as mirror:
        with pytest.raises(ArchiveError, match="loop cannot be read"):
            await mirror.read("loop")
        with pytest.raises(StoreError, match="cannot be copied"):
            await mirror.save(KEY, tmp_path / "secret" / "x")
