"""What DNS says of a domain that sends mail: its TXT records, asked for now."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.resolver import Resolver

PATIENCE = 3.0
"""Seconds for one question."""


class DnsUnreachable(Exception):  # noqa: N818  (a state of the network, not a defect)
    """No name server answered from here."""


def texts(hosts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The TXT records of each host, none for one that has none. Raises DnsUnreachable at the first silence."""
    from dns.exception import DNSException  # here, since few processes ever ask
    from dns.resolver import Resolver

    try:
        resolver = Resolver()
        return {host: _texts(resolver, host) for host in hosts}
    except DNSException as error:
        raise DnsUnreachable(type(error).__name__) from None


def _texts(resolver: "Resolver", host: str) -> tuple[str, ...]:
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        answer = resolver.resolve(host, "TXT", lifetime=PATIENCE, search=False)
    except (NXDOMAIN, NoAnswer):
        return ()
    # A record longer than 255 octets comes in pieces that belong together (RFC 7208 section 3.3, RFC 6376 3.6.2.2).
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
