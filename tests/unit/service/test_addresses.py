"""Addresses are judged without being looked up."""

import pytest

from service.addresses import normalised_base, within

BASE = "https://ehr.example/fhir/r4"


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("https://EHR.example/fhir/", "https://ehr.example/fhir"),
        ("https://ehr.example:443/fhir", "https://ehr.example/fhir"),
        ("http://127.0.0.1:8080/fhir", "http://127.0.0.1:8080/fhir"),
        ("http://[::1]:8080/fhir", "http://[::1]:8080/fhir"),
        ("https://ehr.example", "https://ehr.example"),
    ],
)
def test_one_base_has_one_form(written: str, base: str) -> None:
    assert normalised_base(written) == base


@pytest.mark.parametrize(
    "written",
    [
        "file:///etc/passwd",
        "ftp://ehr.example/fhir",
        "//ehr.example/fhir",
        "ehr.example/fhir",
        "https://user@ehr.example/fhir",
        "https://ehr.example@evil.example/fhir",
        "https://ehr.example/fhir/../admin",
        "https://ehr.example/fhir/%2e%2e/admin",
        "https://ehr.example/fhir?x=1",
        "https://ehr.example/fhir#x",
        "https://ehr.example\\@evil.example/fhir",
        "https://ehr.example/ fhir",
        "https://ehr.example/fhir\r\nX: y",
        "https://ehr.example:99999/fhir",
        "https://ehr.example:0/fhir",
        "http://169.254.169.254/latest",
        "http://[fd00:ec2::254]/latest",
        "https://[::1",
        "https://ärzte.example/fhir",
        "https://\u2024.example/fhir",
        "",
    ],
)
def test_what_is_no_plain_base_is_none(written: str) -> None:
    assert normalised_base(written) is None


@pytest.mark.parametrize(
    ("found", "address"),
    [
        (f"{BASE}/Observation?page=2", f"{BASE}/Observation?page=2"),
        (f"{BASE}?_getpages=abc", f"{BASE}?_getpages=abc"),
        ("Patient/1", f"{BASE}/Patient/1"),
        ("/fhir/r4/Patient/1", f"{BASE}/Patient/1"),
        ("HTTPS://EHR.EXAMPLE/fhir/r4/Patient/1", "https://EHR.EXAMPLE/fhir/r4/Patient/1"),
    ],
)
def test_what_stays_under_the_base_may_be_followed(found: str, address: str) -> None:
    assert within(found, BASE) == address


@pytest.mark.parametrize(
    "found",
    [
        "https://evil.example/fhir/r4/Observation",
        "https://ehr.example.evil.example/fhir/r4/Observation",
        "https://ehr.example/fhir/r4evil/Observation",
        "https://ehr.example/other",
        "https://ehr.example:8443/fhir/r4/Observation",
        "http://ehr.example/fhir/r4/Observation",
        "https://a@ehr.example/fhir/r4/Observation",
        "../../admin",
        "//evil.example/fhir/r4/x",
        "file:///fhir/r4/x",
        f"{BASE}/x#y",
    ],
)
def test_what_leaves_the_base_may_not(found: str) -> None:
    assert within(found, BASE) is None
