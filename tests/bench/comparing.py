"""What looking for alike tickets takes on a large desk: memory, and the processor time of a ticket."""

from __future__ import annotations

from big_desk import sketch_of
from desk import NOW_S
from measure import amount, held, timed

from bot.core.likeness import Alike, Sketched

_YEAR_S = 365 * 86_400
_CATEGORIES = 20


def show_alike(count: int, asked: int) -> None:
    """Print what it takes to have so many tickets of a year compared, and to ask about some of them."""
    those = [Sketched(str(n), f"KKA-{n}", f"c{n % _CATEGORIES}", _at(n, count), sketch_of(n)) for n in range(count)]
    before = held()
    alike = Alike()
    put_s = timed(lambda: [alike.put(each) for each in those])
    grown = held() - before
    some = [str(n) for n in range(0, count, max(1, count // asked))]
    asked_s = timed(lambda: [alike[each] for each in some])
    print(f"\n### {count:,} open tickets of a year, held against each other\n")
    print("| | |")
    print("|---|---:|")
    print(f"| memory for all | {grown >> 20} MiB |")
    print(f"| put one, processor time | {amount(put_s / count)} |")
    print(f"| ask about one of {len(some):,}, processor time | {amount(asked_s / len(some))} |")


def _at(n: int, count: int) -> int:
    """Tickets are opened evenly over the year."""
    return NOW_S - _YEAR_S * (n * 7919 % count) // count
