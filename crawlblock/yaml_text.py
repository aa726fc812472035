"""Values as YAML, of which JSON is a part but for one kind of escape."""

import json
import re

_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")


def as_yaml(value: object) -> str:
    """Return what JSON can say as YAML, in one line of ASCII but for characters above U+FFFF.

    JSON spells these as two escapes, which YAML reads as two characters that are none.
    """
    return _PAIR.sub(lambda pair: str(json.loads(f'"{pair[0]}"')), json.dumps(value))
