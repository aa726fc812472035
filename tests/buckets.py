"""A bucket on a loopback S3 server, and the environment that leads to it."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HAS_S3 = all(importlib.util.find_spec(name) for name in ("obstore", "moto", "boto3"))


@contextmanager
def served_bucket(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of a copy of an archive in a bucket."""
    boto3: Any = pytest.importorskip("boto3")
    moto: Any = pytest.importorskip("moto.server")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket="archive")
    for path in filter(Path.is_file, archive.rglob("*")):
        client.put_object(
            Bucket="archive", Key=f"copy/{path.relative_to(archive)}", Body=path.read_bytes()
        )
    yield "s3://archive/copy"
    running.stop()
