"""Find files that ship with the package but live outside it in a source tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Return the path of `name` ("migrations", "static/js/dist", …), in a wheel or a clone.

    Raises FileNotFoundError when neither has it.
    """
    for root in (_PACKAGE.parent, _PACKAGE / "_bundled"):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing from this installation of consent")
