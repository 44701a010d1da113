"""A mail server in memory that keeps the `Mailer` contract, with knobs for what goes wrong.

`tests/test_mail.py` holds it to the same cases as SMTP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.engine.mailer import Lost, Mail, NotTaken, Unsent

Fate = Literal["away", "later", "never", "lost", "lost before", None]


@dataclass
class FakeMailer:
    """`arrived` are the mails that the server has. `fates` are what happens to the next ones, one each:

    `away` nobody answers · `later` not now (4xx) · `never` not taken (5xx) · `lost` it arrives, and the answer is
    lost · `lost before` neither · None all goes well. `tried` counts all.
    """

    fates: list[Fate] = field(default_factory=list)
    arrived: list[Mail] = field(default_factory=list)
    tried: int = 0
    closed: int = 0

    def send(self, mail: Mail) -> None:
        self.tried += 1
        match self.fates.pop(0) if self.fates else None:
            case "away":
                raise Unsent("the mail server cannot be reached", every=True)
            case "later":
                raise Unsent("the mail server does not take the recipient (SMTP 450)", every=False)
            case "never":
                raise NotTaken("the mail server does not take the recipient (SMTP 550)")
            case "lost":
                self.arrived.append(mail)
                raise Lost("the answer of the mail server was lost")
            case "lost before":
                raise Lost("the answer of the mail server was lost")
            case None:
                self.arrived.append(mail)

    def close(self) -> None:
        self.closed += 1
