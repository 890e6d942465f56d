"""`python -m consent` is the command `consent`."""

from __future__ import annotations

from consent.cli import main

if __name__ == "__main__":
    main(prog_name="consent")
