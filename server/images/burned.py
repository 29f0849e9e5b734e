"""Burns of images that were withdrawn, found when their letters come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from server.images.queries import WITHDRAWN, Image, images_by_sha256
from server.units.flows import Finding
from server.wire.burn import BurnLetter


class BurnedImages:
    """The images of some burn letters, as they stand in the transaction that keeps the letters."""

    def __init__(self, connection: sa.Connection, letters: Iterable[BurnLetter]) -> None:
        digests = {digest for letter in letters for digest in digests_of(letter)}
        self._images = images_by_sha256(connection, digests) if digests else {}

    def of(self, letter: BurnLetter) -> Image | None:
        """The image that was burned, by its file or its content; None where it is not on record."""
        return next((self._images[digest] for digest in digests_of(letter) if digest in self._images), None)

    def findings(self, letter: BurnLetter) -> Iterator[Finding]:
        """Whenever it was burned: an IC with a withdrawn image is not to be used."""
        image = self.of(letter)
        if image is not None and image.state == WITHDRAWN:
            yield Finding("image", f"the image {image.name} {image.version} is withdrawn")


def digests_of(letter: BurnLetter) -> tuple[str, ...]:
    """What names the image in a letter: first its file, then what was to be written."""
    named = (letter.image.file_sha256 or "", letter.image.sha256)
    return tuple(digest for digest in named if digest)
