"""Input paths may hold names of patients: what leaves the terminal does without them."""

from pathlib import Path

__all__ = ["without_path"]

_STANDS_FOR_IT = "PATH"


def without_path(text: str, path: Path) -> str:
    """Replace a path, and every file below it that the text names, by the word ``PATH``.

    Parameters
    ----------
    text : str
    path : Path
        The input, as it was given.

    Returns
    -------
    str
    """
    root = str(path)
    before, found, rest = text.partition(root)
    if not found:
        return text
    # A name may hold blanks: only the disk knows where it ends.
    n_more = next(
        (n for n in range(len(rest), 0, -1) if rest[n - 1] != "/" and _is_there(root + rest[:n])), 0
    )
    # A short path such as "out" may also be a part of a word.
    is_part_of_word = before[-1:].isalnum() or (n_more == 0 and rest[:1].isalnum())
    stands = found if is_part_of_word else _STANDS_FOR_IT
    return before + stands + without_path(rest[0 if is_part_of_word else n_more :], path)


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
