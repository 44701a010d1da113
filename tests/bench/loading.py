"""How long a rulebook takes to load: read, checked, cross-checked and built, its messages included."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml
from measure import Row, race

from bot.shipped import rules_folder
from bot.start import Desk, read_desk

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def large(folder: Path) -> Desk:
    """Write the shipped desk with 300 entries more into a folder, in the proportions of a large one; give it read."""
    shutil.copytree(rules_folder() / "keskkonnaamet", folder, ignore=shutil.ignore_patterns("tests", "demo"))
    sections = {
        "people": "".join(
            f'  - {{person: p{i}, account: {{cloud: "712020:p{i}", dc: p{i}}}, language: et}}\n' for i in range(60)
        ),
        "queues": "".join(
            f"  - {{queue: Q{i}, tier: 2, name: {{et: Järjekord {i}, en: Queue {i}, ru: Очередь {i}}}, "
            f"members: [p{i}, p{i + 1}], coordinator: p{i}}}\n"
            for i in range(40)
        ),
        "routes": "".join(
            f"  - route: r{i}\n    why: {{et: Selle suuna põhjus on number {i}., en: Reason number {i}.}}\n"
            f"    when: {{label: l{i}, category: [LIGIPAAS, ALLKIRI]}}\n    queue: Q{i % 40}\n"
            for i in range(90)
        ),
        "policies": "".join(
            f"  - name: policy{i}\n    why: What was promised for reason {i}.\n    starts: enters queue Q{i}\n"
            f"    pauses: [ball is customer, ball is third party]\n    stops: [solved, leaves queue Q{i}]\n"
            f"    targets:\n      - {{when: {{label: x{i}}}, within: 4h}}\n      - {{within: 3wd}}\n"
            for i in range(40)
        ),
        "ladders": "".join(
            f"  - name: ladder{i}\n    why: The promise number {i} runs out.\n"
            f"    when: {{standing: open, queue: Q{i % 40}}}\n    clock: policy{i % 40}\n    rungs:\n"
            "      - {rung: warn, share: 75%, say: sla_warning, to: owner}\n"
            "      - {rung: late, past_due: 0h, say: sla_breach, to: [owner, coordinator]}\n"
            "      - {rung: later, past_due: 1wd, say: sla_breach_head, to: lead}\n"
            for i in range(70)
        ),
    }
    # Before the desk's own routes, of which the last matches everything.
    (folder / "a.yaml").write_text("".join(f"{name}:\n{text}" for name, text in sections.items()), "utf-8")
    return read_desk(folder, "bench")


def loads(folder: Path, rounds: int) -> list[Row]:
    """Time loading the rulebook in a folder, by the processor; the floor composes its YAML and no more."""
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))]

    def composed() -> None:
        for text in texts:
            yaml.compose(text, Loader=_LOADER)

    return race(
        {
            "floor: compose the YAML with libyaml": composed,
            "**Piletibot, the rulebook and its messages**": lambda: read_desk(folder, "bench"),
            "`yaml.safe_load`, nothing checked": lambda: [yaml.safe_load(text) for text in texts],
        },
        rounds,
    )
