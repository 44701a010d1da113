"""The JSON Schema of a rulebook's files and of rule tests, made of the models and registries that read them.

An editor sees YAML 1.2 as its own parser does, so the schema says what the loader accepts as far as a file alone
can tell: references to other files and what the words of one entry mean together are `piletibot check`'s to say.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from bot.core.clocks import AFTER, FIRST, SINCE
from bot.core.deadlines import DEADLINE
from bot.core.entries import Entries
from bot.core.forms import ByName, Elapsed, Number, Values, Word
from bot.core.moments import MOMENTS, WHILES, MomentWord, WhileWord, forms
from bot.core.people import DUTY, ROLES
from bot.core.ruletest_words import Case
from bot.core.words import WORDS
from bot.core.written import SOME_LENGTH, Schema, one_or_more

RULEBOOK, TESTS = "rulebook.schema.json", "tests.schema.json"
"""The files beside the rulebooks that hold the two schemas."""

_TEXT: Schema = {"type": "string"}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: Schema = {"type": "integer", "minimum": 0}


def rulebook_schema() -> Schema:
    """Give the schema of one of a rulebook's files, in any of which any section may stand."""
    schema = TypeAdapter(Entries).json_schema(schema_generator=_Explained)
    del schema["required"]
    return _finished(
        schema, "A file of a Piletibot rulebook", "Sections of a rulebook; the others stand in other files."
    )


def tests_schema() -> Schema:
    """Give the schema of a file of rule tests."""
    schema = TypeAdapter(tuple[Case, ...]).json_schema(schema_generator=_Explained)
    return _finished(schema, "Tests of a Piletibot rulebook", "Rule tests, each a ticket and what is to be said.")


def text_of(schema: Schema) -> str:
    """Write a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def named(schema: str, above: int) -> str:
    """Make the line by which editors find the schema in a folder `above` folders up."""
    return f"# yaml-language-server: $schema={'../' * above}{schema}\n"


def meanings(model: type) -> dict[str, str]:
    """Give what the keys of a model mean, its bases' first: the text that stands below each in the code.

    The code is read when this is asked, which only schemas and references are: it takes longer than loading it.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if each.__module__.startswith("bot."):
            for key, below in pairwise(_classes(each.__module__)[each.__name__].body):
                match key, below:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                        found[name] = inspect.cleandoc(text)
    return found


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


class _Explained(GenerateJsonSchema):
    """Has every key of a model say what it means."""

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        made = super().model_schema(schema)
        for key, meaning in meanings(schema["cls"]).items():
            made["properties"][key]["description"] = meaning
        return made


def _finished(schema: Schema, title: str, description: str) -> Schema:
    used = json.dumps(schema)
    words = {name: each for name, each in _definitions().items() if f'"format": "{name}"' in used}
    inner = _plain(schema)
    assert isinstance(inner, dict)  # noqa: S101 - for mypy
    inner.pop("description", None)
    return {"$schema": _DIALECT, "title": title, "description": description, **inner} | {
        "$defs": inner.get("$defs", {}) | words
    }


def _plain(schema: Any) -> Any:
    """Leave out what says nothing: titles, empty defaults, null; put the registries' words where they belong."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") in _FORMATS:
        return {key: value for key, value in schema.items() if key != "format"} | _ref(schema["format"])
    kept = {
        key: {name: _plain(one) for name, one in value.items()} if key in _BY_NAME else _plain(value)
        for key, value in schema.items()
        if not (key == "title" or (key == "default" and value in (None, [], {})))
    }
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    branches = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if len(branches) == 1:
        del kept["anyOf"]
        return branches[0] | kept
    return kept | ({"anyOf": branches} if branches else {})


_BY_NAME = ("properties", "patternProperties", "$defs")
_FORMATS = ("conditions", "moment", "while", "clock", "addressee")


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _definitions() -> Mapping[str, Schema]:
    """The words of the registries, by the formats that stand for them."""
    moments = list(_timed(MOMENTS))
    return {
        "conditions": _conditions(),
        "moment": {"anyOf": moments},
        "while": {"anyOf": list(_timed(WHILES))},
        "clock": {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": f"^(?!{SINCE}|{DEADLINE}).",
                    "description": "The name of a policy, on whose clock the rungs stand.",
                    "patternErrorMessage": "write a policy's name, `deadline` and one's name, or `since solved` and "
                    "the like",
                },
                {"type": "string", "pattern": f"^{DEADLINE}.", "description": "`deadline` and the name of one."},
                *_timed(MOMENTS, SINCE),
                {
                    "type": "string",
                    "pattern": f"^{SINCE}{FIRST}.+{AFTER}.+$",
                    "description": "Since the first time that a moment came after another, as `since first added "
                    "after taken`.",
                },
            ]
        },
        "addressee": {
            "anyOf": [
                *({"const": word, "description": _sentence(role.says)} for word, role in ROLES.items()),
                {"type": "string", "pattern": f"^{DUTY}.", "description": "`duty` and a roster's name."},
                {"type": "string", "description": "The word of a person under `people:`."},
            ]
        },
    }


def _timed(words: Mapping[str, MomentWord] | Mapping[str, WhileWord], before: str = "") -> Iterator[Schema]:
    """Each moment or stretch of time; a pattern where a word of the rulebook's own follows."""
    for word, arguments in forms(words):
        says = {"description": _sentence(words[word].says)}
        if arguments is None:
            yield {"type": "string", "pattern": f"^{before}{word} .", **says}
        elif not arguments:
            yield {"const": before + word, **says}
        for argument in arguments or ():
            yield {"const": f"{before}{word} {argument}", **says}


def _conditions() -> Schema:
    ref = _ref("conditions")
    each = {"type": "array", "minItems": 1, "items": ref}
    return {
        "type": "object",
        "properties": {
            "any": {**each, "description": "At least one of these holds."},
            "all": {**each, "description": "Each of these holds."},
            "not": {"description": "This does not hold.", **ref},
            **{word: _compared(entry) | {"description": _sentence(entry.says)} for word, entry in WORDS.items()},
        },
        "additionalProperties": one_or_more(_TEXT)
        | {"description": "A word under `fields:`, with what the field holds as people see it."},
    }


def _compared(word: Word) -> Schema:
    """What a condition's word may be compared with."""
    match word:
        case Number():
            return {"anyOf": [*one_or_more(_NUMBER)["anyOf"], _bounds(_NUMBER)]}
        case Elapsed():
            return _bounds(SOME_LENGTH)
        case ByName(names=names):
            named = {"propertyNames": {"enum": list(names)}} if isinstance(names, tuple) else {}
            values = _any_of(word.values)
            return {"type": "object", "minProperties": 1, "additionalProperties": values, **named}
        case _:
            return _any_of(word.values)


def _any_of(values: Values) -> Schema:
    return one_or_more({"enum": list(values)} if isinstance(values, tuple) else _TEXT, least=1)


def _bounds(one: Schema) -> Schema:
    bounds = {"over": one, "under": one}
    return {"type": "object", "minProperties": 1, "properties": bounds, "additionalProperties": False}


def _sentence(says: str) -> str:
    """A row of the reference as an editor shows it."""
    return f"{says[:1].upper()}{says[1:]}."
