"""Departments: the units inside an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned

if TYPE_CHECKING:
    from telehealth.practitioner import PractitionerRole


class Department(Owned, Base):
    """A unit of the organisation, with its own people and waiting room (S002-56).

    The texts are read by whoever opens an appointment's link, empty where our own words do (S002-177). The page and the
    film are for people who wait: addresses on a site of the clinic, nothing where they are empty (S002-50, S002-52).
    """

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))
    __translatable__ = {
        "name": "line", "description": "line", "early_text": "text", "on_time_text": "text", "late_text": "text",
        "over_text": "text", "page_label": "line", "film_label": "line", "film_words": "text",
    }  # fmt: skip
    __tracked__ = (
        "name", "description", "colour", "position", "active", "early_text", "on_time_text", "late_text", "over_text",
        "page_label", "page_url", "film_label", "film_url", "film_still_url", "film_captions_url", "film_words",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    colour: Mapped[str] = mapped_column(String(7), default="#0b6e6e")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    early_text: Mapped[str] = mapped_column(Text, default="")
    on_time_text: Mapped[str] = mapped_column(Text, default="")
    late_text: Mapped[str] = mapped_column(Text, default="")
    over_text: Mapped[str] = mapped_column(Text, default="")
    page_label: Mapped[str] = mapped_column(String(60), default="")
    page_url: Mapped[str] = mapped_column(String(300), default="")
    film_label: Mapped[str] = mapped_column(String(60), default="")
    film_url: Mapped[str] = mapped_column(String(300), default="")
    film_still_url: Mapped[str] = mapped_column(String(300), default="")
    film_captions_url: Mapped[str] = mapped_column(String(300), default="")
    film_words: Mapped[str] = mapped_column(Text, default="")
    roles: Mapped[list[PractitionerRole]] = relationship(
        primaryjoin="Department.id == foreign(PractitionerRole.department_id)", back_populates="department"
    )

    @property
    def team(self) -> str:
        """The name under which patients book whoever is free; empty when they book persons only."""
        teams = (held.practitioner for held in self.roles if held.role == "team")
        return next((team.name for team in teams if team.active), "")

    def __str__(self) -> str:
        return self.name
