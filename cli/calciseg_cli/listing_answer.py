"""What ``calciseg inspect`` says."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from calciseg.privacy import without_path
from calciseg.reading import Listing
from calciseg_cli.listing_tables import listing_tables
from calciseg_cli.terminal import rendered

__all__ = ["listing_answer"]


def listing_answer(listing: Listing, path: Path, *, is_json: bool) -> str:
    """Return the text for stdout, without input paths; files that cannot be read are named on stderr.

    Parameters
    ----------
    listing : Listing
    path : Path
        What was inspected.
    is_json : bool
        One JSON document in place of tables.
    """
    for line in listing.broken_files:
        print(f"calciseg: {line}", file=sys.stderr)  # noqa: T201
    public = _without_path(listing, path)
    if is_json:
        return json.dumps(public.to_dict(), indent=1, ensure_ascii=False) + "\n"
    return rendered(listing_tables(public))


def _without_path(listing: Listing, path: Path) -> Listing:
    studies = tuple(
        replace(
            study,
            series=tuple(
                replace(series, reason=series.reason and without_path(series.reason, path))
                for series in study.series
            ),
        )
        for study in listing.studies
    )
    broken = tuple(without_path(line, path) for line in listing.broken_files)
    return replace(listing, studies=studies, broken_files=broken)
