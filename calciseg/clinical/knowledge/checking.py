"""Whether the rows of the tables fit together: names that exist, sources that bear their weight."""

from collections.abc import Iterable, Iterator

from calciseg.clinical.knowledge import rows
from calciseg.clinical.knowledge.expressions import Expressions
from calciseg.clinical.knowledge.tables import Origin, Tables
from calciseg.errors import KnowledgeError
from calciseg.model import BODY_REGIONS

__all__ = ["check_tables"]

_UNPUBLISHED_POINTS_AT_MOST = 1.0


def check_tables(tables: Tables) -> None:
    """Refuse tables in which a row names what no row defines, or weighs more than its source bears.

    Raises
    ------
    KnowledgeError
        Names file and row.
    """
    expressions = Expressions(tables)
    kinds = {row.id: row.kind for row in tables.source}
    for origin, row in _all_rows(tables):
        source = getattr(row, "source", None)
        if source is not None and source not in kinds:
            raise KnowledgeError(f"{origin}: source {source!r} is not in table source; add it there")
        for finding in getattr(row, "when", ()) + getattr(row, "unless", ()) + getattr(row, "against", ()):
            try:
                expressions.alternatives(finding)
            except ValueError as error:
                raise KnowledgeError(f"{origin}: {error}; correct the row") from error
        for name in _unknown_names(row, tables, expressions.basic):
            raise KnowledgeError(f"{origin}: {name!r} is not defined by any row; correct it or add one")
        if isinstance(row, rows.EvidenceRow) and kinds[row.source] != "published":
            _check_weight(origin, (*row.points.values(), *row.mimics.values()), kinds[row.source])


def _check_weight(origin: Origin, points: Iterable[float], kind: str) -> None:
    if any(abs(value) > _UNPUBLISHED_POINTS_AT_MOST for value in points):
        raise KnowledgeError(
            f"{origin}: a row from {kind} may count {_UNPUBLISHED_POINTS_AT_MOST:g} point at most; "
            "lower its points or cite a publication"
        )


def _all_rows(tables: Tables) -> Iterator[tuple[Origin, rows.Row]]:
    for name, origins in tables.origins.items():
        yield from zip(origins, getattr(tables, name), strict=True)


def _unknown_names(row: rows.Row, tables: Tables, basic: frozenset[str]) -> Iterator[str]:
    mechanisms = {entry.id for entry in tables.mechanism}
    concepts = {entry.id for entry in tables.concept}
    if isinstance(row, rows.EvidenceRow):
        yield from sorted(set(row.points) - mechanisms)
        yield from sorted(set(row.mimics) - {entry.id for entry in tables.mimic})
        yield from sorted(set(row.entities) - concepts)
        yield from sorted(set(row.only_at) - set(BODY_REGIONS))
    elif isinstance(row, rows.ConceptRow):
        turned = {turn.into for turn in row.turns}
        yield from sorted({*row.is_a, *turned, *filter(None, [row.becomes])} - concepts)
        yield from sorted({*filter(None, [row.analyte])} - {entry.id for entry in tables.analyte})
    elif isinstance(row, rows.NumberRow):
        yield from sorted(set(row.not_of) - basic)
    elif isinstance(row, rows.AreaRow | rows.OrganRow):
        yield from sorted(set(row.sites) - set(BODY_REGIONS))
    elif isinstance(row, rows.SchemeRow):
        yield from sorted(set(row.names) ^ mechanisms)
        forms = {form for listed in row.forms.values() for form in listed}
        yield from sorted(set(row.forms) - mechanisms)
        yield from sorted(forms - concepts - {entry.id for entry in tables.mimic})
    elif isinstance(row, rows.ComplicationRow) and row.of not in mechanisms:
        yield row.of
    elif isinstance(row, rows.TreatmentRow):
        yield from sorted(set(row.of) - mechanisms)
