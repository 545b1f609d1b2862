"""What a run found, written down: JSON for machines, a table and a picture for the manual. Pure but for `machine`."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import TypeAlias

from bench.goals import Row, Verdict, number
from bench.measure import Cost

Plain: TypeAlias = "str | int | float | Mapping[str, Plain] | Sequence[Plain] | None"
_COLOURS = {
    Verdict.STRETCH: "#1d7a4c",
    Verdict.BOUND: "#2456a6",
    Verdict.OVER: "#b42318",
    Verdict.MISSING: "#9aa0a8",
}
_SIGNS = {Verdict.STRETCH: "✓✓", Verdict.BOUND: "✓", Verdict.OVER: "✗", Verdict.MISSING: "–"}


def machine() -> dict[str, str | int]:
    """Say what the figures were taken on: nothing that names the machine or where things lie on it."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int((_first("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "load_before": f"{os.getloadavg()[0]:.1f}",
    }


def _first(file: str, name: str) -> str | None:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def plain(
    rows: Sequence[Row],
    *,
    about: Mapping[str, Plain],
    samples: Mapping[str, Sequence[Cost]],
    beside: Sequence[tuple[str, str]],
) -> dict[str, Plain]:
    """Give the run as plain data."""
    return {
        **about,
        "rows": [
            {
                "goal": row.goal.id,
                "words": row.goal.words,
                "unit": row.goal.unit,
                "figure": None if row.figure is None else round(row.figure, 4),
                "bound": row.goal.bound,
                "stretch": row.goal.stretch,
                "verdict": str(row.verdict),
                "tidings": row.ours,
                "beside": row.theirs,
                "note": row.note,
            }
            for row in rows
        ],
        "beside": [{"what": what, "figure": figure} for what, figure in beside],
        "samples": {what: [cost.plain() for cost in costs] for what, costs in sorted(samples.items())},
    }


def figure(row: Row) -> str:
    """Write a row's figure with its unit."""
    if row.figure is None:
        return "–"
    unit = "" if row.goal.unit == "×" else f" {row.goal.unit}"
    return f"{number(row.figure)}{unit}"


def table(rows: Sequence[Row]) -> str:
    """Write the goal table in Markdown."""
    lines = ["| goal | measured | bound | stretch | verdict | from |", "|---|--:|--:|--:|---|---|"]
    for row in rows:
        stretch = "–" if row.goal.stretch is None else number(row.goal.stretch)
        made_of = " / ".join(part for part in (row.ours, row.theirs) if part)
        story = "; ".join(part for part in (made_of, row.note) if part)
        lines.append(
            f"| {row.goal.words} | {figure(row)} | {number(row.goal.bound)} | {stretch} "
            f"| {_SIGNS[row.verdict]} {row.verdict} | {story} |"
        )
    return "\n".join(lines) + "\n"


def picture(rows: Sequence[Row]) -> str:
    """Draw each figure as a share of its bound, on a logarithmic scale: SVG that reads in the light and in the dark."""
    drawn = [row for row in rows if row.figure is not None]
    height, left, width = 34, 380, 420
    low, high = -2.0, 2.0
    bottom = 46 + height * len(drawn)

    def x(share: float) -> float:
        return left + (min(high, max(low, log10(max(share, 1e-9)))) - low) / (high - low) * width

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {bottom + 30}" role="img"'
            ' aria-labelledby="t" font-family="system-ui, sans-serif" font-size="13">'
        ),
        '<title id="t">Each measured figure as a share of its bound; left of the line is within it</title>',
        (
            "<style>text{fill:#1c1e22}.m{fill:#5b6068}.l{stroke:#9aa0a8}"
            "@media(prefers-color-scheme:dark){text{fill:#eceae6}.m{fill:#a3a8b0}}</style>"
        ),
    ]
    for share, label in ((0.01, "1/100"), (0.1, "1/10"), (1.0, "bound"), (10.0, "10 ×"), (100.0, "100 ×")):
        line = "2" if share == 1.0 else "0.5"
        parts.append(
            f'<line class="l" x1="{x(share):.1f}" x2="{x(share):.1f}" y1="30" y2="{bottom}" stroke-width="{line}"/>'
            f'<text class="m" x="{x(share):.1f}" y="20" text-anchor="middle">{label}</text>'
        )
    for place, row in enumerate(drawn):
        y = 46 + place * height
        bound = row.goal.bound or 1.0
        end = x((row.figure or 0) / bound)
        colour = _COLOURS[row.verdict]
        parts.append(
            f'<text x="{left - 12}" y="{y + 13}" text-anchor="end">{escape(_short(row.goal.words))}</text>'
            f'<rect x="{left}" y="{y}" width="{max(2.0, end - left):.1f}" height="18" rx="3" fill="{colour}"/>'
            f'<text x="{max(end, left + 2) + 8:.1f}" y="{y + 13}">{escape(figure(row))} {_SIGNS[row.verdict]}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _short(words: str) -> str:
    text = words.replace("`", "")
    return text if len(text) <= 58 else f"{text[:57].rpartition(' ')[0]} …"


def figures(rows: Sequence[Row], beside: Sequence[tuple[str, str]], about: Mapping[str, Plain]) -> str:
    """Write the part of the manual's page that a run fills in."""
    on = about["machine"]
    assert isinstance(on, Mapping)
    counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    lines = [
        f"Measured on {about['at']}, `SIZE={about['size']}`, {about['rounds']} rounds, medians,",
        f"load {on['load_before']} before: {on['processor']}, {on['cores']} cores, {on['memory_gib']} GiB,",
        f"{on['system']}, Python {on['python']}. {told}.",
        "",
        table(rows),
    ]
    if beside:
        lines += ["Beside them, with no goal:", "", *(f"- {what}: {found}" for what, found in beside), ""]
    return "\n".join(lines)
