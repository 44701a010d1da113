"""A real-looking service desk to start from: Keskkonnaamet's customer support, empty of issues."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.world import CATEGORIES, PERMISSIONS, Field, Flavour, Json, Person, Project, World, account_id_of

_STATUSES = (
    ("10001", "Uus", "new"),
    ("10002", "II tasemel", "indeterminate"),
    ("10003", "Töös", "indeterminate"),
    ("10004", "Küsimus I tasemele", "indeterminate"),
    ("10005", "Ootab klienti", "indeterminate"),
    ("10006", "Ootab kolmandat osapoolt", "indeterminate"),
    ("10007", "Lahendatud", "indeterminate"),
    ("10008", "Suletud", "done"),
)
_CATEGORIES = (
    *("LIGIPAAS", "SISSELOGIMINE", "ALLKIRI", "DEKL_TEHNILINE", "DEKL_SISU", "LOA_ANDMED", "LOA_MENETLUS"),
    *("ARUANNE_SISU", "ARUANNE_TEHNILINE", "MAKSMINE", "TEAVITUS", "KATKESTUS", "TEABENOUE", "SELGITUSTAOTLUS"),
    *("KAEBUS", "ANDMEKAITSE", "VALE_ADRESSAAT", "LEPINGUD", "DHS_OIGUSED", "ARHIIV"),
)
_QUEUES = ("L1", "L2_LOAD", "L2_TASU", "L2_JAATMED", "L2_VESI", "L2_OHK", "L2_IT", "DOK", "JUHT", "AKS", "VALINE")
_REASONS = ("VALE_MEESKOND", "PUUDULIKUD_ANDMED", "JÄRGMINE_ETAPP")
_CHANNELS = ("e-post", "telefon", "KOTKAS", "kiri")
_TEXTS = (
    *((10206, "Registrikood"), (10207, "Loa number"), (10208, "Periood"), (10209, "DHSi viit")),
    *((10211, "KOTKASe roll"), (10212, "Vea aeg"), (10213, "Brauser"), (10214, "Veateade")),
    *((10215, "Juba tehtud"), (10216, "Autentimisvahend"), (10217, "Õige väärtus"), (10218, "Taotluse nr")),
    *((10219, "Ulatus"), (10220, "Teada saadud")),
)
_STAGES = (
    *("eelnõu", "esindusõigus kontrollitud", "saadetud kliendile", "tagasi saabunud", "kontrollitud"),
    *("portaali lisatud", "klient teavitatud"),
)
_ACCESS = ("avalik", "osaliselt AK", "AK")
_DATES = (
    *((10221, "Pikendusest teatatud"), (10222, "Edastatud asutusele"), (10223, "Täpsustust küsitud")),
    *((10224, "Vaie edastatud"), (10225, "Puudustest teatatud"), (10226, "Puudused kõrvaldatud")),
    *((10227, "Viivitusest teatatud"), (10228, "Avalikustatud"), (10229, "Asjaosalistele saadetud")),
)
_PEOPLE = (
    ("piletibot", "Piletibot", ("klienditugi", "ii-tase")),
    ("spetsialist1", "Spetsialist Üks", ("klienditugi",)),
    ("spetsialist2", "Spetsialist Kaks", ("klienditugi",)),
    ("spetsialist3", "Spetsialist Kolm", ("klienditugi",)),
    ("spetsialist4", "Spetsialist Neli", ("klienditugi",)),
    ("koordinaator1", "Koordinaator Üks", ("klienditugi", "ii-tase")),
    ("juht1", "Juht Üks", ("klienditugi", "ii-tase")),
    ("it1", "IT-tugi Üks", ("ii-tase",)),
    ("it2", "IT-tugi Kaks", ("ii-tase",)),
    ("it3", "IT-tugi Kolm", ("ii-tase",)),
    ("load1", "Loahaldur Üks", ("ii-tase",)),
    ("load2", "Loahaldur Kaks", ("ii-tase",)),
    ("tasu1", "Tasuspetsialist Üks", ("ii-tase",)),
    ("jaatmed1", "Jäätmespetsialist Üks", ("ii-tase",)),
    ("vesi1", "Veespetsialist Üks", ("ii-tase",)),
    ("ohk1", "Õhuspetsialist Üks", ("ii-tase",)),
    ("dok1", "Dokumendihaldur Üks", ("ii-tase",)),
    ("aks1", "Andmekaitsespetsialist Üks", ("ii-tase",)),
    ("vaatleja", "Vaatleja", ("klienditugi",)),
)
_PROJECTS = (
    ("10000", "KKA", "Keskkonnaameti klienditugi"),
    ("10001", "ARH", "Arhiiv"),
    ("10002", "KEMIT", "KEMITi kasutajatugi"),
)
_LINK_TYPES = (
    ("10003", "Problem/Incident", "is caused by", "causes"),
    ("10004", "Töö teises piletis", "on töö piletile", "tööd tehakse piletis"),
)
_ROLES = {"Administrators": ("juht1",), "Klienditugi": ("klienditugi",), "Teenindus": ("klienditugi", "ii-tase")}
_NOT_THE_BOTS = {"MOVE_ISSUES", "DELETE_ISSUES", "EDIT_ALL_COMMENTS", "DELETE_ALL_COMMENTS"}
"""What a bot's account has no need of."""

_OWN_TOKENS = {"piletibot": "sandbox-token", "vaatleja": "browse-token"}


def keskkonnaamet(flavour: Flavour, clock: Callable[[], int]) -> World:
    """Return the world of project KKA with its people, fields and workflow, the same ids in both flavours.

    The bot is `piletibot` (token `sandbox-token`); everybody else is `<name>` with `<name>-token`, addresses are
    `<name>@sandbox.example`; the account of `browse-token` may look and do nothing.
    """
    world = staff(flavour, clock)
    for id_, name, category in _STATUSES:
        world.statuses[id_] = status(id_, name, category)
    for id_, name in (("1", "Kriitiline"), ("2", "Kõrge"), ("3", "Keskmine"), ("4", "Madal")):
        world.priorities[id_] = {"id": id_, "name": name, **({"default": True} if id_ == "3" else {})}
    for id_, name in (("10100", "Pöördumine"), ("10101", "Ülesanne")):
        world.issue_types[id_] = {"id": id_, "name": name, "subtask": False, "description": ""}
    for id_, name in (
        ("10000", "Lahendatud"),
        ("10001", "Tagasi võetud"),
        ("10002", "Dublett"),
        ("10003", "Kliendini ei jõudnud"),
    ):
        world.resolutions[id_] = {"id": id_, "name": name, "description": ""}
    world.security_levels["10000"] = {"id": "10000", "name": "Ainult II tase", "description": ""}
    for field in _fields():
        world.fields[field.id] = field
    workflow = [id_ for id_, _, _ in _STATUSES]
    for id_, key, name in _PROJECTS:
        roles = {role: list(inside) for role, inside in _ROLES.items()}
        world.projects[key] = Project(id_, key, name, list(workflow), list(world.issue_types), roles=roles)
    for id_, name, inward, outward in _LINK_TYPES:
        world.link_types[id_] = {"id": id_, "name": name, "inward": inward, "outward": outward}
    return world


def staff(flavour: Flavour, clock: Callable[[], int]) -> World:
    """Return a world that has the desk's people and nothing else yet, to load issues into."""
    world = World(flavour, clock)
    world.groups = ["klienditugi", "ii-tase"]
    for number, (name, shown, groups) in enumerate(_PEOPLE):
        person = world.add_person(_person(number, name, shown, groups))
        if name == "vaatleja":
            person.denied |= browse_only()
        if name == "piletibot":
            person.denied |= _NOT_THE_BOTS
    return world


def browse_only() -> set[str]:
    """Return the permissions that an account which may only look does not hold."""
    return set(PERMISSIONS) - {"BROWSE_PROJECTS"}


def status(id_: str, name: str, category: str) -> dict[str, Json]:
    """Make a status of the category (`new`, `indeterminate`, `done`, `undefined`)."""
    return {"id": id_, "name": name, "statusCategory": CATEGORIES[category]}


def account(name: str, shown: str, account_id: str, token: str) -> Person:
    """Make an account with a sandbox address; it is in no group yet."""
    email = f"{name}@sandbox.example"
    return Person(name=name, display_name=shown, account_id=account_id, key=None, email=email, token=token)


def _person(number: int, name: str, shown: str, groups: tuple[str, ...]) -> Person:
    person = account(name, shown, account_id_of(name), _OWN_TOKENS.get(name, f"{name}-token"))
    person.key, person.groups = f"JIRAUSER{10100 + number}", list(groups)
    return person


def _fields() -> list[Field]:
    return [
        Field("customfield_10201", "Kategooria", "option", _options(11000, _CATEGORIES)),
        Field("customfield_10202", "Järjekord", "option", _options(11100, _QUEUES)),
        Field("customfield_10203", "Edastaja", "user"),
        Field("customfield_10204", "Lahendus kliendile edastatud", "date"),
        Field("customfield_10205", "Lahenduse kanal", "option", _options(11200, _CHANNELS)),
        *(Field(f"customfield_{number}", name, "string") for number, name in _TEXTS),
        Field("customfield_10210", "Registreeritud", "date"),
        *(Field(f"customfield_{number}", name, "date") for number, name in _DATES),
        Field("customfield_10230", "Juurdepääs", "option", _options(11300, _ACCESS)),
        Field("customfield_10231", "Etapp", "option", _options(11400, _STAGES)),
        Field("customfield_10232", "Kelle kohta", "user"),
        Field("customfield_10241", "Vaheteade kliendile", "date"),
        Field("customfield_10242", "Klient küsis uuesti", "date"),
        Field("customfield_10243", "Edastamise katse", "string"),
        Field("customfield_10244", "Võib sulgeda edastamata", "string"),
        Field("customfield_10290", "Tagasilükke põhjus", "option", _options(12900, _REASONS)),
        Field("customfield_10291", "Tagasilüke põhjendatud", "option", _options(12910, ("jah", "ei", "ootel"))),
    ]


def _options(first: int, words: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    return tuple({"id": str(first + number), "value": word} for number, word in enumerate(words))
