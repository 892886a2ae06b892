"""MurmurHash3, x64, 128 bits: the server names the state of a loop's value by it."""

from __future__ import annotations

MASK = (1 << 64) - 1
C1, C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def murmur3(text: str) -> str:
    """The hash of a text's UTF-8 bytes with seed 0, as 32 hexadecimal digits."""
    data = text.encode()
    h1 = h2 = 0
    full = len(data) // 16 * 16
    for start in range(0, full, 16):
        h1 = (rotated(h1 ^ first(data[start : start + 8]), 27) + h2) * 5 + 0x52DCE729 & MASK
        h2 = (rotated(h2 ^ second(data[start + 8 : start + 16]), 31) + h1) * 5 + 0x38495AB5 & MASK
    tail = data[full:]
    h1 ^= first(tail[:8]) ^ len(data)
    h2 ^= second(tail[8:]) ^ len(data)
    h1 = h1 + h2 & MASK
    h2 = h2 + h1 & MASK
    h1, h2 = final(h1), final(h2)
    h1 = h1 + h2 & MASK
    h2 = h2 + h1 & MASK
    return (h1.to_bytes(8, "little") + h2.to_bytes(8, "little")).hex()


def first(piece: bytes) -> int:
    return rotated(int.from_bytes(piece, "little") * C1 & MASK, 31) * C2 & MASK


def second(piece: bytes) -> int:
    return rotated(int.from_bytes(piece, "little") * C2 & MASK, 33) * C1 & MASK


def rotated(number: int, bits: int) -> int:
    return (number << bits | number >> 64 - bits) & MASK


def final(number: int) -> int:
    number = (number ^ number >> 33) * 0xFF51AFD7ED558CCD & MASK
    number = (number ^ number >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return number ^ number >> 33
