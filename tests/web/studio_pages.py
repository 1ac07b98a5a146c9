"""Every page of the studio by its address, with the filters that a page has: for its query plans and its times."""

import re
from collections.abc import Iterator

from flask import Flask

FILTERS = {
    "/admin/subscribers/": [
        *("?state=confirmed", "?state=pending&sort=address", "?state=paused", "?state=held", "?sort=address&after=40"),
        *("?list=letters", "?list=letters&state=suppressed&sort=oldest", "?after=40", "?state=unsubscribed&after=60"),
        *("?q=reader12", "?q=Berg", "?q=no-such-word", "?q=example7&state=confirmed&sort=address"),
    ],
    "/admin/subscribers/<public_id>": ["?done=paused"],
    "/admin/deliveries/": [
        *(f"?state={state}" for state in ("queued", "claimed", "sending", "deferred", "uncertain")),
        *("?state=failed", "?state=skipped", "?state=expired", "?state=failed&words=550", "?kind=test", "?before=90"),
        *("?kind=confirmation&state=sent", "?kind=lesson", "?state=sent", "?state=failed&kind=lesson"),
        *("?person={person}", "?campaign={campaign}", "?campaign={campaign}&state=sent"),
    ],
    "/admin/campaigns/": ["?state=sent", "?sort=recipients", "?sort=oldest", "?page=3"],
    "/admin/campaigns/<public_id>": [
        *(f"?state={state}" for state in ("sent", "failed", "skipped", "waiting")),
        "?after=20000",
    ],
    "/admin/campaigns/<public_id>/preview": ["?for={person}", "?view=source"],
    "/admin/courses/<slug>": ["?zone=America/Denver"],
    "/admin/courses/<slug>/lessons/<key>/preview": ["?show=text", "?show=source", "?reader=named&dark=1"],
}
"""Questions that a page's address may ask; a name in braces is one of `names`."""


def paths(web: Flask, **names: str) -> Iterator[str]:
    """Every page under /admin that answers a GET, about the `person`, the `campaign`, the `draft` and what else is
    named."""
    for rule in sorted(web.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith("/admin"):
            continue
        whose = {"public_id": names[_whose(rule.rule, names)], **names}
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name, known=whose: known.get(name[1], "x"), rule.rule)
        yield path
        yield from (path + query.format(**names) for query in FILTERS.get(rule.rule, ()))


def _whose(rule: str, names: dict[str, str]) -> str:
    """Whose page it is: a draft's, where one is named, since what is sent cannot be written or queued any more."""
    if "/campaigns/" not in rule:
        return "person"
    return "draft" if "draft" in names and rule.rpartition("/")[2] in ("write", "queue", "delete") else "campaign"
