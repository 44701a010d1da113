"""The first rules for somebody's desk, with the tests that make each of them speak: what `piletibot init` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kinds:
    """What a desk's states and fields let rules say.

    `tier2` tells that there is a state in which tier 2 works, `solved` that there is one between work and closed,
    `delivered` that a field says when the solution reached the customer.
    """

    tier2: bool
    solved: bool
    delivered: bool


_POLICY = """\
# What tier 2 promised tier 1: a clock that starts, pauses and stops. The amount is an example: put your own.
policies:
  - name: tier2-resolution        # permanent: ladders call the clock by it
    why:                          # quoted to the people addressed
      et: II tase on lubanud I tasemele lahenduse kokkulepitud aja jooksul.
      en: Tier II promised tier I a solution within the agreed time.
      ru: II уровень обещал I уровню решение в согласованный срок.
    starts: enters tier 2
    pauses: [ball is customer, ball is third party]
    stops: solved
    targets:                      # the first whose `when` holds counts; the last has none
      - {within: 5wd}
"""

_NO_POLICY = """\
# What tier 2 promised tier 1 would stand here, under `policies`. No status of this Jira means that tier 2 works on a
# ticket; once one does (jira.yaml), see "policies" and "ladders" in docs/rules.md.
policies: []
"""

_LADDERS = """\
# What is asked of whom, and when: copy one, give it a name and a reason of its own, and a test (tests/first.yaml).
# Only the highest rung reached is due; the names of ladders and rungs are permanent.
ladders:"""

_DEADLINE = """\
  # Beside a promise: `share` of its time used up, `past_due` in the first second beyond it.
  - name: tier2-deadline
    why:
      et: Lahendamistähtaeg läheneb või on möödas.
      en: The resolution deadline is near or has passed.
      ru: Срок решения приближается или истёк.
    when: {standing: open, tier: 2}
    clock: tier2-resolution
    rungs:
      - {rung: warn,   share: 75%,   say: sla_warning, to: owner}
      - {rung: breach, past_due: 0h, say: sla_breach,  to: [owner, coordinator]}
"""

_MOVEMENT = """\
  # Since something happened: `after` so much working time of the desk.
  - name: no-movement
    why:
      et: Pilet seisab, keegi ei ole sellega tegelenud.
      en: The ticket stands still, nobody has worked on it.
      ru: Заявка стоит, никто ею не занимался.
    when: {WHEN}
    clock: since movement
    rungs:
      - {rung: ask,  after: 2wd, say: no_movement,     to: owner}
      - {rung: tell, after: 4wd, say: status_followup, to: [forwarder, coordinator]}
"""

_CLOSURE = """\
  # Solved is not over: somebody tells the customer, and closes the ticket.
  - name: solution-reached-customer
    why:
      et: Edastaja vastutab selle eest, et lahendus kliendini jõuaks, ja sulgeb pileti.
      en: The forwarder answers for the solution reaching the customer, and closes the ticket.
      ru: Передавший отвечает за то, чтобы решение дошло до клиента, и закрывает заявку.
    when: {standing: solvedUNDELIVERED}
    clock: since solved
    rungs:
      - {rung: ask,    after: 1h,  say: closure_prompt,   to: forwarder}
      - {rung: remind, after: 2wd, say: closure_reminder, to: forwarder}
      - {rung: tell,   after: 4wd, say: closure_reminder, to: [forwarder, coordinator]}
"""

_NO_CLOSURE = """\
  # No status of this Jira means that a ticket is solved and not yet closed, so nobody is asked whether the solution
  # has reached the customer. Once one does (jira.yaml), see "A worked example" in docs/rules.md.
"""


def policies(can: Kinds) -> str:
    """Give the file of promises."""
    return _POLICY if can.tier2 else _NO_POLICY


def ladders(can: Kinds) -> str:
    """Give the file of ladders: all that can ever speak on this desk."""
    movement = "standing: open, tier: 2, ball: tier 2" if can.tier2 else "standing: open"
    closure = _CLOSURE.replace("UNDELIVERED", ", delivered: false" if can.delivered else "")
    return "\n".join(
        [
            _LADDERS,
            *([_DEADLINE] if can.tier2 else []),
            _MOVEMENT.replace("WHEN", movement),
            closure if can.solved else _NO_CLOSURE,
        ]
    )


_HEAD = """\
# Rule tests, run by `piletibot test`: a ticket in few words, and all that the rules say of it at a moment (`now` and
# `expect`) or at several (`expect_at`), by the desk's wall clock. Copy one for each rule you write. Here the desk
# works from 8 to 17 and a working day counts 8 hours; where you change the hours, change the moments.
"""

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "deadline": {
        "et": "hoiatab täitjat neljandal päeval ja teatab tähtaja möödumisest esimesel sekundil pärast seda",
        "en": "warns the owner on the fourth day, and tells of the breach in the first second beyond the time",
    },
    "movement": {
        "et": "küsib täitjalt kahe seisva tööpäeva järel ning annab nelja järel teada edastajale ja koordinaatorile",
        "en": "asks the owner after two working days without movement, tells forwarder and coordinator after four",
    },
    "moved": {
        "et": "peab kommentaari liikumiseks",
        "en": "takes a comment for movement",
    },
    "closure": {
        "et": "küsib töötunni pärast, kas lahendus jõudis kliendini, ja tuletab kahe tööpäeva järel meelde",
        "en": "asks after a working hour whether the solution reached the customer, reminds after two working days",
    },
    "delivered": {
        "et": "ei küsi enam, kui lahendus on kliendini jõudnud",
        "en": "asks no more once the solution has reached the customer",
    },
    "weekend": {
        "et": "ei ütle midagi õhtul ega nädalavahetusel",
        "en": "says nothing in the evening and at the weekend",
    },
    "hold": {
        "et": "ei ütle midagi piletil, millel on vaigistav silt",
        "en": "says nothing on a ticket with the hold label",
    },
    "closed": {
        "et": "ei ütle suletud piletil midagi",
        "en": "says nothing on a closed ticket",
    },
}


_DEADLINE_TEST = """\
  ticket:
    owner: coordinator1
    history:
      - {at: 2026-11-16 08:00, forwarded: true}
      - {at: 2026-11-17 10:00, message: coordinator1}
      - {at: 2026-11-19 10:00, message: coordinator1}
  expect_at:
    "2026-11-19 10:59": []
    "2026-11-19 11:00": [{rule: tier2-deadline, rung: warn, say: sla_warning, to: coordinator1}]
    "2026-11-20 12:00": [sla_warning]
    "2026-11-20 12:00:01": [{rule: tier2-deadline, rung: breach, say: sla_breach, to: coordinator1}]
"""

_MOVEMENT_TEST = """\
  ticket: {owner: coordinator1, history: [{at: 2026-11-16 08:00, MOVES}]}
  expect_at:
    "2026-11-17 14:59": []
    "2026-11-17 15:00": [{rule: no-movement, rung: ask, say: no_movement, to: coordinator1}]
    "2026-11-19 10:59": [{rule: no-movement, rung: ask}]
    "2026-11-19 13:00": [{rule: no-movement, rung: tell, say: status_followup, to: coordinator1}ALSO]
"""

_MOVED_TEST = """\
  ticket:
    owner: coordinator1
    history: [{at: 2026-11-16 08:00, MOVES}, {at: 2026-11-17 14:00, message: coordinator1}]
  expect_at:
    "2026-11-17 15:00": []
    "2026-11-18 16:59": []
    "2026-11-19 12:00": [no_movementALSO]
"""

_CLOSURE_TEST = """\
  ticket: {history: [{at: 2026-11-16 10:00, solved: true}]}
  expect_at:
    "2026-11-16 10:59": []
    "2026-11-16 11:00": [{rule: solution-reached-customer, rung: ask, say: closure_prompt, to: coordinator1}]
    "2026-11-18 08:00": [{rule: solution-reached-customer, rung: remind, say: closure_reminder}]
    "2026-11-19 14:59": [{rule: solution-reached-customer, rung: remind}]
    "2026-11-19 15:00": [{rule: solution-reached-customer, rung: tell, to: coordinator1}]
"""

_DELIVERED_TEST = """\
  now: 2026-11-18 11:00
  ticket: {history: [{at: 2026-11-16 10:00, solved: true}, {at: 2026-11-16 15:00, delivered: true}]}
  expect: []
"""

_WEEKEND_TEST = """\
  ticket: {owner: coordinator1, history: [{at: 2026-11-19 08:00, MOVES}]}
  expect_at:
    "2026-11-20 16:59": [no_movement]
    "2026-11-20 17:00": []
    "2026-11-21 12:00": []
    "2026-11-23 07:59": []
    "2026-11-23 08:00": [no_movement]
"""

_HOLD_TEST = """\
  now: 2026-11-17 15:00
  ticket: {owner: coordinator1, labels: [bot-hold], history: [{at: 2026-11-16 08:00, MOVES}]}
  expect: []
"""

_CLOSED_TEST = """\
  now: 2026-11-20 12:00
  ticket: {owner: coordinator1, history: [{at: 2026-11-16 08:00, MOVES}, {at: 2026-11-16 09:00, closed: true}]}
  expect: []
"""


def tests(can: Kinds, language: str) -> str:
    """Give the file of rule tests: some make each rung speak, in others nothing is to be said."""
    moves = "forwarded: true" if can.tier2 else "message: coordinator1"
    also = ", sla_warning" if can.tier2 else ""
    told = {name: texts.get(language, texts["en"]) for name, texts in _SENTENCES.items()}
    filled = (
        f"- it: {told[name]}\n" + body.replace("MOVES", moves).replace("ALSO", also) for name, body in _cases(can)
    )
    return "\n".join([_HEAD, *filled])


def _cases(can: Kinds) -> Iterable[tuple[str, str]]:
    if can.tier2:
        yield "deadline", _DEADLINE_TEST
    yield "movement", _MOVEMENT_TEST
    yield "moved", _MOVED_TEST
    if can.solved:
        yield "closure", _CLOSURE_TEST
    if can.solved and can.delivered:
        yield "delivered", _DELIVERED_TEST
    yield "weekend", _WEEKEND_TEST
    yield "hold", _HOLD_TEST
    yield "closed", _CLOSED_TEST
