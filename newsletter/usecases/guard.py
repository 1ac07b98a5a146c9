"""The one guard of every sign-up path: stated limits per network and for the whole house.

Limits per address live with the confirmation mails they limit (domain/subscription.py). Networks are counted
by keyed digest, an IPv4 /24 or an IPv6 /48, for an hour; nothing that names a visitor is kept.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from newsletter.store import limits
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

SIGNUPS_PER_NETWORK = 30
WINDOW = timedelta(hours=1)


def admit(house: House, tx: Transaction, peer: str, *, from_here: bool = False) -> bool:
    """Count one sign-up from a network address. False when a limit of this hour is passed.

    What a network's own limit refuses is not counted for the whole house: one flood must not close the door for all.
    `from_here` is whoever sits at this machine. While mail stays on it she is its owner, who tries things out, and no
    network is counted; when mail leaves, strangers may come from loopback too, through a proxy nobody told us of.
    """
    window = window_start(house.clock.machine(), WINDOW)
    if house.mail_leaves or not from_here:
        near = limits.count(tx, f"signup:{house.keyring.digest('network', network_of(peer))}", window)
        if near > SIGNUPS_PER_NETWORK:
            return False
    return limits.count(tx, "signup:everywhere", window) <= house.signups_per_hour


def network_of(peer: str) -> str:
    """The network an address belongs to: /24 of IPv4, /48 of IPv6; what is no address counts as one network."""
    try:
        address = ip_address(peer.partition("%")[0])  # fe80::1%eth0 names an interface of ours
    except ValueError:
        return "unknown"
    # A socket that listens on :: sees IPv4 as ::ffff:198.51.100.7, and all of IPv4 would be one /48.
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def window_start(moment: datetime, length: timedelta) -> datetime:
    """The beginning of the fixed window that a moment falls into."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, tz=moment.tzinfo)
