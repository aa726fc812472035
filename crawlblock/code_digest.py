"""Digests of code and of the data beside it, by what they do: comments and layout do not count.

They say what a stored conclusion or result was made with.  A module counts by its syntax tree
without docstrings, together with every module of this package that it imports, also indirectly.  A
package's `__init__` counts only where something in it is imported.
"""

import ast
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import resolve_name

_PACKAGE = __name__.partition(".")[0]
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # of statements in a statement
# Literals are kept as they are, and what is between them without comments and with single spaces.
_SQL = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$.*?\$\$)|(?:--[^\n]*|/\*.*?\*/|\s)+""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Module:
    """What a module of this package does, and what it may take from others."""

    digest: str
    names: frozenset[str]  # bound at its top level
    imports: frozenset[tuple[str, str | None]]  # a module, and the name taken from it


def digest(*parts: str) -> str:
    """Return a digest of texts in their order."""
    hashed = hashlib.blake2b(digest_size=8)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        hashed.update(len(content).to_bytes(8) + content)
    return hashed.hexdigest()


@cache
def code_digest(*roots: str) -> str:
    """Return a digest of modules of this package and of all that they import from it.

    Raises ModuleNotFoundError for a root that does not exist.
    """
    return digest(*(f"{name}={module_digest(name)}" for name in imported_by(*roots)))


def module_digest(name: str) -> str:
    """Return a digest of one module alone; raises ModuleNotFoundError if it does not exist."""
    return _known(name).digest


def imported_by(*roots: str) -> list[str]:
    """Return the names of modules and of all modules of this package that they import, sorted."""
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _needed(_known(name))
    return sorted(found)


@cache
def data_digest(*folder: str) -> str:
    """Return a digest of the files that are not Python in a folder of this package."""
    entries = sorted(files(_PACKAGE).joinpath(*folder).iterdir(), key=lambda entry: entry.name)
    data = [e for e in entries if e.is_file() and not e.name.endswith((".py", ".pyc", ".typed"))]
    return digest(*(f"{entry.name}={_content(entry)}" for entry in data))


def squeezed(sql: str) -> str:
    """Return SQL without comments and with single spaces between its words."""
    return _SQL.sub(lambda found: found[1] or " ", sql).strip()


def _content(file: Traversable) -> str:
    """Return what a file says, without comments where its format is known."""
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    if file.name.endswith(".sql"):
        return squeezed(text)
    return repr(tomllib.loads(text)) if file.name.endswith(".toml") else text


def _known(name: str) -> _Module:
    module = _module(name)
    if module is None:
        raise ModuleNotFoundError(f"{name}: there is no such module to make a digest of")
    return module


@cache
def _module(name: str) -> _Module | None:
    """Return a module of this package, None if there is none of that name."""
    if (file := _files().get(name)) is None:
        return None
    tree = ast.parse(file.read_bytes())
    parent = name if file.name == "__init__.py" else name.rpartition(".")[0]
    return _Module(digest(_spelled(tree)), frozenset(_bound(tree)), frozenset(_taken(tree, parent)))


@cache
def _files() -> dict[str, Traversable]:
    """Return the file of each module of this package."""
    return dict(_files_in(files(_PACKAGE), _PACKAGE))


def _files_in(folder: Traversable, package: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        stem, _, ending = entry.name.rpartition(".")
        if entry.name == "__init__.py":
            yield package, entry
        elif ending == "py":
            yield f"{package}.{stem}", entry
        elif entry.is_dir():
            yield from _files_in(entry, f"{package}.{entry.name}")


def _needed(module: _Module) -> Iterator[str]:
    """Return the modules that a module imports, or whose `__init__` has a name it imports."""
    for base, name in module.imports:
        origin = _module(base)
        inner = None if name is None else _module(f"{base}.{name}")
        if inner is not None:
            yield f"{base}.{name}"
        if origin is not None and (inner is None or name in origin.names):
            yield base


def _taken(tree: ast.Module, package: str) -> Iterator[tuple[str, str | None]]:
    """Return what a module imports anywhere, also within functions."""
    for node in _statements(tree.body):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((base, alias.name) for alias in node.names)


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Return statements with those inside of them, but not their expressions, which are many."""
    for node in nodes:
        yield node
        for block in _BLOCKS:
            yield from _statements(getattr(node, block, ()))


def _bound(tree: ast.Module) -> Iterator[str]:
    """Return the names that a module defines or imports at its top level."""
    for node in tree.body:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign() | ast.AnnAssign():
                yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _spelled(tree: ast.AST) -> str:
    """Return a syntax tree as text, the same for every version of Python.

    `ast.dump` is not: versions differ in whether they write a field that is empty.
    """
    pieces: list[str] = []
    _spell(tree, pieces.append)
    return "".join(pieces)


def _spell(node: object, put: Callable[[str], None]) -> None:
    if isinstance(node, ast.AST):
        put(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name != "kind":
                put(f"{name}=")
                _spell(value, put)
        put(")")
    elif isinstance(node, list):
        put("[")
        for each in node:
            if not _is_string(each):
                _spell(each, put)
        put("]")
    else:
        put(f"{node!r},")


def _is_string(node: object) -> bool:
    """Tell whether a statement is only a string, as a docstring is."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False
