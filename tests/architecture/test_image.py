"""The image's recipe: it copies what exists, installs from the locks, runs without privileges, and its steps are the ones
that `deploy/check_image_steps.sh` runs without a container engine."""

import re
import tomllib

from tests.checkout import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STEPS = (ROOT / "deploy" / "check_image_steps.sh").read_text()


def test_everything_copied_exists_and_reaches_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source.rstrip("/")
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in sources.split()
    ]
    assert len(copied) > 5
    assert [source for source in copied if not (ROOT / source).exists()] == []
    reached = {line.removeprefix("!").rstrip("/") for line in ignored if line.startswith("!")}
    assert {source.split("/")[0] for source in copied} <= reached


def test_every_shipped_package_is_copied() -> None:
    find = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    for pattern in find["include"]:
        assert f"COPY {pattern.rstrip('*')}/ " in DOCKERFILE


def test_the_same_scripts_run_without_an_engine() -> None:
    scripts = re.findall(r"(?:RUN|CMD \[.*) ?/?(?:opt/icu-twin/)?(deploy/\w+\.sh)", DOCKERFILE)
    assert scripts == ["deploy/create_environment.sh", "deploy/install_project.sh"]
    assert re.findall(r"^(deploy/\w+\.sh) ", STEPS, re.MULTILINE) == scripts
    assert "deploy/runtime.lock" in DOCKERFILE
    assert "deploy/runtime.lock" in STEPS


def test_it_runs_without_privileges_and_checks_its_health_without_a_shell() -> None:
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert "USER 10001:10001" in last_stage
    assert re.search(r'^HEALTHCHECK .*\\\n\s+CMD \["/opt/icu-twin/bin/python",', last_stage, re.MULTILINE)
    assert "healthcheck.py" in STEPS
    assert "pip install" not in last_stage
