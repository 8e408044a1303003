"""
The corpus: what a hostile or a careless caller sends, as data.

A literal is JSON text as it stands in a body, because the worst of it (a lone surrogate, NaN,
1e400) cannot be held in a Python value and written faithfully. Wherever a value can carry the
`CANARY` it does: an answer that shows it has repeated what it was sent.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

CANARY = "kenari7f3a"
LONG = 5_000


def text(value: str) -> str:
    """Write a string literal in pure ASCII, lone surrogates as they are."""
    return json.dumps(value)


TEXTS = {
    "NUL": text(f"{CANARY}\x00"),
    "a bell": text(f"{CANARY}\x07"),
    "a line break": text(f"{CANARY}\n{CANARY}"),
    "a carriage return": text(f"{CANARY}\r\nx: y"),
    "a tab": text(f"{CANARY}\t"),
    "DEL": text(f"{CANARY}\x7f"),
    "a C1 control": text(f"{CANARY}\x85"),
    "a lone high surrogate": text(f"{CANARY}\ud800"),
    "a lone low surrogate": text(f"{CANARY}\udc00"),
    "surrogates in the wrong order": text(f"{CANARY}\udc00\ud800"),
    "a right-to-left override": text(f"{CANARY}\u202egpj.exe"),
    "a bidi isolate": text(f"{CANARY}\u2066x\u2069"),
    "a right-to-left mark": text(f"{CANARY}\u200f"),
    "a byte-order mark inside": text(f"{CANARY}\ufeff"),
    "a private use character": text(f"{CANARY}\ue000"),
    "an unassigned character": text(f"{CANARY}\u0378"),
    "a noncharacter": text(f"{CANARY}\uffff"),
    "only spaces": text("   "),
    "only unusual spaces": text("\u2003\u00a0"),
    "nothing": text(""),
    "5,000 characters": text(CANARY * (LONG // len(CANARY))),
    "an integer": "5",
    "true": "true",
    "an array": f'["{CANARY}"]',
    "an object": f'{{"{CANARY}": 1}}',
}

INTEGERS = {
    "2^63": str(2**63),
    "-2^63 - 1": str(-(2**63) - 1),
    "2^64": str(2**64),
    "2^53 + 1": str(2**53 + 1),
    "10^14": str(10**14),
    "1e400": "1e400",
    "-1e400": "-1e400",
    "1e2": "1e2",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "-0.0": "-0.0",
    "5.0": "5.0",
    "1.5": "1.5",
    "a digit in quotes": '"5"',
    "true": "true",
    "Arabic-Indic digits": text("٥٠"),
    "bare Arabic-Indic digits": "٥٠",
    "full-width digits": text("５０"),
    "a leading zero": "007",
    "a leading plus": "+5",
    "an underscore": "5_0",
    "hexadecimal": "0x10",
    "5,000 digits": "9" * LONG,
    "an array": "[5]",
    "an object": '{"value": 5}',
    "nothing in quotes": '""',
}

DAYS = {
    "an integer": "20261124",
    "a Unix time": "1764000000",
    "a Unix time in quotes": '"1764000000"',
    "true": "true",
    "a thirteenth month": '"2026-13-01"',
    "30 February": '"2026-02-30"',
    "29 February of a common year": '"2027-02-29"',
    "year 1": '"0001-01-01"',
    "year 0": '"0000-01-01"',
    "year 9999": '"9999-12-31"',
    "year 10000": '"10000-01-01"',
    "a negative year": '"-2026-11-24"',
    "a time of day": '"2026-11-24T00:00:00+07:00"',
    "no hyphens": '"20261124"',
    "a week date": '"2026-W48-2"',
    "day first": '"24-11-2026"',
    "Arabic-Indic digits": text("٢٠٢٦-١١-٢٤"),
    "full-width digits": text("２０２６-11-24"),
    "a line break behind": '"2026-11-24\\n"',
    "NUL behind": '"2026-11-24\\u0000"',
    "an empty string": '""',
    "an array": "[2026, 11, 24]",
}

INSTANTS = {
    "no offset": '"2026-11-24T09:30:00"',
    "no offset, with a space": '"2026-11-24 09:30:00"',
    "an integer": "1764000000",
    "an integer in quotes": '"1764000000"',
    "a long integer in quotes": '"17640000000000000"',
    "a float": "1764000000.5",
    "true": "true",
    "year 1, ahead of UTC": '"0001-01-01T00:00:00+14:00"',
    "year 9999, behind UTC": '"9999-12-31T23:59:59-14:00"',
    "a thirteenth month": '"2026-13-24T09:30:00+07:00"',
    "30 February": '"2026-02-30T09:30:00+07:00"',
    "25 o'clock": '"2026-11-24T25:30:00+07:00"',
    "an offset of 25 hours": '"2026-11-24T09:30:00+25:00"',
    "a day": '"2026-11-24"',
    "Arabic-Indic digits": text("٢٠٢٦-١١-٢٤T٠٩:٣٠:٠٠+07:00"),
    "NUL behind": '"2026-11-24T09:30:00+07:00\\u0000"',
    "an empty string": '""',
}

NIKS = {
    "Arabic-Indic digits": text("٥٢٠٣٠٥٥٤٠٣٨٨٠٠٠١"),
    "full-width digits": text("５２０３０５５４０３８８０００１"),
    "mathematical digits": text("𝟓𝟐𝟎𝟑𝟎𝟓𝟓𝟒𝟎𝟑𝟖𝟖𝟎𝟎𝟎𝟏"),
    "an integer": "5203055403880001",
    "fifteen digits": '"520305540388000"',
    "seventeen digits": '"52030554038800010"',
    "a line break behind": '"5203055403880001\\n"',
    "a space behind": '"5203055403880001 "',
    "hyphens": '"5203-0554-0388-0001"',
    "NUL behind": '"5203055403880001\\u0000"',
}

CODES = {
    "full-width digits": text("５２.０２.０２.２００１"),
    "Arabic-Indic digits": text("٥٢.٠٢.٠٢.٢٠٠١"),
    "a line break behind": '"52.02.02.2001\\n"',
    "a homoglyph": text("\u0430bc"),
}

IDS = {
    "2^63": str(2**63),
    "an integer": "1",
    "no id": text(CANARY),
    "an empty string": '""',
    "a hyphen too few": '"01938d5e-0000-7000-8000000000000000"',
    "full-width digits": text("０1938d5e-0000-7000-8000-000000000000"),
    "NUL behind": '"01938d5e-0000-7000-8000-000000000000\\u0000"',
    "an array": '["01938d5e-0000-7000-8000-000000000000"]',
}

FLAGS = {
    "1": "1",
    "0": "0",
    "1.0": "1.0",
    "true in quotes": '"true"',
    "yes": '"yes"',
    "an empty string": '""',
    "an array": "[true]",
}

LISTS = {
    "an object": f'{{"{CANARY}": 1}}',
    "a string": text(CANARY),
    "an integer": "1",
    "true": "true",
    "an array of null": "[null]",
    "an array of an array": "[[]]",
}

OBJECTS = {
    "an array": "[]",
    "a string": text(CANARY),
    "an integer": "1",
    "true": "true",
    "an undeclared field": f'{{"{CANARY}": 1}}',
}

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A whole body. `{}` in `content` stands for the valid document."""

    content: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    encoding: str = ""


BODIES = {
    "no body": Body(content=b""),
    "only spaces": Body(content=b"   "),
    "an empty array": Body(content=b"[]"),
    "an empty string": Body(content=b'""'),
    "null": Body(content=b"null"),
    "an integer": Body(content=b"1"),
    "true": Body(content=b"true"),
    "the document in an array": Body(content=b"[{}]"),
    "the document in quotes": Body(content=json.dumps(f'{{"x": "{CANARY}"}}').encode()),
    "UTF-16": Body(content=b"{}", encoding="utf-16"),
    "UTF-16, little-endian": Body(content=b"{}", encoding="utf-16-le"),
    "UTF-32": Body(content=b"{}", encoding="utf-32"),
    "a byte-order mark": Body(content=b"\xef\xbb\xbf{}"),
    "invalid UTF-8": Body(content=b'{"x": "\xff\xfe"}'),
    "overlong UTF-8": Body(content=b'{"x": "\xc0\x80"}'),
    "a surrogate in UTF-8": Body(content=b'{"x": "\xed\xa0\x80"}'),
    "a false gzip": Body(content=b"{}", headers={**JSON, "Content-Encoding": "gzip"}),
    "a true gzip": Body(
        content=gzip.compress(b'{"x": 1}'), headers={**JSON, "Content-Encoding": "gzip"}
    ),
    "gzip that nobody announced": Body(content=gzip.compress(b'{"x": 1}')),
    "a false deflate": Body(content=b"{}", headers={**JSON, "Content-Encoding": "deflate"}),
    "form fields": Body(
        content=b"a=1&b=2", headers={"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "JSON sent as a form": Body(
        content=b"{}", headers={"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "multipart": Body(content=b"{}", headers={"Content-Type": "multipart/form-data; boundary=x"}),
    "plain text": Body(content=b"{}", headers={"Content-Type": "text/plain"}),
    "XML": Body(content=b"<x/>", headers={"Content-Type": "application/xml"}),
    "no content type": Body(content=b"{}", headers={}),
    "Latin-1": Body(content=b"{}", headers={"Content-Type": "application/json; charset=latin-1"}),
    "a charset of UTF-16": Body(
        content=b"{}", headers={"Content-Type": "application/json; charset=utf-16"}
    ),
    "a rubbish content type": Body(content=b"{}", headers={"Content-Type": ";;;/,"}),
    "one byte over 1 MiB": Body(content=b" " * 1_048_577),
    "a length of 50 MB": Body(content=b"{}", headers={**JSON, "Content-Length": "52428800"}),
    "a length that is none": Body(content=b"{}", headers={**JSON, "Content-Length": "kenari"}),
    "a negative length": Body(content=b"{}", headers={**JSON, "Content-Length": "-1"}),
    "33 levels": Body(content=b'{"x":' + b"[" * 33 + b"]" * 33 + b"}"),
    "32 levels and an empty one": Body(content=b'{"x":' + b"[" * 32 + b"]" * 32 + b"}"),
    "5,001 values": Body(content=b'{"x": [' + b",".join([b"0"] * 5_000) + b"]}"),
    "200,000 values": Body(content=b'{"x": [' + b",".join([b"null"] * 200_000) + b"]}"),
    "60,000 fields": Body(
        content=b"{" + b",".join(b'"a%d":0' % number for number in range(60_000)) + b"}"
    ),
    "100,000 brackets": Body(content=b"[" * 100_000),
    "100,000 closed brackets": Body(content=b"[" * 100_000 + b"]" * 100_000),
    "100,000 objects": Body(content=b'{"x":' * 100_000),
    "two documents": Body(content=b"{} {}"),
    "rubbish behind": Body(content=b"{} kenari7f3a"),
    "a comma behind": Body(content=b'{"x": 1,}'),
    "a comment": Body(content=b"{} // kenari7f3a"),
    "single quotes": Body(content=b"{'kenari7f3a': 1}"),
    "a repeated key": Body(content=b'{"x": 1, "x": 2}'),
    "a repeated key, once escaped": Body(content=b'{"x": 1, "\\u0078": 2}'),
    "a repeated key further in": Body(content=b'{"x": [{"y": 1, "y": 1}]}'),
    "NaN": Body(content=b'{"x": NaN}'),
    "1e400": Body(content=b'{"x": 1e400}'),
    "an integer of 5,000 digits": Body(content=b'{"x": ' + b"9" * LONG + b"}"),
    "a raw NUL": Body(content=b'{"x": "\x00"}'),
    "half a document": Body(content=b'{"x": "kenari7f3a'),
    "half an escape": Body(content=b'{"x": "\\ud8"}'),
    "an undeclared field": Body(content=b'{"kenari7f3a": 1}'),
    "prototype pollution": Body(content=b'{"__proto__": {"kenari7f3a": 1}}'),
}

PATHS = {
    "2^63": str(2**63),
    "-1": "-1",
    "a word": CANARY,
    "NUL": f"{CANARY}%00",
    "an id and NUL": "01938d5e-0000-7000-8000-000000000000%00",
    "dots": "%2e%2e",
    "dots and slashes": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "invalid UTF-8": "%ff%fe",
    "a surrogate": "%ED%A0%80",
    "a line break": f"{CANARY}%0d%0aSet-Cookie:x",
    "a right-to-left override": f"{CANARY}%E2%80%AE",
    "full-width digits": "%EF%BC%95%EF%BC%92",
    "Arabic-Indic digits": "%D9%A5%D9%A2",
    "quotes and SQL": f"{CANARY}'%20OR%201=1--",
    "a template": "%7B%7B7*7%7D%7D",
    "1,000 characters": CANARY * 100,
    "half a percent sign": "%2",
    "a space": "%20",
    "a semicolon": "a;b=c",
}

QUERIES = {
    "integer": (
        "-1", str(2**63), "-" + "9" * 30, "abc", "", "5.0", "1e1", "1_0", "%2B5", "%205",
        "5%20", "5%00", "%D9%A5", "%EF%BC%95", "0x5", "true", "NaN", "9" * LONG,
    ),
    "date": (
        "20261124", "1764000000", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31",
        "2026-11-24T00:00:00%2B07:00", "%D9%A2%D9%A0%D9%A2%D9%A6-11-24", "2026-11-24%00", "",
    ),
    "uuid": (CANARY, str(2**63), "%00", "%ED%A0%80", "1", "", "%EF%BC%901938d5e-0000"),
    "enum": (CANARY, "%00", "", "1", "%ED%A0%80"),
    "code": (
        CANARY, "%00", "", "52.02.02.2001%0A", "%EF%BC%95%EF%BC%92", "%D9%A5%D9%A2", "52.1",
        "%ED%A0%80", "%ff",
    ),
    "text": (
        "%00", "ab%00", "%E2%80%AEab", "a%0Ab", CANARY * 100, "%20%20%20", "%EE%80%80ab", "",
        "%ff%feab", "%ED%A0%80ab",
    ),
    "cursor": (
        CANARY, "", "AAAA", "%00", "A" * 257, "A" * 1000, "%ED%A0%80", "a=b", "YWJj", "-_-_",
        "A" * 64, "a%20b",
    ),
}  # fmt: skip

UNDECLARED = {
    "an undeclared parameter": f"{CANARY}=1",
    "an undeclared parameter of another row": "created_by=x",
    "NUL as a name": "%00=1",
    "no UTF-8 as a name": "%ff=1",
    "brackets": "limit[]=1",
    "no name": "=1",
    "1,000 parameters": "&".join(f"a{number}=1" for number in range(1_000)),
}

KEYS: dict[str, tuple[bytes, ...]] = {
    "none": (),
    "empty": (b"",),
    "1,000 characters": (CANARY.encode() * 100,),
    "256 characters": (b"x" * 256,),
    "NUL": (b"a\x00b",),
    "a tab": (b"a\tb",),
    "bytes that are no text": (b"\xff\xfe",),
    "an accent": ("kéy".encode(),),
    "two": (b"one", b"two"),
    "twice the same": (b"one", b"one"),
}

TAGS: dict[str, tuple[bytes, ...]] = {
    "none": (),
    "empty": (b"",),
    "any": (b"*",),
    "weak": (b'W/"1"',),
    "without quotes": (b"1",),
    "two in one": (b'"1", "2"',),
    "2^63": (b'"9223372036854775808"',),
    "5,000 digits": (b'"' + b"9" * LONG + b'"',),
    "Arabic-Indic digits": ('"١"'.encode(),),
    "negative": (b'"-1"',),
    "a word": (b'"' + CANARY.encode() + b'"',),
    "NUL": (b'"1\x00"',),
    "sent twice": (b'"1"', b'"2"'),
}

CREDENTIALS: dict[str, tuple[bytes, ...]] = {
    "none": (),
    "empty": (b"",),
    "only the scheme": (b"Bearer",),
    "only the scheme and a space": (b"Bearer ",),
    "another scheme": (b"Basic a2VuYXJpN2YzYTp4",),
    "a word": (b"Bearer " + CANARY.encode(),),
    "three dots": (b"Bearer ...",),
    "three parts of nothing": (b"Bearer e30.e30.e30",),
    "an unsigned token": (
        b"Bearer eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.eyJzdWIiOiJrZW5hcmk3ZjNhIn0.",
    ),
    "a key id that is no text": (b"Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6eyJhIjoxfX0.e30.AAAA",),
    "a header that is no object": (b"Bearer WzFd.e30.AAAA",),
    "a header that is no UTF-8": (b"Bearer __79.e30.AAAA",),
    "NUL": (b"Bearer a.b\x00.c",),
    "bytes that are no text": (b"Bearer \xff\xfe",),
    "5,000 characters": (b"Bearer " + b"x" * LONG,),
    "100,000 characters": (b"Bearer " + b"x" * 100_000,),
    "a comma": (b"Bearer a, Bearer b",),
}

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "KENARI")

HARMLESS_HEADERS: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "a header of 60,000 bytes": ((b"x-anything", b"x" * 60_000),),
    "1,000 headers": tuple((b"x-%d" % number, b"y") for number in range(1_000)),
    "another method in a header": ((b"x-http-method-override", b"DELETE"),),
    "another host": ((b"host", b"evil.test:99999"),),
    "a forged origin": ((b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-proto", b"gopher")),
    "a request id with a line break": ((b"x-request-id", b"a\r\nset-cookie: b"),),
    "an Accept that we cannot serve": ((b"accept", b"image/png"),),
    "an odd Accept-Language": ((b"accept-language", b"\xff\xfe;q=nan"),),
    "a cookie": ((b"cookie", b"a=\x00; b=" + b"x" * 5_000),),
    "a range": ((b"range", b"bytes=0-0,-1"),),
    "a trace parent": ((b"traceparent", b"00-zz-zz-zz"),),
}
"""What a service may see of any client and has to bear: the answer is the usual one."""
