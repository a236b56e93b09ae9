"""Damage to bytes, as disks, networks and malice do it."""

FEW = 64  # bytes
HEADER = 512  # bytes at the beginning, where a file says what it is


def mutated(data, rng, others=()):
    """Some bytes damaged in one to three ways; `others` are files of which a piece may get in."""
    ways = [_flipped, _extreme, _cut, _torn_out, _repeated, _zeroed] + ([_mixed] if others else [])
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        if data:
            ways[rng.integers(len(ways))](data, rng, others)
    return bytes(data)


def _place(data, rng):
    """Where: in half of the cases within the header."""
    return int(rng.integers(min(len(data), HEADER) if rng.random() < 0.5 else len(data)))


def _flipped(data, rng, _):
    for _ in range(rng.integers(1, 9)):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _extreme(data, rng, _):
    place, length = _place(data, rng), int(rng.choice([1, 2, 4, 8]))
    value = [b"\x00" * length, b"\xff" * length, b"\x7f" + b"\xff" * (length - 1), b"\x80" + b"\x00" * (length - 1)]
    data[place : place + length] = value[rng.integers(4)]


def _cut(data, rng, _):
    del data[_place(data, rng) :]


def _torn_out(data, rng, _):
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, FEW))]


def _repeated(data, rng, _):
    place = _place(data, rng)
    data[place:place] = data[place : place + int(rng.integers(1, FEW))] * int(rng.integers(1, 50))


def _zeroed(data, rng, _):
    place, length = _place(data, rng), int(rng.integers(1, 4096))
    data[place : place + length] = bytes(len(data[place : place + length]))


def _mixed(data, rng, others):
    other = others[rng.integers(len(others))]
    start = int(rng.integers(len(other)))
    place = _place(data, rng)
    data[place : place + FEW] = other[start : start + int(rng.integers(1, 2048))]
