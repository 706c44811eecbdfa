"""S-33: no XML document resolves an entity, reads a file or costs more than a second of CPU time per MiB."""

import time
from pathlib import Path
from random import Random

from runbell.dialects.ocapi import xml_reading
from runbell.domain.faults import Malformed
from verify.check import Check, Figure, Trial

MARK = "the-text-that-no-entity-may-bring"
MIB = 1 << 20
MOST_CPU_S = 1.0


def run(trial: Trial) -> Figure:
    """Documents that are known to hurt, and random ones made of pieces of them."""
    secret = trial.folder / "secret.txt"
    secret.write_text(MARK)
    resolved = slow = strange = refused = 0
    worst = 0.0
    for document in [*_known(secret), *_random(trial, secret)]:
        began = time.process_time()
        try:
            value = xml_reading.parse(document)
        except Malformed:
            refused += 1
            value = None
        except Exception as error:
            strange += 1
            trial.say(f"{type(error).__name__} for {document[:100]!r}")
            value = None
        cost = (time.process_time() - began) / max(1.0, len(document) / MIB)
        worst = max(worst, cost)
        slow += cost > MOST_CPU_S
        resolved += MARK in repr(value) or (value is not None and b"<!DOCTYPE" in document)
    held = resolved == slow == strange == 0 and refused > 0
    numbers = {"entity_resolved": resolved, "slow": slow, "strange": strange, "cpu_s_per_mib": worst}
    return Figure(held, trial.size, numbers)


def _known(secret: Path) -> list[bytes]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    there = secret.as_uri()
    return [
        f'<!DOCTYPE a [<!ENTITY l0 "{MARK}">{laughs}]><a>&l9;</a>'.encode(),
        f'<!DOCTYPE a [<!ENTITY x "{MARK}">]><a><name>&x;</name></a>'.encode(),
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "{there}">]><a><name>&x;</name></a>'.encode(),
        f'<!DOCTYPE a SYSTEM "{there}"><a>b</a>'.encode(),
        f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{there}">%p;]><a>b</a>'.encode(),
        f'<!DOCTYPE a [<!ATTLIST name v CDATA "{MARK}">]><a><name/></a>'.encode(),
        f'<!DOCTYPE a [<!ENTITY x "{MARK}">]><a><name>&x;</name></a>'.encode("utf-16"),
        f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{there}" parse="text"/></a>'.encode(),
        b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 100_000 + b'">]><a>' + b"&x;" * 10_000 + b"</a>",
        b"<a>" * 100_000, b"<a>" * 150_000 + b"</a>" * 149_000, b"<a>" + b"<b/>" * 200_000 + b"</a>",
        b"<a>" + b"x" * (MIB - 10) + b"</a>", b"<a b='" + b"y" * (MIB - 20) + b"'/>", b"<" * MIB, b"&" * MIB,
        b"<a " + b" ".join(b"a%d='1'" % n for n in range(80_000)) + b"/>", b"<a>" + b"<!---->" * 140_000 + b"</a>",
        b"<a>" + b"<?p?>" * 200_000 + b"</a>", b"<a>" + b"]]>" * 300_000 + b"</a>", b"x" * (2 * MIB),
        b"<values>" + b"".join(b"<v%d/>" % n for n in range(80_000)) + b"</values>",
        b"<a xmlns:" + b" xmlns:".join(b"n%d='u%d'" % (n, n) for n in range(40_000)) + b"/>",
    ]  # fmt: skip


def _random(trial: Trial, secret: Path) -> list[bytes]:
    """Pieces of documents in any order, some of it doubled or cut."""
    dice: Random = trial.random
    pieces = [
        b"<a>", b"</a>", b"<name>", b"</name>", b"<item/>", b"&x;", b"&lt;", b"&#0;", b"&#xD800;", b"<![CDATA[", b"]]>",
        b"<!DOCTYPE a [", b"]>", b'<!ENTITY x "' + MARK.encode() + b'">', b"<!--", b"-->", b"<?xml version='1.0'?>",
        b"<!doctype a>", f'<!ENTITY x SYSTEM "{secret.as_uri()}">'.encode(), b"\xef\xbb\xbf", b"\0", b"\xff", b" a='1'",
        b" xmlns='u'", b"text",
    ]  # fmt: skip
    return [
        b"".join(dice.choices(pieces, k=dice.randint(1, 30))) * dice.choice((1, 1, 1, 50)) for _ in range(trial.size)
    ]


CHECK = Check(
    name="xml", promise="S-33", says="no XML resolves an entity, or costs over 1 CPU s per MiB",
    run=run, unit="documents", quick=5_000, normal=100_000, full=5_000_000, sabotages=("xml-entities",),
)  # fmt: skip
