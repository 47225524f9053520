"""The V2 text of HDR histograms, read within bounds: base64 of a zlib stream of run-length counts.

The text comes from a pod's log, so its size says nothing about what it unpacks to: 389 KB can
hold 591 MiB. Here it unpacks to what a histogram of our range can hold, and no further.
Format: HdrHistogram's encoding V2 (github.com/HdrHistogram/HdrHistogram, EncodableHistogram):
a cookie and a length; unpacked a header of 40 bytes, then counts as ZigZag LEB128, where a
negative one stands for that many empty buckets.
"""

import base64
import struct
import zlib
from collections.abc import Iterator

LOWEST_US = 1
HIGHEST_US = 120_000_000
DIGITS = 3

# 3 digits need 2 * 10^3 sub-buckets, rounded up to 2^11; the upper half of them repeats per octave.
HALF_BITS = 10
BUCKETS = (HIGHEST_US.bit_length() - HALF_BITS + 1) << HALF_BITS
_COMPRESSED_COOKIE, _COUNTS_COOKIE = 0x1C849304, 0x1C849303
_WORD_SIZE_BITS = 0xF0  # of a cookie
_OUTER, _HEADER = struct.Struct(">II"), struct.Struct(">IIIIQQd")
_COUNT_BYTES = 7  # 2^48 requests of one bucket: more than any trial, and sums stay below 2^63
_LONGEST = _HEADER.size + BUCKETS * _COUNT_BYTES


class HistogramTextError(ValueError):
    """A text is not a V2 HDR histogram of this project's range."""


def read_hdr_text(text: str) -> dict[int, int]:
    """Return the counts by bucket; HistogramTextError says what is wrong with the text."""
    try:
        payload = _unpacked(base64.b64decode(text, validate=True))
        cookie, length, _, *found, _ = _HEADER.unpack_from(payload)
    except (ValueError, struct.error, zlib.error) as err:
        raise HistogramTextError(f"not a V2 HDR histogram: {err}") from err
    counts = payload[_HEADER.size :]
    if cookie & ~_WORD_SIZE_BITS != _COUNTS_COOKIE or length != len(counts):
        raise HistogramTextError("not a V2 HDR histogram: its header does not fit its counts")
    if found != [DIGITS, LOWEST_US, HIGHEST_US]:
        raise HistogramTextError(
            f"a histogram of digits and range {found}, expected {[DIGITS, LOWEST_US, HIGHEST_US]}: "
            "the k6 image and the operator are of different versions"
        )
    return dict(_buckets(counts))


def _unpacked(packed: bytes) -> bytes:
    cookie, length = _OUTER.unpack_from(packed)
    if cookie & ~_WORD_SIZE_BITS != _COMPRESSED_COOKIE or length != len(packed) - _OUTER.size:
        raise HistogramTextError("not a V2 HDR histogram: its length is not what it says")
    stream = zlib.decompressobj()
    payload = stream.decompress(packed[_OUTER.size :], _LONGEST)
    if not stream.eof:
        raise HistogramTextError(f"not a V2 HDR histogram: cut, or longer than {_LONGEST} bytes")
    return payload


def _buckets(counts: bytes) -> Iterator[tuple[int, int]]:
    """Yield the buckets that hold anything, with their counts, from ZigZag LEB128.

    One loop, as an analysis decodes a hundred million bytes.
    """
    bucket = number = shift = 0
    for byte in counts:
        if byte >= 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
            if shift >= 7 * _COUNT_BYTES:
                raise HistogramTextError("a count of a histogram is too large")
            continue
        number |= byte << shift
        if number & 1:  # negative: so many empty buckets
            bucket += (number + 1) >> 1
        else:
            if number and bucket < BUCKETS:
                yield bucket, number >> 1
            bucket += 1
        if bucket > BUCKETS:
            raise HistogramTextError(f"a histogram of more than {BUCKETS} buckets")
        number = shift = 0
    if shift:
        raise HistogramTextError("the last count of a histogram is cut")
