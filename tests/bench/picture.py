"""A bar chart as SVG, readable on light and dark ground."""

from collections.abc import Sequence
from html import escape

_ROW, _LEFT, _WIDTH, _TOP = 34, 290, 470, 46
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1f2937}.title{font-weight:600;font-size:16px}"
    "rect{fill:#94a3b8}.ours{fill:#2f6f62}"
    "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}rect{fill:#64748b}.ours{fill:#5fb3a1}}"
)


def bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """The largest first; ours ("this sender …") in the colour of the house."""
    ranked = sorted(rows, key=lambda row: -row[1])
    longest = ranked[0][1]
    height = _TOP + _ROW * len(ranked) + 10
    said = escape("; ".join(f"{name}: {value:,.0f}" for name, value in ranked))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 90} {height}" role="img">',
        f"<title>{escape(title)}. {said}</title><style>{_STYLE}</style>",
        f'<text class="title" x="8" y="24">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(ranked):
        top, width = _TOP + number * _ROW, value / longest * _WIDTH
        kind = ' class="ours"' if name.startswith("this sender") else ""
        parts += [
            f'<text x="8" y="{top + 18}">{escape(name)}</text>',
            f'<rect{kind} x="{_LEFT}" y="{top}" width="{width:.0f}" height="24" rx="4"/>',
            f'<text x="{_LEFT + width + 8:.0f}" y="{top + 18}">{value:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
