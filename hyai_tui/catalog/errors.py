"""How the catalog fails."""

from __future__ import annotations

from hyai_tui.errors import HyaiError


class CatalogError(HyaiError):
    """The catalog cannot be read or written. It holds nothing that a scan cannot read again."""
