"""
The attack: the corpus against every operation, each answer judged.

Requests go to the application as a server would hand them over, byte by byte, because a client
library would refuse to send half of them. Three verdicts count: a server error, a hostile request
that was accepted, and an answer that is no proper refusal.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from tests.hostile import corpus
from tests.hostile.corpus import CANARY
from tests.hostile.operations import Operation, Slot, written

Headers = tuple[tuple[bytes, bytes], ...]
UNREADABLE = frozenset({400, 413, 415, 422})
"""A request that does not fit the contract. Any other 4xx means that its content was believed."""
MEMBERS = ("type", "title", "status", "detail", "remedy", "instance")
JSON: Headers = ((b"content-type", b"application/json"),)
PIECE = b" " * 65_536
KINDS: Mapping[str, Mapping[str, str]] = {
    "text": corpus.TEXTS,
    "integer": corpus.INTEGERS,
    "date": {**corpus.DAYS, **corpus.TEXTS},
    "date-time": {**corpus.INSTANTS, **corpus.TEXTS},
    "nik": {**corpus.NIKS, **corpus.TEXTS},
    "code": {**corpus.CODES, **corpus.TEXTS},
    "uuid": {**corpus.IDS, **corpus.TEXTS},
    "enum": corpus.TEXTS,
    "boolean": corpus.FLAGS,
    "array": corpus.LISTS,
    "object": corpus.OBJECTS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said, and how much of the body it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    pieces: int


async def send(
    app: FastAPI, method: str, target: str, headers: Headers, pieces: Iterable[bytes] = (b"",)
) -> Answer:
    """Hand a request to the application; a status of 599 means that it said nothing."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"purna.test"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("purna.test", 80),
        "state": {},
    }
    left = iter(pieces)
    seen = {"pieces": 0, "status": 599, "headers": {}}
    said: list[bytes] = []

    async def receive() -> dict[str, Any]:
        piece = next(left, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        seen["pieces"] += 1
        return {"type": "http.request", "body": piece, "more_body": True}

    async def answered(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen["status"] = message["status"]
            seen["headers"] = {k.decode(): v.decode("latin-1") for k, v in message["headers"]}
        else:
            said.append(message.get("body", b""))

    try:
        await app(scope, receive, answered)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
        return Answer(599, {}, repr(error).encode(), seen["pieces"])
    return Answer(seen["status"], seen["headers"], b"".join(said), seen["pieces"])


@dataclass
class Tally:
    """What came of an attack."""

    cases: int = 0
    broken: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    improper: list[str] = field(default_factory=list)

    def judge(self, case: str, answer: Answer, may: Iterable[int]) -> None:
        """Count one case; `may` are the statuses that refuse it."""
        self.cases += 1
        if answer.status >= 500:
            self.broken.append(f"{case}: {answer.status} {answer.body[:120]!r}")
        elif answer.status not in may:
            self.accepted.append(f"{case}: {answer.status}")
        elif (fault := improper(answer)) is not None:
            self.improper.append(f"{case}: {fault}")

    def bear(self, case: str, answer: Answer, usual: int) -> None:
        """Count one case that has to get the usual answer."""
        self.cases += 1
        if answer.status >= 500:
            self.broken.append(f"{case}: {answer.status}")
        elif answer.status != usual:
            self.improper.append(f"{case}: {answer.status} instead of {usual}")


def improper(answer: Answer) -> str | None:
    """Say what is wrong with a refusal, if anything."""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status} is no problem document"
    problem = json.loads(answer.body)
    missing = [member for member in MEMBERS if not problem.get(member)]
    if missing or problem["status"] != answer.status:
        return f"the problem lacks {missing or 'its status'}"
    if not problem["instance"].startswith("urn:uuid:"):
        return "the instance is no urn"
    if CANARY.encode() in answer.body or any(CANARY in value for value in answer.headers.values()):
        return "the value is repeated"
    return None


@dataclass
class Attack:
    """One service under attack, with tokens that have every scope, one for each kind of caller."""

    app: FastAPI
    tokens: tuple[str, ...]
    tally: Tally = field(default_factory=Tally)
    token: str = ""
    chosen: dict[str, str] = field(default_factory=dict)

    async def on(self, operation: Operation) -> None:
        """Send the whole corpus to one operation."""
        await self.choose(operation)
        if operation.media == "application/json" and operation.secured:
            await self._fields(operation)
            await self._bodies(operation)
        await self._paths(operation)
        await self._queries(operation)
        await self._headers(operation)

    async def usual(self, operation: Operation, *headers: tuple[bytes, bytes]) -> Answer:
        """Send the valid request."""
        target = operation.address()
        return await send(
            self.app,
            operation.method,
            target,
            (*self._usual_headers(operation), *headers),
            [json.dumps(operation.body).encode()] if operation.body is not None else [],
        )

    async def choose(self, operation: Operation) -> None:
        """Become a caller that may do this, so that it is the content that is refused."""
        if operation.name not in self.chosen:
            for token in self.tokens:
                self.token = self.chosen[operation.name] = token
                if not operation.secured or (await self.usual(operation)).status != 403:
                    break
        self.token = self.chosen[operation.name]

    async def _fields(self, operation: Operation) -> None:
        for slot in operation.slots:
            for name, literal in literals(slot).items():
                answer = await self._with_body(
                    operation, written(operation.body, slot.place, literal)
                )
                self.tally.judge(f"{operation.name} {slot.place} {name}", answer, UNREADABLE)

    async def _with_body(self, operation: Operation, body: str | bytes) -> Answer:
        return await send(
            self.app,
            operation.method,
            operation.address(),
            self._usual_headers(operation),
            [body.encode() if isinstance(body, str) else body],
        )

    async def _bodies(self, operation: Operation) -> None:
        valid = json.dumps(operation.body)
        bare = self._usual_headers(operation, media=False)
        for name, body in corpus.BODIES.items():
            content = valid.encode(body.encoding) if body.encoding else body.content
            if body.content.startswith(b"{}") and not body.encoding:
                content = valid.encode() + body.content[2:]
            sent = tuple((k.lower().encode(), v.encode()) for k, v in body.headers.items())
            answer = await send(
                self.app, operation.method, operation.address(), (*bare, *sent), [content]
            )
            self.tally.judge(f"{operation.name} body: {name}", answer, UNREADABLE)
        answer = await send(
            self.app, operation.method, operation.address(), (*bare, *JSON), [PIECE] * 800
        )
        self.tally.judge(f"{operation.name} body: 50 MB in pieces", answer, {413})
        if answer.pieces > 20:
            self.tally.improper.append(f"{operation.name} read {answer.pieces} pieces of 50 MB")

    async def undeclared(self, operation: Operation, names: Iterable[str]) -> list[str]:
        """Add fields of other models to every object; return those that were not refused."""
        await self.choose(operation)
        taken: list[str] = []
        root = Slot(place=(), kind="object", schema={}, nullable=False)
        for slot in (root, *(slot for slot in operation.slots if slot.kind == "object")):
            body = json.loads(json.dumps(operation.body))
            inner = body
            for step in slot.place:
                inner = inner[step]
            added = [name for name in names if name not in inner]
            if not added:
                continue
            inner.update(dict.fromkeys(added, 1))
            answer = await self._with_body(operation, json.dumps(body))
            self.tally.judge(f"{operation.name} {slot.place} undeclared fields", answer, {422})
            errors = json.loads(answer.body).get("errors", [])
            refused = sum(one["code"] == "extra_forbidden" for one in errors)
            if refused != len(added):
                taken.append(f"{operation.name} {slot.place}: {len(added) - refused} fields")
        return taken

    async def _paths(self, operation: Operation) -> None:
        for parameter in operation.of("path"):
            for name, value in corpus.PATHS.items():
                answer = await send(
                    self.app,
                    operation.method,
                    operation.address({parameter.name: value}),
                    self._usual_headers(operation),
                    [json.dumps(operation.body).encode()] if operation.body is not None else [],
                )
                may = {401, 404, 405, 415, 422}
                self.tally.judge(f"{operation.name} path: {name}", answer, may)

    async def _queries(self, operation: Operation) -> None:
        declared = operation.of("query")
        named = [
            (f"{one.name}={value[:40]}", operation.address({one.name: value}))
            for one in declared
            for value in corpus.QUERIES[one.kind]
        ]
        usual = operation.address()
        mark = "&" if "?" in usual else "?"
        some = declared[0] if declared else None
        twice = f"{some.name}={some.usual}&{some.name}={some.usual}" if some else "a=1&a=1"
        named += [
            ("a parameter repeated", f"{usual.partition('?')[0]}?{twice}"),
            *((name, f"{usual}{mark}{query}") for name, query in corpus.UNDECLARED.items()),
        ]
        for name, target in named:
            answer = await send(
                self.app,
                operation.method,
                target,
                self._usual_headers(operation),
                [json.dumps(operation.body).encode()] if operation.body is not None else [],
            )
            may = UNREADABLE if operation.secured else {*UNREADABLE, 401, 404}
            self.tally.judge(f"{operation.name} query: {name}", answer, may)

    async def _headers(self, operation: Operation) -> None:
        for header, cases, may in (
            ("idempotency-key", corpus.KEYS, {400}),
            ("if-match", corpus.TAGS, {400, 412, 428}),
        ):
            if header in {one.name.lower() for one in operation.of("header")}:
                await self._header(operation, header, cases, may)
        if operation.secured:
            await self._header(operation, "authorization", corpus.CREDENTIALS, {401})
        if operation.method == "GET":
            usual = (await self.usual(operation)).status
            for name, more in corpus.HARMLESS_HEADERS.items():
                answer = await self.usual(operation, *more)
                self.tally.bear(f"{operation.name} header: {name}", answer, usual)

    async def _header(
        self,
        operation: Operation,
        header: str,
        cases: Mapping[str, tuple[bytes, ...]],
        may: set[int],
    ) -> None:
        others = tuple(
            pair for pair in self._usual_headers(operation) if pair[0] != header.encode()
        )
        for name, values in cases.items():
            answer = await send(
                self.app,
                operation.method,
                operation.address(),
                (*others, *((header.encode(), value) for value in values)),
                [json.dumps(operation.body).encode()] if operation.body is not None else [],
            )
            self.tally.judge(f"{operation.name} {header}: {name}", answer, may)

    async def methods(self, path: str, declared: set[str]) -> None:
        """Try every method that an address does not have."""
        headers = ((b"authorization", self.tokens[0].encode()),)
        for method in set(corpus.METHODS) - declared:
            answer = await send(self.app, method, path, headers)
            self.tally.judge(f"{method} {path}", answer, {405})
            allowed = set(answer.headers.get("allow", "").split(", "))
            if answer.status == 405 and allowed != declared:
                self.tally.improper.append(f"{method} {path} says Allow: {sorted(allowed)}")

    async def nowhere(self, path: str) -> None:
        """Ask for an address that is none."""
        answer = await send(self.app, "GET", path, ())
        self.tally.judge(f"GET {path[:60]}", answer, {404, 422})

    def _usual_headers(self, operation: Operation, *, media: bool = True) -> Headers:
        headers = [(b"authorization", self.token.encode())]
        if media and operation.body is not None:
            headers += JSON
        for parameter in operation.of("header"):
            value = b'"1"' if parameter.name.lower() == "if-match" else CANARY.encode()
            headers.append((parameter.name.lower().encode(), value))
        return tuple(headers)


def literals(slot: Slot) -> dict[str, str]:
    """Return everything hostile to one place."""
    found = dict(KINDS[slot.kind])
    schema = slot.schema
    if not slot.nullable:
        found["null"] = "null"
    if slot.kind == "integer":
        found["one below the least"] = str(int(schema["minimum"]) - 1)
        found["one above the most"] = str(int(schema["maximum"]) + 1)
    if slot.kind in {"code", "text"} and "maxLength" in schema:
        found["one character too many"] = json.dumps("x" * (int(schema["maxLength"]) + 1))
    if slot.kind == "array" and "maxItems" in schema:
        found["more than may be"] = "[" + ",".join(["null"] * (int(schema["maxItems"]) + 1)) + "]"
    return found
