"""Plain data to a typed model; all that does not fit becomes findings in the writer's words, at its place."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from publisher.load.report import Report, clipped, nearest
from publisher.load.yaml import Document, Loc, Opaque, Value

Model = TypeVar("Model", bound=BaseModel)

_ROUNDS = 8
_SHAPES = {
    "string_type": ("text", "Write words."),
    "list_type": ("a list", "Write it as in `[one, two]`."),
    "dict_type": ("a mapping", "Write it as in `{name: value}`."),
    "model_type": ("a mapping", "Write it as in `{name: value}`."),
    "model_attributes_type": ("a mapping", "Write it as in `{name: value}`."),
}


def validate(
    model: type[Model], document: Document, *, report: Report, what: str, stand_ins: Mapping[str, str] | None = None
) -> Model | None:
    """Read a document as a model, reporting everything that does not fit.

    What does not fit is left out and the rest is read again, so that one bad value does not hide what else there is to
    say.

    Args:
        model: what it should be.
        document: what was read.
        report: where findings go.
        what: what the writer calls this, for messages: `front matter`.
        stand_ins: values to go on with where a required key is missing or bad; only ever used beside a finding.

    Returns:
        The model, or None when too little was right.
    """
    if document.value is None:
        data: Value = {}
    elif isinstance(document.value, dict):
        data = document.value
    else:
        if not isinstance(document.value, Opaque):
            report.add("TID014", f"The {what} is not a mapping.", "Write lines of `key: value`.", document.spot(()))
        return None
    reported: set[Loc] = set()
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            data = copy.deepcopy(data)
            for detail in error.errors(include_url=False):
                loc = _loc(detail)
                if loc not in reported:
                    reported.add(loc)
                    _report(model, detail, loc, document, report, what)
                _mend(data, loc, stand_ins or {})
    return None


def _loc(detail: ErrorDetails) -> Loc:
    """Give where a value stands in the document; pydantic marks a bad mapping key by an extra `[key]`."""
    return tuple(part for part in detail["loc"] if part != "[key]")


def _mend(data: Value, loc: Loc, stand_ins: Mapping[str, str]) -> None:
    """Take out what does not fit, or put a stand-in for it."""
    parent: Value = data
    for part in loc[:-1]:
        if isinstance(parent, dict) and isinstance(part, str):
            parent = parent.get(part)
        elif isinstance(parent, list) and isinstance(part, int) and part < len(parent):
            parent = parent[part]
        else:
            return
    last = loc[-1] if loc else ""
    if isinstance(parent, dict) and isinstance(last, str):
        parent.pop(last, None)
        if len(loc) == 1 and last in stand_ins:
            parent[last] = stand_ins[last]
        elif last in ("from", "until", "name", "kind", "id") and len(loc) > 1:
            # a part whose required value is bad cannot stand: the whole of it goes
            _mend(data, loc[:-1], stand_ins)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        # keep the other items' numbers; the list as a whole goes
        _mend(data, loc[:-1], stand_ins)


def _report(  # noqa: PLR0911, PLR0917 -- one return for each kind of problem
    model: type[BaseModel], detail: ErrorDetails, loc: Loc, document: Document, report: Report, what: str
) -> None:
    kind = detail["type"]
    name = _name(loc) or what
    context: Mapping[str, object] = detail.get("ctx") or {}
    value = detail["input"]
    if kind == "tid":
        spot = document.key_spot(loc) if detail["loc"][-1:] == ("[key]",) else document.spot(loc)
        report.add(str(context["code"]), str(context["what"]), str(context["fix"]), spot)
        return
    if kind == "missing":
        inside = f" of {_name(loc[:-1])}" if len(loc) > 1 else f" of the {what}"
        spot = document.key_spot(loc[:-1]) if len(loc) > 1 else (max(document.spot(())[0] - 1, 1), 1)
        report.add("TID013", f'The key "{loc[-1]}"{inside} is missing.', f"Add `{loc[-1]}:` with its value.", spot)
        return
    if kind == "extra_forbidden":
        known = list(_known_keys(model, loc))
        fix = f"{nearest(str(loc[-1]), known)}Known here: {', '.join(known)}."
        report.add("TID012", f'The key "{clipped(str(loc[-1]))}" is not known.', fix, document.key_spot(loc))
        return
    if isinstance(value, Opaque):
        return
    if kind in ("enum", "literal_error"):
        _word(detail, loc, document, report, name)
        return
    if value is None:
        fix = "Write the value, or leave the line out."
        report.add("TID018", f"{name} has no value.", fix, document.key_spot(loc))
        return
    if kind in _SHAPES:
        wanted, fix = _SHAPES[kind]
        typed = "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "text"
        report.add("TID014", f"{name} should be {wanted}, and here stands {typed}.", fix, document.spot(loc))
        return
    report.add("TID014", f"{name} does not fit.", "See the list of keys in the manual.", document.spot(loc))


def _name(loc: Loc) -> str:
    """Say in the writer's words which value is meant."""
    if not loc:
        return ""
    if isinstance(loc[-1], int):
        return f"Item {loc[-1] + 1} of {_name(loc[:-1]) or 'the list'}"
    return f'"{clipped(loc[-1])}"'


def _word(detail: ErrorDetails, loc: Loc, document: Document, report: Report, name: str) -> None:
    """Report a value that is not one of a closed set."""
    value = detail["input"]
    expected = str((detail.get("ctx") or {}).get("expected", ""))
    words = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    listed = f"Use one of {', '.join(words)}."
    is_key = detail["loc"][-1:] == ("[key]",)
    spot = document.key_spot(loc) if is_key else document.spot(loc)
    if value is None:
        report.add("TID018", f"{name} has no value.", listed, document.key_spot(loc))
    elif not isinstance(value, str):
        report.add("TID014", f"{name} should be one word.", listed, spot)
    else:
        shown = clipped(value)
        text = f'"{shown}" is not known here.' if is_key else f'{name} cannot be "{shown}".'
        report.add("TID015", text, nearest(value, words) + listed, spot)


def _known_keys(model: type[BaseModel], loc: Loc) -> Iterator[str]:
    """Give the keys a mapping knows, walking the models to where it stands."""
    current: type[BaseModel] | None = model
    for part in loc[:-1]:
        if current is None:
            return
        found = next((f for n, f in current.model_fields.items() if (f.alias or n) == part), None)
        if found is not None:
            current = _model_in(found.annotation) or current
    if current is not None:
        for field_name, field in current.model_fields.items():
            yield field.alias or field_name


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Find the model inside `X | None`, `list[X]`, `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def internal_fields(model: type[BaseModel], data: Mapping[str, Value]) -> dict[str, str]:
    """Give what the schema calls internal, as dotted name → text as typed."""
    out: dict[str, str] = {}
    _collect(model, data, "", out)
    return out


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, type[BaseModel] | None, bool], ...]:
    """Give each field as (name in the file, model inside, internal)."""
    return tuple(
        (
            field.alias or name,
            _model_in(field.annotation),
            isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("x-audience") == "internal",
        )
        for name, field in model.model_fields.items()
    )


def _collect(model: type[BaseModel], data: Mapping[str, Value], prefix: str, out: dict[str, str]) -> None:
    for name, inner, internal in _fields(model):
        value = data.get(name)
        if inner is not None and isinstance(value, dict):
            _collect(inner, value, f"{prefix}{name}.", out)
        elif internal:
            _flatten(value, f"{prefix}{name}", out)


def _flatten(value: Value, name: str, out: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}", out)
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            out[name] = ", ".join(str(item) for item in value)
        else:
            for number, inner in enumerate(value):
                _flatten(inner, f"{name}.{number}", out)
    elif value is not None:
        out[name] = str(value)
