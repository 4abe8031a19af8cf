"""Two hashes that the embedded engine lacks, over lists of numbers, whole columns at a time: FNV-1a and MurmurHash3.

A list of one value stands where a value is used more than once: a macro would write its whole text each time. No two
lambdas that meet have a name in common, since a macro's argument would take the inner one's.
"""

_LOW = 2**32 - 1


def _low(x: str) -> str:
    return f"(({x}) & {_LOW})"


def _turned(x: str, bits: int) -> str:
    return _low(f"({x} << {bits}) | ({x} >> {32 - bits})")


_FNV = 16_777_619
_FNV_START = 2_166_136_261


def _fnv(h: str, c: str) -> str:
    return _low(f"xor({h}, {c}) * {_FNV}")


_HIGH = "55296 + ((c - 65536) >> 10)"
_TAIL = "56320 + ((c - 65536) & 1023)"

HASHES = f"""\
CREATE MACRO fnv1a32(x) AS list_reduce(
  list_transform(string_split(x, ''), lambda c: CAST(unicode(c) AS UBIGINT)),
  lambda h, c: CASE WHEN c < 65536 THEN {_fnv("h", "c")} ELSE {_fnv(_fnv("h", _HIGH), _TAIL)} END,
  CAST({_FNV_START} AS UBIGINT));
CREATE MACRO murmur_blocks(hex) AS list_transform(
  list_transform(range(0, (length(hex) + 7) // 8),
                 lambda i: CAST('0x' || rpad(substr(hex, i * 8 + 1, 8), 8, '0') AS UBIGINT)),
  lambda k: ((k & 255) << 24) | ((k & 65280) << 8) | ((k >> 8) & 65280) | (k >> 24));
CREATE MACRO murmur_mixed(blocks) AS list_transform(
  list_transform(blocks, lambda k: {_low(f"k * {0xCC9E2D51}")}),
  lambda k: {_low(f"{_turned('k', 15)} * {0x1B873593}")});
CREATE MACRO murmur_folded(blocks, size, seed) AS list_reduce(
  blocks,
  lambda a, k, i: CASE WHEN i * 4 > size THEN xor(a, k)
                       ELSE {_low(f"{_turned('xor(a, k)', 13)} * 5 + {0xE6546B64}")} END,
  CAST(seed AS UBIGINT));
CREATE MACRO murmur_last(h) AS list_transform(
  list_transform(list_transform([h], lambda v: {_low(f"xor(v, v >> 16) * {0x85EBCA6B}")}),
                 lambda v: {_low(f"xor(v, v >> 13) * {0xC2B2AE35}")}),
  lambda v: xor(v, v >> 16))[1];
CREATE MACRO murmur3_32(x, seed) AS list_transform(
  [hex(encode(x))],
  lambda digits: murmur_last(xor(murmur_folded(murmur_mixed(murmur_blocks(digits)), length(digits) // 2, seed),
                            CAST(length(digits) // 2 AS UBIGINT))))[1];
"""
"""``fnv1a32(text)`` over UTF-16 code units, ``murmur3_32(text, seed)`` over UTF-8 bytes; both are unsigned, of 32 bits.

FNV: Fowler, Noll and Vo, IETF draft-eastlake-fnv. Murmur: A. Appleby, SMHasher, MurmurHash3_x86_32; the last block is
padded with zeros, which mix to nothing, and is not folded on.
"""
