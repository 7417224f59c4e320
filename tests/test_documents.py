"""The documents: what they name exists, what they say of settings is true, the diagram is fresh."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from flask import Flask

import config
from scripts import diagram
from scripts.screenshots import IN_README
from servicedesk import cli
from servicedesk.demo.people import DEMO_ACCOUNTS

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
DECISIONS = sorted(f"docs/decisions/{path.name}" for path in (ROOT / "docs/decisions").glob("*.md"))
DOCUMENTS = (*READMES, "docs/architecture.md", "docs/operations.md", *DECISIONS)
MADE_LATER = (".venv/", ".env", "docs/screenshots/")
SUFFIXES = (".md", ".py", ".toml", ".txt", ".yaml")

LINE = re.compile(r"^#([A-Z_]+)=(.*)$", re.MULTILINE)
WRONG = {
    "DATABASE_URL": ("mysql://somewhere/db", "sqlite:///:memory:", "sqlite:///"),
    "SECRET_KEY": ("too short",),
    "PORT": ("0", "65536", "http"),
    "BASE_URL": ("servicedesk.example",),
    "SECURE_COOKIES": ("perhaps",),
    "TRUSTED_PROXIES": ("6", "-1", "1.5"),
    "UPLOAD_MAX_MIB": ("0", "201"),
    "UPLOAD_MAX_FILES": ("0", "51"),
    "RATE_LIMITS": ("2",),
    "SMTP_URL": ("mail.example:25",),
    "TICK_SECONDS": ("0", "301"),
    "DEMO": ("maybe",),
}
ANY_TEXT = {"DATA_DIR", "MAIL_FROM", "HOST"}


def read(name: str) -> str:
    """Return a document's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(name: str) -> str:
    """Return a document's code, blocks and spans, one a line."""
    text, found = read(name), []
    for block in re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL):
        found.append(block.strip("`"))
        text = text.replace(block, "")
    return "\n".join([*found, *re.findall(r"`([^`\n]+)`", text)])


# --- settings --------------------------------------------------------------------------------


class Recorded(dict[str, str]):
    """An environment that remembers which names were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def shown() -> dict[str, str]:
    """Return the settings of .env.example with their defaults."""
    return dict(LINE.findall(read(".env.example")))


def comment_on(name: str) -> str:
    """Return what .env.example says of a setting."""
    before = read(".env.example").partition(f"\n#{name}=")[0]
    return " ".join(before.rpartition("\n\n")[2].replace("#", "").split())


def test_the_example_names_exactly_the_settings(tmp_path: Path) -> None:
    environment = Recorded({"DATA_DIR": str(tmp_path)})
    config.load(environment)
    commands = Flask("commands")
    cli.register(commands)
    serve = commands.cli.commands["serve"]
    of_serve = {str(option.envvar) for option in serve.params if option.envvar}
    assert set(shown()) == environment.asked | of_serve
    assert len(LINE.findall(read(".env.example"))) == len(shown()), "a setting stands twice"


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    here = {"DATA_DIR": str(tmp_path)}
    assert config.load(shown() | here) == config.load(here)


@pytest.mark.parametrize("name", sorted(shown()))
def test_the_example_gives_the_bounds(name: str, tmp_path: Path) -> None:
    assert comment_on(name)
    bounds = re.search(r"[Ww]hole number from (\d+) to (\d+)", comment_on(name))
    for value in bounds.groups() if bounds else ():
        config.load({name: value, "DATA_DIR": str(tmp_path)})
    for value in (int(bounds[1]) - 1, int(bounds[2]) + 1) if bounds else ():
        with pytest.raises(config.ConfigError):
            config.load({name: str(value), "DATA_DIR": str(tmp_path)})


def test_every_setting_that_can_be_wrong_is_tried() -> None:
    assert set(WRONG) | ANY_TEXT == set(shown())


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in WRONG.items() for v in vs])
def test_a_wrong_setting_is_named_in_one_sentence(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError) as error:
        config.load({name: value, "DATA_DIR": str(tmp_path)})
    sentence = str(error.value)
    assert sentence.startswith(name) and sentence.endswith(".") and "\n" not in sentence


def test_a_wrong_setting_stops_the_start(tmp_path: Path) -> None:
    environment = {**os.environ, "TRUSTED_PROXIES": "many", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("The service desk cannot start: TRUSTED_PROXIES must be ")
    assert done.stderr.count("\n") == 1


# --- the diagram -----------------------------------------------------------------------------


def test_the_workflow_in_the_document_is_the_one_in_the_code() -> None:
    document = read("docs/architecture.md")
    assert diagram.rewritten(document) == document, "run: python -m scripts.diagram --write"


# --- what documents name ---------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for line in code_of(name).splitlines():
        if line.startswith("make "):
            assert set(line.split()[1:]) <= targets, line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_flask_commands_and_their_options_exist(name: str) -> None:
    app = Flask("commands")
    cli.register(app)
    for line in code_of(name).splitlines():
        if found := re.match(r"(?:ExecStart=)?(?:\S*/)?flask (.+)", line):
            _check_command(app.cli, found[1].split())


def _check_command(group: click.Group, words: list[str]) -> None:
    command = group.commands.get(words[0])
    assert command is not None, words
    if isinstance(command, click.Group):
        if words[1:]:
            _check_command(command, words[1:])
        return
    options = {option for param in command.params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("name", DOCUMENTS)
def test_modules_that_are_run_exist(name: str) -> None:
    for module in re.findall(r"python -m ([\w.]+)", read(name)):
        assert importlib.util.find_spec(module) is not None, module


def paths_in(name: str) -> Iterator[str]:
    """Yield the files and folders that a document names, from the root of the repository."""
    for target in re.findall(r"\]\(([^)]+)\)", read(name)):
        yield os.path.normpath(os.path.join(os.path.dirname(name), target))
    for word in code_of(name).split():
        if re.fullmatch(r"[a-z.][\w./-]*/[\w./-]*|[\w.-]+", word) and (
            word.endswith((*SUFFIXES, "/")) or word.startswith(".")
        ):
            yield word


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_exist(name: str) -> None:
    named = [path for path in paths_in(name) if not path.startswith(MADE_LATER)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_screenshots_are_ones_that_are_taken(name: str) -> None:
    found = re.findall(r"docs/pictures/(([\w-]+)-(?:390|1440)-(?:light|dark))\.png", read(name))
    assert sorted(picture for picture, _page in found) == sorted(IN_README)
    for _picture, page in found:
        assert f'Shot("{page}"' in read("scripts/screenshots.py")


@pytest.mark.parametrize("name", READMES)
def test_the_accounts_are_those_of_the_demo(name: str) -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| `([^`]+)` \|", read(name), re.MULTILINE)
    assert rows == [(login, password) for _role, login, password in DEMO_ACCOUNTS]


@pytest.mark.parametrize("name", READMES)
def test_every_promise_is_in_one_of_the_two_lists(name: str) -> None:
    tested = re.findall(r"^\| (\d+) \|.*`tests/", read(name), re.MULTILINE)
    not_yet = re.findall(r"^- (\d+)[:：]", read(name), re.MULTILINE)
    assert sorted(int(number) for number in tested + not_yet) == list(range(1, 26))


def test_the_two_languages_name_the_same() -> None:
    assert code_of(READMES[0]).split() == code_of(READMES[1]).split()


def test_decisions_are_numbered_and_have_their_parts() -> None:
    for number, name in enumerate(DECISIONS, 1):
        text = read(name)
        assert text.startswith(f"# {number:04d} "), name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context", "Decision", "Consequences",
        ]  # fmt: skip


def test_public_passwords_are_for_this_machine_only() -> None:
    """An installation that others can reach gets no demonstration unless it asks for one."""
    key = {"SECRET_KEY": "k" * 40}
    assert config.load(key).demo
    assert not config.load({**key, "BASE_URL": "https://desk.example"}).demo
    assert not config.load({**key, "HOST": "0.0.0.0"}).demo
    assert config.load({**key, "BASE_URL": "https://desk.example", "DEMO": "1"}).demo
    assert config.load({**key, "BASE_URL": "https://desk.example"}).secure_cookies
