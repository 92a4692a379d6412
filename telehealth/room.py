"""The consultation room: what an organisation has decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VideoFit(StrEnum):
    """How a picture stands in its frame (S002-41): it fills the frame and is cut, or is whole with bars beside it."""

    COVER = "cover"
    CONTAIN = "contain"


@dataclass(frozen=True)
class Room:
    """`settings_first`: whoever enters sees the device settings before the other side (S002-42). `stop_without_camera`:
    whoever has no working camera is asked how to go on (S002-46). `allow_resolution_change` is S002-43.
    """

    settings_first: bool
    stop_without_camera: bool
    allow_resolution_change: bool
    video_fit: VideoFit
    screen_sharing: bool
