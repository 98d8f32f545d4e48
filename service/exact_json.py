"""Numbers that go back as they came: 7.40 stays 7.40, although everything in between sees the float 7.4.

A draft order is returned whole with one dosage changed; its other numbers must not change in the least.
"""

import msgspec


class WrittenNumber(float):
    """A float that remembers how it was written in JSON."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> "WrittenNumber":
        """The number in a JSON literal."""
        number = super().__new__(cls, written)
        number.written = written
        return number


def _as_written(value: object) -> msgspec.Raw:
    if isinstance(value, WrittenNumber):
        return msgspec.Raw(value.written.encode())
    raise TypeError(f"{type(value).__name__} has no JSON form")


DECODER = msgspec.json.Decoder(float_hook=WrittenNumber)
ENCODER = msgspec.json.Encoder(enc_hook=_as_written)
CANONICAL = msgspec.json.Encoder(enc_hook=_as_written, order="deterministic")
