"""Mutated and malicious archives, where a download would be unpacked."""

import gzip
import io
import tarfile

from data_loader import UserError
from data_loader import oxford_flowers as oxford
from tests.data_loader.small_set import add_file
from tests.stress.campaign import Part
from tests.stress.mutations import mutated

OUTSIDE = [
    "../evil",
    "jpg/../../evil",
    "/{root}/evil",
    "jpg/./../../evil",
    "jpg//../..//evil",
    "..",
    "jpg\\..\\..\\evil",
]
KINDS = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
BOMB = 2**40  # bytes that a member says it has


class Archives(Part):
    """An archive is unpacked into its folder, or refused by a `UserError`, and nothing lands outside."""

    whole = 1000
    gigabytes = 4

    def trial(self, rng):
        archive, target, beside = self.folder / "set.tgz", self.folder / "target", self.folder / "beside"
        for folder in (target, beside):
            folder.mkdir(exist_ok=True)
        archive.write_bytes(self.content(rng))
        try:
            oxford.unpack(archive, target)
        except (UserError, OSError, tarfile.TarError, EOFError) as error:
            # The last three are of a damaged file, and told by who calls `unpack`.
            if isinstance(error, UserError) and "delete the archive" not in str(error):
                return f"no advice: {error}"
        finally:
            strays = {path.name for path in self.folder.iterdir()} - {"set.tgz", "target", "beside"}
            links = [path for path in target.rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]
            _empty(self.folder)
        if strays or links:
            return f"outside of the folder, or no file: {strays | {str(link) for link in links}}"
        return None

    def content(self, rng):
        """The bytes of an archive: whole, with a wicked member, or mutated before or after compression."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for number in range(int(rng.integers(1, 5))):
                add_file(tar, f"jpg/image_{number:05d}.jpg", bytes(rng.bytes(200)))
                if rng.random() < 0.5:
                    self._add_wicked(tar, rng)
        data = stream.getvalue()
        data = mutated(data, rng) if rng.random() < 0.5 else data
        data = gzip.compress(data, 1)
        return mutated(data, rng) if rng.random() < 0.3 else data

    def _add_wicked(self, tar, rng):
        name = OUTSIDE[rng.integers(len(OUTSIDE))].format(root=self.folder)
        info = tarfile.TarInfo(name if rng.random() < 0.6 else "jpg/image_00001.jpg")
        if rng.random() < 0.6:
            info.type = KINDS[rng.integers(len(KINDS))]
            info.linkname = str(rng.choice(["/etc/passwd", "../beside", "../../evil", "jpg", "."]))
        if rng.random() < 0.2:
            info.size = BOMB
        tar.addfile(info)


def _empty(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
