"""Arrays in .npz files whose bytes depend on the arrays and on the compressing library alone."""

import zipfile

import numpy as np

from data_loader.files import replacing


def write_arrays(file, arrays):
    """Write arrays, name to array, as a compressed .npz file without the time of day, which `np.savez` would note."""
    with replacing(file) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
