"""A figure as it is printed: name, value, unit, the best peer's value and the ratio to it."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`peer` names whom we compare with; `peer_value` is in the same unit and measured, by us or where it says."""

    name: str
    value: float
    unit: str
    budget: str
    peer: str | None = None
    peer_value: float | None = None

    def as_line(self) -> str:
        ratio = round(self.value / self.peer_value, 3) if self.peer_value else None
        peer = f"{self.peer}: {self.peer_value:g}" if self.peer else None
        value = round(self.value, 3)
        return json.dumps(
            {"name": self.name, "value": value, "unit": self.unit, "peer": peer, "ratio": ratio, "budget": self.budget}
        )
