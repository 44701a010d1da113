"""What befalls a Jira beside what its REST interface offers: each act a function of the world and what is given.

An act of the table below is told over HTTP as `{"act": NAME, ...}` and by `befall` in the same process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.sandbox import acts
from bot.sandbox.world import Issue, Json, Person, World

Given = Mapping[str, Json]


def befall(world: World, given: Given) -> None:
    """Do the act that `given` names. Raises ValueError or KeyError for one that cannot be done."""
    act = ACTS.get(given["act"])
    if act is None:
        raise ValueError(f"unknown act {given['act']!r}; there are {', '.join(ACTS)}")
    act(world, given)


def _move(world: World, given: Given) -> None:
    acts.move(world, _issue(world, given["issue"]), _person(world, given["by"]), world.projects[given["project"]])


def _delete(world: World, given: Given) -> None:
    acts.delete(world, _issue(world, given["issue"]))


def _merge(world: World, given: Given) -> None:
    into = _issue(world, given["into"])
    acts.merge(world, _issue(world, given["issue"]), _person(world, given["by"]), into)


def _archive(world: World, given: Given) -> None:
    world.archived[_issue(world, given["issue"]).id] = world.now()


def _restore(world: World, given: Given) -> None:
    world.archived.pop(_issue(world, given["issue"]).id, None)


def _attach(world: World, given: Given) -> None:
    issue, by = _issue(world, given["issue"]), _person(world, given["by"])
    acts.attach(world, issue, by, given["filename"], int(given["size"]), given["mime_type"])


def _deactivate(world: World, given: Given) -> None:
    _person(world, given["user"]).active = False


def _activate(world: World, given: Given) -> None:
    _person(world, given["user"]).active = True


def _rename(world: World, given: Given) -> None:
    acts.rename(world, _person(world, given["user"]), given["name"], given["display_name"])


def _rename_status(world: World, given: Given) -> None:
    acts.rename_status(world, given["status"], given["name"])


def _forbid(world: World, given: Given) -> None:
    _person(world, given["user"]).denied.add(given["permission"])


def _allow(world: World, given: Given) -> None:
    _person(world, given["user"]).denied.discard(given["permission"])


def _expire(world: World, given: Given) -> None:
    _person(world, given["user"]).token = None


def _renew(world: World, given: Given) -> None:
    _person(world, given["user"]).token = given["token"]


ACTS: Mapping[str, Callable[[World, Given], None]] = {
    "move": _move,
    "delete": _delete,
    "merge": _merge,
    "archive": _archive,
    "restore": _restore,
    "attach": _attach,
    "deactivate": _deactivate,
    "activate": _activate,
    "rename": _rename,
    "rename status": _rename_status,
    "forbid": _forbid,
    "allow": _allow,
    "expire": _expire,
    "renew": _renew,
}
"""What can befall: an issue is given by id or key, a user by any of the account's names, a status by its id.

- `move`: `issue`, `project`, `by` · `delete`: `issue` · `merge`: `issue`, `into`, `by`
- `archive`, `restore`: `issue` · `attach`: `issue`, `filename`, `size`, `mime_type`, `by`
- `deactivate`, `activate`: `user` · `rename`: `user`, `name`, `display_name` · `rename status`: `status`, `name`
- `forbid`, `allow`: `user`, `permission` (`ADD_COMMENTS` anywhere, `ADD_COMMENTS:KKA` in one project)
- `expire`: `user`, whose token is good no longer · `renew`: `user`, `token`
"""


def _issue(world: World, ref: Json) -> Issue:
    found = world.find(str(ref))
    if found is None:
        raise ValueError(f"no issue {ref!r}")
    return found


def _person(world: World, ref: Json) -> Person:
    found = world.person(str(ref))
    if found is None:
        raise ValueError(f"no user {ref!r}")
    return found
