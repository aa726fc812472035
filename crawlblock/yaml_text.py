"""Values as YAML.  JSON is valid YAML, except for one kind of escape."""

import json
import re

_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")


def as_yaml(value: object) -> str:
    """Return a value that JSON can express as YAML: one line, ASCII below U+10000.

    JSON writes a character above U+FFFF as two escapes, which YAML reads as two wrong characters.
    """
    return _PAIR.sub(lambda pair: str(json.loads(f'"{pair[0]}"')), json.dumps(value))
