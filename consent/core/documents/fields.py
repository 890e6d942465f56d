"""Every column in which something about a visitor's act is kept."""

from __future__ import annotations

# In the order of the table; the catalogue says under `field.<column>` what each is for.
COLUMNS = (
    "id",
    "at",
    "site",
    "event",
    "choices",
    "control",
    "layer",
    "language",
    "notice",
    "scope",
    "build",
    "valid_until",
    "page_group",
    "prev",
    "subject",
    "gpc",
    "payload",
    "salt",
    "entry",
)
