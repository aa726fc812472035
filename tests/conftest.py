"""What all tests share: the material beside the repository, used where it is present."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared material; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the shared material is not beside the repository")
    return SHARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted, such as the number of answers that were compared."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "proof":
                terminalreporter.write_line(f"proof: {value}")
