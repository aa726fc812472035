"""What the documents say is so: commands run, blocks work, links lead somewhere, names exist."""

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest
from archives import small
from documents import (
    BLOCK,
    DOCUMENTS,
    HOWTO,
    README,
    ROOT,
    TUTORIAL,
    blocks,
    code,
    headings,
    is_run,
    lines,
    name_of,
    runs,
    spoken,
)
from in_process import run_here
from servers import RangeServer
from shells import EXAMPLES, called, commands, substituted

from crawlblock import notebook, registry
from crawlblock.cli import cli
from crawlblock.cli.commands import every_command
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.queries import metrics

pytestmark = pytest.mark.own_code

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
# Options in the documents that are other programs'.
FOREIGN = {
    "--array", "--conf", "--cpus-per-task", "--jobs", "--mem-per-cpu", "--nthreads", "--nworkers",
    "--scheduler-file", "--sshloginfile", "--wrap",
}  # fmt: skip
ANYWHERE = {"--version", "--debug", "--extra"}  # options of the group
FILE = re.compile(r"[\w./-]+\.(?:py|sql|toml|md|csv|svg|duckdb|cff)|(?:[\w-]+/)+")
# Files and folders in the documents that a command makes or a reader has.
MADE = {
    "own/crawlers.toml", "own/metrics/", "without_robots_txt.sql",
    "build/notebooks/", "data/archive-results/", "data/archive.duckdb", "data/crawlblock.duckdb",
    "data/crawlblock-results/", "chart.svg", "cluster.idx", "get.py", "own.duckdb",
    "relevant_url_token_counts.csv", "top_2000_c4_annotated.csv", "hosts.parquet", "annotate.py",
    "export/", "sites/", "public/", "domains.csv", "build/benchmarks.md", "build/benchmarks.json",
}  # fmt: skip


each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)


def derive_docs() -> ModuleType:
    """Return the script that derives the reference."""
    place = ROOT / "scripts" / "derive_docs.py"
    spec = importlib.util.spec_from_file_location("derive_docs", place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_commands_are_examples() -> None:
    """Every command that the how-to shows is an example of a help, and so is run elsewhere."""
    shown = {line for text in blocks(HOWTO, "console") for line in lines(text) if is_run(line)}
    assert shown and shown <= set(EXAMPLES)


def test_readme(world: Path, server: RangeServer, shell: dict[str, str]) -> None:
    """The README's commands run where there are results, and print what it says they print."""
    environment = shell | {"CRAWLBLOCK_CONTACT": "you@example.org"}
    for line, printed in runs(README):
        line = line.replace("nytimes.com", "example.com")  # a host of this small archive
        assert run_here(substituted(line, server), world, environment)[0].startswith(printed)


def test_answers_of_the_readme(bundled: Path) -> None:
    """The README quotes the sentences that the demo's results give."""
    quoted = re.findall(r"^\*\*(.*)\*\*\n> (.*)$", README.read_text("utf-8"), re.MULTILINE)
    with notebook.load(bundled / "crawlblock.duckdb") as data:
        found = data.answers()
    assert len(quoted) == 5
    assert set(quoted) <= set(found.select("question", "answer").iter_rows())


def test_tutorial(world: Path, server: RangeServer, shell: dict[str, str], tmp_path: Path) -> None:
    """The tutorial's commands run one after the other, and print what it says they print."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "demo").symlink_to(world / "build" / "demo")
    environment = shell | {"CRAWLBLOCK_CONTACT": "you@example.org"}
    followed_here(tmp_path, server)
    for line, printed in runs(TUTORIAL):
        # The hosts of its list are no servers here.
        local = {"CRAWLBLOCK_DB": "local.duckdb"} if line == "crawlblock live" else {}
        out, _ = run_here(substituted(line, server), tmp_path, environment | local)
        assert out.startswith(printed)
    assert (tmp_path / "data" / "crawlblock-results" / "index.html").is_file()


def followed_here(folder: Path, server: RangeServer) -> None:
    """Make a database whose panel is the server on loopback."""
    (folder / "local.txt").write_text(server.url.removeprefix("http://"))
    called("sample", "--db", folder / "local.duckdb", "--list", folder / "local.txt")


@pytest.mark.parametrize("path", [README, TUTORIAL, HOWTO, ROOT / "CONTRIBUTING.md"], ids=name_of)
def test_every_shell_block_is_known(path: Path) -> None:
    """A document whose commands are run has no shell in a block of another language."""
    text = path.read_text("utf-8")
    known = {"console", "text", "python", "pycon", "sql", "toml", "mermaid"}
    assert {language for language, _ in BLOCK.findall(text)} <= known
    assert text.count("```") == 2 * len(BLOCK.findall(text))


@each_document
def test_commands_and_options_exist(path: Path) -> None:
    """Every command that a document names exists, and has the options it is named with."""
    known = dict(commands())
    for text in spoken(path):
        words = text.split()
        name = max(
            (" ".join(words[:n]) for n in (1, 2, 3) if " ".join(words[:n]) in known), key=len
        )
        group = isinstance(known[name], click.Group)
        assert name != "crawlblock", text
        if group and len(words) > len(name.split()):
            assert words[len(name.split())].startswith("-"), text
        used = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text)) - FOREIGN
        quoted = {word for word in _quoted(text) if word.startswith("-")}
        assert used - quoted - _options(known[name]) <= {"--help"}, text


def _quoted(text: str) -> list[str]:
    """Return the words inside quotes, which are no options of ours."""
    return [word for part in re.findall(r"\"[^\"]*\"|'[^']*'", text) for word in part.split()]


def _options(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts} | ANYWHERE


@each_document
def test_options_in_prose_exist(path: Path) -> None:
    """An option that stands alone in a document is one of some command."""
    known = {name for _, command in commands() for name in _options(command)} | FOREIGN
    alone = {text.split()[0] for text in code(path) if text.startswith("--")}
    assert {word.split("=")[0] for word in alone} <= known | {"--help"}


@each_document
def test_targets_exist(path: Path) -> None:
    """Every target and variable of make that a document names is in the Makefile."""
    shells = [line for text in blocks(path, "console", "sh", "bash") for line in lines(text)]
    for text in [*shells, *code(path)]:
        if text.startswith("make "):
            for word in shlex.split(text)[1:]:
                target, is_variable, _ = word.partition("=")
                pattern = rf"^{target} \?=" if is_variable else rf"^{target}:"
                assert re.search(pattern, MAKEFILE, re.MULTILINE), text


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    """A relative link leads to a file that is there, and to a heading in it."""
    text = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", path.read_text("utf-8")))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        assert target.exists(), link
        if anchor:
            assert anchor in headings(target), link


@each_document
def test_files_exist(path: Path) -> None:
    """A file or folder that a document names is there, or is known to be made."""
    results = {f"{metric.name}.csv" for metric in metrics() + metrics("census")}
    results |= {"columns.csv", "replication.csv"}
    made = MADE | results | {f"{metric.name}.csv" for metric in COMPUTED}
    for text in code(path):
        if FILE.fullmatch(text) and text not in made:
            near = (ROOT / text, path.parent / text)
            assert any(place.exists() for place in near) or text in source_files(), text


@cache
def source_files() -> set[str]:
    """Return the names of the files in the folders of code."""
    folders = ("crawlblock", "tests", "benchmarks", "scripts")
    return {path.name for folder in folders for path in (ROOT / folder).rglob("*.*")}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_sessions_of_python(path: Path) -> None:
    """A session of Python in a document prints what it says."""
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for text in blocks(path, "pycon"):
        runner.run(parser.get_doctest(text, {}, name_of(path), str(path), 0))
    assert runner.summarize().failed == 0


@pytest.mark.parametrize("path", [README, TUTORIAL, HOWTO], ids=name_of)
def test_python(path: Path, world: Path, shell: dict[str, str]) -> None:
    """A block of Python in a document runs in a folder with a database."""
    for text in blocks(path, "python"):
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=world, env=shell, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


ONE_BY_ONE = """
import sys
for number, text in enumerate(sys.argv[1:]):
    exec(compile(text, f"script {number}", "exec"), {"__name__": "__main__"})
"""


def test_python_api(shell: dict[str, str], tmp_path: Path) -> None:
    """The scripts that the API's document shows run one after the other."""
    hosts = ["nytimes.com", "github.com", "reddit.com"]  # as in the first of them
    sample = small(tmp_path / "facts", hosts, ["DEMO-2023-40", "DEMO-2024-18"])
    called("demo", sample, tmp_path / "build" / "demo")
    scripts = blocks(ROOT / "docs" / "api.md", "python")
    assert len(scripts) > 1 and all(host in scripts[0] for host in hosts)
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, *scripts], cwd=tmp_path, env=shell, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "6 True" in done.stdout and "did you mean GPTBot?" in done.stdout
    assert (tmp_path / "chart.svg").is_file()


@pytest.mark.parametrize("text", blocks(HOWTO, "sql"))
def test_sql(text: str, world: Path, tmp_path: Path) -> None:
    """A question in the how-to is answered with rows by a database."""
    (tmp_path / "question.sql").write_text(text)
    database = world / "data" / "crawlblock.duckdb"
    answer = tmp_path / "answer.csv"
    called("sql", tmp_path / "question.sql", "--db", database, "--to", answer)
    assert len(answer.read_text().splitlines()) > 1


def test_entries_have_known_keys() -> None:
    """The entries of a registry that the how-to shows have the keys that entries have."""
    shown = [tomllib.loads(text) for text in blocks(HOWTO, "toml")]
    for entry in shown:
        ((name, (found,)),) = entry.items()
        path = ROOT / "crawlblock" / "registry" / f"{name}s.toml"
        real = tomllib.loads(path.read_text("utf-8"))[name]
        assert set(found) <= {key for each in real for key in each}
    assert [*map(list, shown)] == [["crawler"], ["template"]]


def test_reference_is_current() -> None:
    """The committed reference is what the code says now; `make docs` derives it."""
    text = derive_docs().reference()
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == text
    assert all(f"### {name}\n" in text for name, _ in every_command(cli, "crawlblock"))


def test_results_are_described() -> None:
    """The reference says of every column of every result file what it holds."""
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    described = set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))
    results = text[text.index("## Result files\n") :]
    listed = re.findall(r"^Columns: (.*)\.$", results, re.MULTILINE)
    assert len(listed) == len(metrics()) + len(metrics("census")) + len(COMPUTED) + 1
    assert {name for each in listed for name in re.findall(r"`(\w+)`", each)} <= described


def test_variables_are_read() -> None:
    """Every variable of the environment in the reference is read by the code."""
    code_of_ours = "".join(p.read_text("utf-8") for p in (ROOT / "crawlblock").rglob("*.py"))
    missing = [name for name in derive_docs().VARIABLES if name not in code_of_ours]
    assert missing == ["HTTPS_PROXY"] and "getproxies()" in code_of_ours


def test_breaks_are_documented() -> None:
    """The method has a row for each break of the archive."""
    text = (ROOT / "docs" / "method.md").read_text("utf-8")
    documented = re.findall(r"^\| (CC-MAIN-[\d-]+) \|", text, re.MULTILINE)
    assert documented == [each.crawl for each in registry.breaks()]


def test_every_document_is_found() -> None:
    """The README leads to every document in docs/."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert all(f"](docs/{path.name}" in text for path in (ROOT / "docs").glob("*.md"))
