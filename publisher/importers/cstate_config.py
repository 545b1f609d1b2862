"""The configuration of a cState site → its components, groups and time zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from publisher.importers.draft import Entry, SeenComponent, SeenGroup, adapted, decided
from publisher.importers.foreign_yaml import ForeignYamlError, Value, list_of, read_mapping, text_of
from publisher.importers.slugs import same_name
from publisher.model.finding import Finding, Place
from publisher.ports import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the configuration says that issues depend on.

    Attributes:
        zone: of times that name none.
        zone_name: None where the configuration does not say, and `zone` is UTC.
    """

    groups: tuple[SeenGroup, ...] = ()
    components: tuple[SeenComponent, ...] = ()
    zone: tzinfo = UTC
    zone_name: str | None = None


def read_config(file: SourceFile | None) -> tuple[Config, list[Finding]]:
    """Read the configuration; one that cannot be read leaves its defaults and a finding."""
    if file is None:
        place = Place(path="config.yml")
        return Config(), [
            decided(
                place,
                "The site has no config.yml, so components come from the issues alone.",
                "Point at the site's folder.",
            )
        ]
    try:
        data = read_mapping(file.body.decode("utf-8-sig"))
    except (ForeignYamlError, UnicodeDecodeError) as error:
        place = Place(path=file.path, line=getattr(error, "line", 1))
        return Config(), [decided(place, f"The configuration cannot be read. {error}", "Mend it and import again.")]
    findings: list[Finding] = []
    params = data.get("params")
    params = params if isinstance(params, Mapping) else {}
    zone_name = text_of(data.get("timeZone") or data.get("timezone")) or None
    zone: tzinfo = UTC
    if zone_name:
        try:
            zone = ZoneInfo(zone_name)
        except (ZoneInfoNotFoundError, ValueError):
            findings.append(
                decided(
                    Place(path=file.path),
                    f"'{zone_name}' is no time zone; UTC was taken.",
                    "Mend timeZone and import again.",
                )
            )
            zone_name = None
    groups = tuple(
        SeenGroup(name=text_of(item.get("name")), description=text_of(item.get("description")) or None)
        for item in list_of(params.get("categories"))
        if isinstance(item, Mapping) and text_of(item.get("name"))
    )
    components = tuple(_systems(list_of(params.get("systems"))))
    return Config(groups=groups, components=components, zone=zone, zone_name=zone_name), findings


def _systems(items: Iterable[Value]) -> Iterable[SeenComponent]:
    for item in items:
        if isinstance(item, str) and item.strip():
            yield SeenComponent(name=item.strip())
        elif isinstance(item, Mapping) and text_of(item.get("name")):
            yield SeenComponent(
                name=text_of(item.get("name")),
                description=text_of(item.get("description")) or None,
                group=text_of(item.get("category")) or None,
            )


def with_unlisted(
    listed: tuple[SeenComponent, ...], entries: Sequence[Entry], findings: list[Finding]
) -> tuple[SeenComponent, ...]:
    """Add the components that only issues name: a history must not lose what it was about."""
    known = {same_name(c.name): c for c in listed}
    more: list[SeenComponent] = []
    for entry in entries:
        for name in entry.components:
            twin = known.get(same_name(name))
            if twin is None:
                known[same_name(name)] = SeenComponent(name=name, listed=False, only_show_if_degraded=True)
                more.append(known[same_name(name)])
                findings.append(
                    adapted(
                        entry.place,
                        f"'{name}' is not among the configured systems; as a component it shows only while affected.",
                        "Give it a group in policy/components.yml, or leave it.",
                    )
                )
            elif twin.name != name:
                findings.append(adapted(entry.place, f"'{name}' was taken as another spelling of '{twin.name}'."))
    return (*listed, *more)
