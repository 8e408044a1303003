"""A stranger's address is called where it is public, and nowhere else, whatever it looks like."""

import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ssrfguard import SSRFGuardError

from shared.clock import now
from shared.outbound import NeverSent
from shared.public_web import AddressRefused, PublicWeb
from tests.client.wire import over_http

PUBLIC = "93.184.215.14"
FINE = (
    "https://hooks.partner.co.id",
    "https://hooks.partner.co.id:443/purna?token=a%20b",
    "https://xn--bcher-kva.example.org/x",
)
BY_FORM = (
    "http://hooks.partner.co.id/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://hooks.partner.co.id./",
    "https://hooks.partner.co.id:8443/",
    "https://hooks.partner.co.id:22/",
    "https://hooks.partner.co.id:0443/",
    "https://user:secret@hooks.partner.co.id/",
    "https://hooks.partner.co.id@127.0.0.1/",
    "https://hooks.partner.co.id\\@127.0.0.1/",
    "https://127.0.0.1#@hooks.partner.co.id/",
    "https://hooks.partner.co.id/#fragment",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ.partner.co.id/",
    "https://127。0。0。1/",
    "https://hooks.partner.co.id%2f@127.0.0.1/",
    "https://hooks.pärtner.co.id/",
    "https://hooks_.partner.co.id/",
    "https:///etc/passwd",
    "file:///etc/passwd",
    "gopher://hooks.partner.co.id/",
    "//hooks.partner.co.id/",
    " https://hooks.partner.co.id/",
    "https://hooks.partner.co.id/\r\nHost: x",
    "https://hooks.partner.co.id/\x00",
    "https://hooks.partner.co.id/" + "x" * 2_000,
    "https://" + ".".join(["a" * 60] * 5) + ".co.id/",
)
OWN = ("https://127.0.0.1/", "https://[::1]/")
"""This machine's loopback, which development may call."""
NOT_PUBLIC = (
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:db8::1", "2002:a00:1::",
    "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
)  # fmt: skip


@dataclass
class Names:
    """A name server that says what it is told to, one answer after the other."""

    answers: list[tuple[str, ...]]
    asked: int = 0

    def __call__(self, host, port, family=0, kind=0, protocol=0, flags=0):
        if flags & socket.AI_NUMERICHOST:
            return socket.getaddrinfo(host, port, family, kind, protocol, flags)
        said = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if not said:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [row for one in said for row in socket.getaddrinfo(one, port, 0, kind)]


@dataclass
class Receiver:
    """An application that notes who called it and answers with a status."""

    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    hosts: list[str] = field(default_factory=list)

    async def __call__(self, scope, receive, send) -> None:
        self.hosts.append(dict(scope["headers"])[b"host"].decode())
        await receive()
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"{}"})


NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no certificate: reading those of this machine takes longer than a test."""


def web(*answers: tuple[str, ...], development: bool = False, trust: ssl.SSLContext = NOBODY):
    names = Names(list(answers))
    return PublicWeb.open(development=development, resolver=names, trust=trust)


@pytest.mark.parametrize("url", FINE)
async def test_a_public_https_address_is_admitted(url):
    async with web((PUBLIC, "2606:2800:220:1::1")) as public:
        await public.admit(url)


@pytest.mark.parametrize(
    ("url", "development"),
    [(url, False) for url in BY_FORM] + [(url, True) for url in BY_FORM if url not in OWN],
)
async def test_a_hostile_form_is_refused_before_any_name_is_asked_for(url, development):
    async with web((PUBLIC,), development=development) as public:
        with pytest.raises(AddressRefused):
            public.check(url)
        with pytest.raises(AddressRefused):
            await public.admit(url)
        with pytest.raises(AddressRefused):
            await public.post(url, headers={}, content=b"")
        assert public.resolver.asked == 0


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_a_name_that_leads_behind_our_walls_is_refused(address):
    for answer in ((address,), (PUBLIC, address), (address, PUBLIC)):
        async with web(answer) as public:
            with pytest.raises(AddressRefused):
                await public.admit("https://hooks.partner.co.id/")
            with pytest.raises(AddressRefused):
                await public.post("https://hooks.partner.co.id/", headers={}, content=b"")


async def test_a_name_that_leads_nowhere_is_refused_in_the_same_words_as_a_private_one():
    said = Counter()
    for answer in ((), ("10.0.0.1",), ("::1",)):
        async with web(answer) as public:
            with pytest.raises(AddressRefused) as refused:
                await public.admit("https://hooks.partner.co.id/")
            said[str(refused.value)] += 1
    assert len(said) == 1


async def test_a_name_that_moves_after_it_was_admitted_reaches_nobody():
    receiver = Receiver()
    async with over_http(receiver), web((PUBLIC,), ("127.0.0.1",)) as public:
        await public.admit("https://hooks.partner.co.id/")
        with pytest.raises(AddressRefused):
            await public.post("https://hooks.partner.co.id/", headers={}, content=b"")
    assert receiver.hosts == []


@dataclass(frozen=True)
class Certified:
    """A certificate for a name, and who vouches for it."""

    file: Path
    trust: ssl.SSLContext


@pytest.fixture
def certified(tmp_path) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.partner.co.id")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("hooks.partner.co.id")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + pem)
    return Certified(file, ssl.create_default_context(cadata=pem.decode()))


@asynccontextmanager
async def over_tls(receiver: Receiver, certified: Certified) -> AsyncIterator[int]:
    async with over_http(receiver, ssl_certfile=certified.file) as address:
        yield int(address.rpartition(":")[2])


async def test_the_connection_goes_to_the_address_that_was_checked_under_the_name(certified):
    """One lookup, although the name moves; the certificate is judged by the name."""
    receiver = Receiver()
    async with (
        over_tls(receiver, certified) as port,
        web(("127.0.0.1",), ("127.0.0.2",), development=True, trust=certified.trust) as public,
    ):
        line, names = public.line, public.resolver
        reply = await line.send("POST", f"https://hooks.partner.co.id:{port}/", content=b"{}")
        assert (reply.status, names.asked) == (200, 1)
        assert receiver.hosts == [f"hooks.partner.co.id:{port}"]
        names.asked = 0
        with pytest.raises(NeverSent):
            await line.send("POST", f"https://other.partner.co.id:{port}/", content=b"{}")
    assert len(receiver.hosts) == 1


async def test_a_redirect_is_an_answer_and_is_not_followed():
    behind = Receiver()
    async with over_http(behind) as wall:
        front = Receiver(307, ((b"location", wall.encode()),))
        async with over_http(front) as url, web((), development=True) as public:
            reply = await public.post(f"{url}/hook", headers={}, content=b"{}")
    assert reply.status == 307
    assert behind.hosts == []


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    proxy, receiver = Receiver(), Receiver()
    async with over_http(proxy) as other, over_http(receiver) as url:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, other)
        async with web((), development=True) as public:
            await public.post(f"{url}/hook", headers={}, content=b"{}")
    assert (len(proxy.hosts), len(receiver.hosts)) == (0, 1)


async def test_loopback_is_for_development_alone():
    receiver = Receiver()
    async with over_http(receiver) as url, web(()) as public:
        with pytest.raises(AddressRefused):
            await public.post(url, headers={}, content=b"{}")
        with pytest.raises(SSRFGuardError):
            await public.line.send("POST", url)
    assert receiver.hosts == []
