"""What printing needs of its surroundings: the master keys, the high-water file, the address."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.settings import Settings
from labels.keys import HighWater, KeyRing, read_environment, read_folder

HIGH_WATER_FILE = "high-water.json"


@dataclass(frozen=True)
class Press:
    """Where codes are made and read. `origin` is printed in every link, https://HOST.

    `sample` says that the labels carry 示例. Views hand the press to verbs, which know no settings.
    """

    origin: str
    folder: Path
    high_water: HighWater
    sample: bool = False
    environment: KeyRing = field(default_factory=lambda: KeyRing({}), repr=False)
    _held: dict[int, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def masters(self, live: Collection[int] = ()) -> Mapping[int, bytes]:
        """The masters held here, read again where one of the epochs `live` is not among them.

        So a key that another process made is found as soon as the database knows of it. Raises
        KeyFileError for a file that cannot be used.
        """
        if any(epoch not in self._held for epoch in live):
            self._held.update(self.environment.masters)
            if self.folder.is_dir():
                self._held.update(read_folder(self.folder).masters)
        return self._held


@lru_cache(maxsize=4)
def press_of(settings: Settings) -> Press:
    """The press of a house, made once for each process."""
    return Press(
        origin=settings.label_origin,
        folder=settings.keys,
        high_water=HighWater(settings.keys / HIGH_WATER_FILE),
        sample=settings.sample,
        environment=read_environment(os.environ),
    )
