"""The load: some people at once, each on one kept-open connection, every answer looked at."""

import http.client
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

Form = Mapping[str, str | Sequence[str]]
TIMEOUT = 300
TOKEN = re.compile(rb'name="(csrf_token|csrfmiddlewaretoken)"\s+value="([^"]+)"')


class Unexpected(Exception):
    """An answer is not what the page should have said."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request and what its answer must be: the status, and a text in the page or address."""

    path: str
    marker: str
    form: Form | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes


@dataclass(slots=True)
class Person:
    """One user's browser: a connection, its cookies, and where the last answer led."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    location: str = ""
    _line: http.client.HTTPConnection | None = None

    def send(self, path: str, form: Form | None = None) -> Answer:
        """Send one request and read the whole answer."""
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form, doseq=True)
        self._line.request("GET" if form is None else "POST", path, body, headers)
        response = self._line.getresponse()
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.location = response.headers.get("Location", "")
        return Answer(response.status, self.location, content)

    def open_form(self, path: str) -> str:
        """Open a page with a form and keep its token against forged requests."""
        answer = self.send(path)
        found = TOKEN.search(answer.body)
        if answer.status != 200 or found is None:
            raise Unexpected(f"{path} answered {answer.status} without a form")
        self.token = found[2].decode()
        return found[1].decode()

    def sign_in(self, path: str, form: Mapping[str, str]) -> None:
        """Sign in by the product's own form."""
        name = self.open_form(path)
        answer = self.send(path, {**form, name: self.token})
        if answer.status != 302:
            raise Unexpected(f"signing in at {path} answered {answer.status}")

    def check(self, ask: Ask) -> None:
        """Send a request; anything but the expected answer is an error."""
        answer = self.send(ask.path, ask.form)
        shown = answer.location.encode() if ask.status == 302 else answer.body
        if answer.status != ask.status or ask.marker.encode() not in shown:
            raise Unexpected(f"{ask.path} answered {answer.status} without {ask.marker!r}")

    def leave(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()


@dataclass(frozen=True, slots=True)
class Task:
    """A page to be measured: who asks for it, and for what, one request after another."""

    name: str
    enter: Callable[[int], Person]
    asks: Callable[[Person, int], Iterator[Ask]]
    people: int = 8


@dataclass(frozen=True, slots=True)
class Result:
    """How quickly one product answered one task."""

    requests: int
    errors: int
    seconds: float
    p50_ms: float
    p95_ms: float
    first_error: str = ""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.requests / self.seconds


@dataclass(slots=True)
class _Tally:
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(task: Task, warm: float, seconds: float) -> Result:
    """Run a task: ``warm`` seconds that do not count, then ``seconds`` that do.

    A request that is under way at the end is waited for, and its time counts: slow pages are
    measured by one answer for each person, however long it takes.
    """
    people = [task.enter(number) for number in range(task.people)]
    _run(task, people, warm)
    begun = time.perf_counter()
    tallies = _run(task, people, seconds)
    elapsed = time.perf_counter() - begun
    for person in people:
        person.leave()
    times = sorted(itertools.chain.from_iterable(tally.times for tally in tallies))
    errors = [error for tally in tallies for error in tally.errors]
    return Result(
        len(times), len(errors), elapsed, _percentile(times, 50) * 1000,
        _percentile(times, 95) * 1000, errors[0] if errors else "",
    )  # fmt: skip


def _run(task: Task, people: list[Person], seconds: float) -> list[_Tally]:
    tallies = [_Tally() for _ in people]
    end = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_work, args=(person, task.asks(person, number), tally, end))
        for number, (person, tally) in enumerate(zip(people, tallies, strict=True))
    ]
    for thread in threads if seconds else ():
        thread.start()
    for thread in threads if seconds else ():
        thread.join()
    return tallies


def _work(person: Person, asks: Iterator[Ask], tally: _Tally, end: float) -> None:
    for ask in asks:
        begun = time.perf_counter()
        try:
            person.check(ask)
            tally.times.append(time.perf_counter() - begun)
        except (Unexpected, OSError, http.client.HTTPException) as error:
            tally.errors.append(f"{type(error).__name__}: {error}")
            person.leave()
        if time.perf_counter() >= end or len(tally.errors) > 20:
            return


def _percentile(times: list[float], percent: int) -> float:
    return times[min(len(times) - 1, len(times) * percent // 100)] if times else float("nan")
