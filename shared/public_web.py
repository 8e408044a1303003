"""
Calls to addresses that a caller gave us: public https, and never anything behind our own walls.

Two walls. `check` reads the address by one narrow pattern, so that there is nothing left to
disagree about between two parsers. Then `ssrfguard` resolves the name once, refuses it unless
every address that it leads to is public, and connects to the address that was checked; TLS and
the Host header keep the name. A name that leads elsewhere a moment later gains nothing by it.
Redirects are not followed and no proxy is read from the environment.
"""

import re
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from typing import Any, Final, Self

import httpx
from anyio import CapacityLimiter, to_thread
from ssrfguard import Policy, Resolver, SSRFGuardError, Target, resolve
from ssrfguard.httpx import AsyncSafeTransport
from ssrfguard.resolvers import UdpResolver

from shared.outbound import DEADLINE_SECONDS, Outbound, Reply

URL_LENGTH_MAX: Final = 2_000
ANSWER_BYTES_MAX: Final = 16_384
CONNECTIONS_MAX: Final = 100
RESOLVE_SECONDS: Final = 3.0
LOOKUPS_MAX: Final = 8
"""How many names may be looked up at once before they are admitted; each holds a thread."""

# No at sign before the path, no port but 443, no trailing dot, no digits at the end of the host.
_REST = r"(?:[/?](?:[!-\"$-\[\]-~])*)?"
_PUBLIC = re.compile(
    r"https://(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9]))"
    rf"(?::443)?{_REST}",
    re.IGNORECASE,
)
_LOOPBACK = re.compile(rf"https?://(?:127\.0\.0\.1|\[::1\])(?::[1-9][0-9]{{0,4}})?{_REST}")
_NEVER_PUBLIC = frozenset(
    {"localhost", "local", "internal", "invalid", "test", "example", "onion", "arpa", "lan"}
)
"""Last labels that by their definition, or by everybody's habit, lead to no public host."""


class AddressRefused(Exception):
    """We do not call this address; the message says what an address must be like."""


_WANTED = (
    "Give an https address on port 443 whose host is a name in the public DNS, without user "
    "name, fragment or trailing dot, that leads to public addresses only."
)


@cache
def _system_resolver() -> UdpResolver:
    return UdpResolver(timeout=RESOLVE_SECONDS)


def name_servers(*question: Any) -> list[Any]:
    """Ask the name servers of this machine, under a deadline; its own hosts file is not read."""
    try:
        return _system_resolver()(*question)
    except (OSError, ValueError) as error:
        raise socket.gaierror(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class PublicWeb:
    """The way to strangers. In development a receiver on this machine's loopback may be called."""

    development: bool
    policy: Policy
    resolver: Resolver
    line: Outbound
    lookups: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(LOOKUPS_MAX))

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        development: bool,
        resolver: Resolver = name_servers,
        trust: ssl.SSLContext | None = None,
        seconds: float = DEADLINE_SECONDS,
    ) -> AsyncGenerator[Self]:
        """Open the line. A test brings its own `resolver` and certificates to `trust`."""
        policy = _policy(development=development)
        transport = AsyncSafeTransport(
            policy=policy,
            resolver=resolver,
            verify=trust or ssl.create_default_context(),
            trust_env=False,
            # A connection is not kept: each call checks anew where the name leads.
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=0),
        )
        line = Outbound(seconds=seconds, bytes_max=ANSWER_BYTES_MAX, transport=transport)
        async with line:
            yield cls(development, policy, resolver, line)

    def check(self, url: str) -> None:
        """Judge an address by its form alone; raises `AddressRefused`."""
        if len(url) > URL_LENGTH_MAX:
            raise AddressRefused(f"An address has at most {URL_LENGTH_MAX:,} characters.")
        public = _PUBLIC.fullmatch(url)
        if public is not None:
            host = public["host"].lower()
            if len(host) > 253 or host.rpartition(".")[2] in _NEVER_PUBLIC:
                raise AddressRefused(_WANTED)
        elif not (self.development and _LOOPBACK.fullmatch(url)):
            raise AddressRefused(_WANTED)

    async def admit(self, url: str) -> None:
        """Judge an address by its form and by where its name leads now.

        Raises:
            AddressRefused: it is not public, or leads nowhere; which of the two is not told, or
                the names of our own network could be found out by asking.
        """
        self.check(url)
        try:
            target = self.policy.check_url(url)
            await to_thread.run_sync(self._resolve, target, limiter=self.lookups)
        except (SSRFGuardError, OSError):
            raise AddressRefused(_WANTED) from None

    def _resolve(self, target: Target) -> None:
        resolve(target, policy=self.policy, resolver=self.resolver)

    async def post(self, url: str, *, headers: Mapping[str, str], content: bytes) -> Reply:
        """Send one POST and return the answer, whatever its status.

        Raises:
            AddressRefused: the address is not public, or not any more.
            NeverSent, NoAnswer: as `Outbound.send`.
        """
        self.check(url)
        try:
            return await self.line.send("POST", url, headers=headers, content=content)
        except SSRFGuardError:
            raise AddressRefused(_WANTED) from None


def _policy(*, development: bool) -> Policy:
    if not development:
        return Policy(
            allowed_schemes=frozenset({"https"}), allowed_ports=frozenset({443}), max_redirects=0
        )
    return Policy(
        allowed_schemes=frozenset({"http", "https"}),
        allowed_ports=frozenset(range(1, 65_536)),
        allowed_networks=(ip_network("127.0.0.1/32"), ip_network("::1/128")),
        max_redirects=0,
    )
