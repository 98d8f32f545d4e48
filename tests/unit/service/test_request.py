"""Bodies of calls: what is needed is read strictly, what nobody asks for has only to be well-formed."""

import json

import pytest

from service.errors import BadHookRequest
from service.hooks import request
from tests import calls

BODY = json.dumps(calls.request()).encode()


def sent(literal: bytes) -> bytes:
    """A good call with one more prefetch key."""
    body = BODY.replace(b'"prefetch": {', b'"prefetch": {"more": ' + literal + b", ", 1)
    assert body != BODY
    return body


def test_a_prefetch_key_becomes_a_value_when_it_is_read() -> None:
    call = request.read(sent(b'[7, {"a": null}]'))
    assert "more" in call.prefetch
    assert call.prefetch["more"] == [7, {"a": None}]
    assert call.prefetch["more"] is call.prefetch["more"]
    assert set(call.prefetch) == {"more", *calls.prefetch()}
    assert dict(request.read(BODY).prefetch) == calls.prefetch()


@pytest.mark.parametrize("literal", [b"1e400", b"-1e400", b"[" + b"7" * 5000 + b"]"], ids=["large", "low", "long"])
def test_a_number_out_of_range_harms_only_where_it_is_read(literal: bytes) -> None:
    call = request.read(sent(literal))
    assert call.patient_id
    assert "more" in call.prefetch
    with pytest.raises(BadHookRequest):
        _ = call.prefetch["more"]


@pytest.mark.parametrize(
    "literal",
    [b"NaN", b"[1,]", b'{"a": 1', b'"\xff"', b'"\\ud800"', b"[" * 70 + b"]" * 70],
    ids=["NaN", "comma", "cut", "not UTF-8", "surrogate", "deep"],
)
def test_what_nobody_reads_has_to_be_well_formed(literal: bytes) -> None:
    with pytest.raises(BadHookRequest):
        request.read(sent(literal))


@pytest.mark.parametrize("nothing", [b"null", b"{}", b"[]", b'""', b"false", b"0"])
def test_a_prefetch_that_is_nothing_is_none(nothing: bytes) -> None:
    document = {**calls.request(), "prefetch": 4711}
    assert not request.read(json.dumps(document).encode().replace(b"4711", nothing)).prefetch
