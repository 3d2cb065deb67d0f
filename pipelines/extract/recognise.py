"""Which object of its source a file holds: by the pattern in the config, else by its header."""

import difflib
from fnmatch import fnmatchcase

from pipelines.extract.landing import Offer
from pipelines.extract.refusal import RefusedFileError
from pipelines.sources import ObjectConfig


def recognise(offer: Offer, columns: tuple[str, ...]) -> str:
    """The name of the one object that this file holds.

    Raises:
        RefusedFileError: none or several fit; lists each candidate with what it lacks.
    """
    objects = offer.source.objects
    named = [name for name, config in objects.items() if _matches(offer, config)]
    if len(named) == 1:
        return named[0]
    candidates = named or list(objects)
    lacking = {name: missing_headers(objects[name], columns) for name in candidates}
    fitting = [name for name, missing in lacking.items() if not missing]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        found = f"it could be {' or '.join(fitting)}"
    else:
        lacks = "; ".join(f"{name} lacks {', '.join(missing)}" for name, missing in lacking.items())
        found = f"it is no object of source {offer.source.name}: {lacks}"
    raise RefusedFileError(
        found,
        remedy=f"Say which object it is with `files` under sources.{offer.source.name}.objects in "
        "the config, mend the `columns` there, or take the file out of landing",
        line=1,
    )


def _matches(offer: Offer, config: ObjectConfig) -> bool:
    return config.files is not None and any(fnmatchcase(name, config.files) for name in offer.names)


def missing_headers(config: ObjectConfig, columns: tuple[str, ...]) -> list[str]:
    """The mapped headers that the file should have and has not, in the config's order."""
    expected = (h for c, h in config.columns.items() if c not in config.optional)
    return list(dict.fromkeys(header for header in expected if header not in columns))


def near_matches(header: str, columns: tuple[str, ...]) -> str:
    """A hint at the headers that look like this one, or nothing."""
    folded = {name.casefold().replace(" ", "_"): name for name in columns}
    close = difflib.get_close_matches(header.casefold().replace(" ", "_"), list(folded), n=3)
    return f"; the file has {', '.join(repr(folded[name]) for name in close)}" if close else ""
