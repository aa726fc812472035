"""Jinja2 templates of the page: whatever is put in is text, unless it is marked as HTML."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined


def filled_template(name: str, **values: object) -> str:
    """Return a template of this folder with these values; text is escaped."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: (files(__package__) / name).read_text("utf-8")),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
