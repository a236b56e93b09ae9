"""What the process keeps of the memory that arrays leave behind."""

import ctypes
import sys

# Names and numbers from glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


def keep_freed_memory():
    """Let glibc keep the memory of freed tensors instead of giving it back to the kernel at once.

    A training step frees and takes the same gigabyte again. Handing it back each time costs a page fault for every
    4 KiB of it: half of the whole step's time was measured to go there, and a sixth of that of measuring pictures.
    Elsewhere than on glibc nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 2**27)
