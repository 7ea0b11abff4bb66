"""Access keys and their permissions, worded as the client words them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ALL_PERMISSIONS = frozenset(range(14))

WORDS = {
    0: "import and edit urls",
    1: "import and delete files",
    2: "edit file tags",
    3: "search for and fetch files",
    4: "manage pages",
    5: "manage cookies and headers",
    6: "manage database",
    7: "edit file notes",
    8: "edit file relationships",
    9: "edit file ratings",
    10: "manage popups",
    11: "edit file times",
    12: "commit pending",
    13: "see local file paths",
}
# Permissions of which one is enough to see the services, in the order of the client's sentence.
ANY_OF = (1, 9, 2, 7, 4, 8, 3)


@dataclass(frozen=True)
class AccessKey:
    """One key: its label, what it permits, and the one tag namespace that it may search, if it is filtered."""

    key: str
    name: str
    permissions: frozenset[int] = ALL_PERMISSIONS
    everything: bool = False
    only_namespace: str | None = None

    def answer(self) -> dict[str, Any]:
        """The body of `/verify_access_key`."""
        if self.everything:
            about = "can do anything"
        else:
            about = ", ".join(sorted(WORDS[one] for one in self.permissions))
            if 3 in self.permissions:
                about += ": Can search: "
                about += f"only allowing '{self.only_namespace}' tags" if self.only_namespace else "allowing all tags"
        return {
            "name": self.name,
            "permits_everything": self.everything,
            "basic_permissions": sorted(self.permissions),
            "human_description": f"API Permissions ({self.name}): {about}",
        }
