"""What the ``when`` of a row asks for, down to findings that a case can hold."""

from itertools import product

from calciseg.clinical.knowledge.tables import Tables
from calciseg.model import BODY_REGIONS, FEATURES, Morphology, Tag, TissuePlane

__all__ = ["Conjunction", "Expressions", "ancestors"]

Conjunction = frozenset[str]


class Expressions:
    """Writes findings as alternatives of basic findings; composed ones and patterns are spelled out."""

    def __init__(self, tables: Tables) -> None:
        self._composed = {row.id: row.when for row in tables.composed}
        self._patterns = {f"pattern.{row.id}": row.when for row in tables.pattern}
        self.basic = frozenset(_basic_findings(tables))
        self._known: dict[str, tuple[Conjunction, ...]] = {}

    def alternatives(self, expression: str, _inside: tuple[str, ...] = ()) -> tuple[Conjunction, ...]:
        """Spell out ``a & b`` as alternatives of conjunctions of basic findings.

        Raises
        ------
        ValueError
            If a finding is not defined, or is defined by itself.
        """
        parts = [self._of_name(name.strip(), _inside) for name in expression.split("&")]
        joined = {frozenset().union(*choice) for choice in product(*parts)}
        return tuple(sorted(_without_longer(joined), key=lambda one: (len(one), sorted(one))))

    def _of_name(self, name: str, inside: tuple[str, ...]) -> tuple[Conjunction, ...]:
        if name in inside:
            raise ValueError(f"finding {name!r} is defined by itself")
        if name in self._known:
            return self._known[name]
        found = {frozenset([name])} if name in self.basic else set()
        for expression in (*self._composed.get(name, ()), *self._patterns.get(name, ())):
            found.update(self.alternatives(expression, (*inside, name)))
        if not found:
            raise ValueError(f"finding {name!r} is not defined")
        self._known[name] = tuple(_without_longer(found))
        return self._known[name]


def _without_longer(found: set[Conjunction]) -> list[Conjunction]:
    """Drop conjunctions that ask for more than another one does."""
    return [one for one in found if not any(other < one for other in found)]


def _basic_findings(tables: Tables) -> list[str]:
    names = ["dialysis", "sex.female", "sex.male", *(row.id for row in tables.number)]
    for row in tables.concept:
        names += [f"has.{row.id}", f"family.{row.id}"]
    for analyte in tables.analyte:
        bands = [band.id for band in analyte.bands]
        names += [f"lab.{analyte.id}.{state}" for state in ("low", "normal", "high", *bands)]
    names += [f"site.{word}" for word in BODY_REGIONS]
    names += [f"feature.{word}" for word in FEATURES]
    names += [f"plane.{word}" for word in TissuePlane]
    names += [f"morphology.{word}" for word in Morphology]
    names += [f"tag.{word}" for word in Tag]
    names += [f"pattern.{row.id}" for row in tables.pattern]
    return names


def ancestors(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Return for every concept all that it counts as, itself first."""
    parents = {row.id: row.is_a for row in tables.concept}
    found: dict[str, tuple[str, ...]] = {}
    for concept in parents:
        line = [concept]
        for one in line:
            line += [parent for parent in parents[one] if parent not in line]
        found[concept] = tuple(line)
    return found
