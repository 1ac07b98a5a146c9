"""Text copied out of a mail: its header fields above, its signature below."""

from __future__ import annotations

import re

from newsletter.content.blocks import LeftOut
from newsletter.content.wording import squeezed

_FIELD = re.compile(
    r"^(From|To|Cc|Date|Sent|Subject|Reply-To|Von|An|Datum|Gesendet|Betreff|De|À|Objet|Asunto|Fecha):\s+(.*)$"
)
_SUBJECTS = ("Subject", "Betreff", "Objet", "Asunto")
_SIGNATURE = "\n--\n"
"""What parts a mail from its signature, "-- " on a line of its own (RFC 3676 section 4.3), its space often lost."""

_LONGEST = 12  # lines of a signature


def without_envelope(text: str) -> tuple[str, str, list[LeftOut]]:
    """The text, the mail's subject ("" when the text is no mail), and what was taken off."""
    lines = text.lstrip("\n").split("\n")
    fields = []
    for line in lines:
        found = _FIELD.match(line)
        if not found:
            break
        fields.append(found)
    if len(fields) < 2:
        return text, "", []
    subject = next((found[2] for found in fields if found[1] in _SUBJECTS), "")
    left_out = [LeftOut(squeezed(found[0]), "a mail's header") for found in fields if found[1] not in _SUBJECTS]
    left_out += [LeftOut(f"{found[1]}:", "a mail's header") for found in fields if found[1] in _SUBJECTS]
    body, sign, signature = "\n".join(lines[len(fields) :]).replace("\n-- \n", _SIGNATURE).rpartition(_SIGNATURE)
    if not sign or signature.count("\n") > _LONGEST:
        return "\n".join(lines[len(fields) :]), subject, left_out
    return body, subject, [*left_out, LeftOut(squeezed(signature), "a mail's signature")]
