"""Links to folders are followed, each real folder once and by the same name on every run."""

from pathlib import Path

import pytest

from calciseg.errors import InputError
from calciseg.reading import inspect, walk


def raise_it(error: OSError) -> None:
    raise error


def walked(root: Path, leave_out: Path | None = None) -> dict[str, list[str]]:
    """Names of files by folder, the same on two runs."""
    first, again = (
        [(str(folder.relative_to(root)), names) for folder, names in walk(root, raise_it, leave_out)]
        for _ in range(2)
    )
    assert first == again
    return {folder: names for folder, names in first if names}


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path / "root" / "b" / "1", tmp_path / "elsewhere" / "deep" / "2")
    return tmp_path / "root"


def test_a_link_to_elsewhere_is_followed(root: Path) -> None:
    (root / "a").symlink_to("../elsewhere")
    assert walked(root) == {"a/deep": ["2"], "b": ["1"]}


def test_a_root_that_is_a_link_or_holds_links_only(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert walked(root.parent / "link") == {"b": ["1"]}
    links = root.parent / "links"
    links.mkdir()
    (links / "x").symlink_to(root)
    (links / "y").symlink_to(root.parent / "elsewhere" / "deep")
    assert walked(links) == {"x/b": ["1"], "y": ["2"]}


def test_what_lies_below_the_root_is_read_where_it_lies(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "c").mkdir()
    (root / "c" / "back").symlink_to("../b")
    assert walked(root) == {"b": ["1"]}


def test_several_links_to_one_folder_are_one(root: Path) -> None:
    for name in ("d", "c", "a"):
        (root / name).symlink_to(root.parent / "elsewhere")
    assert walked(root) == {"a/deep": ["2"], "b": ["1"]}


def test_loops_end(root: Path) -> None:
    (root / "a").symlink_to("a")
    (root / "b" / "up").symlink_to("..")
    (root / "out").symlink_to("../elsewhere")
    (root.parent / "elsewhere" / "home").symlink_to(root)
    (root.parent / "elsewhere" / "self").symlink_to(".")
    (root.parent / "elsewhere" / "above").symlink_to(root.parent)
    assert walked(root) == {".": ["a"], "b": ["1"], "out/deep": ["2"]}


def test_a_folder_is_left_out_by_whatever_name(root: Path) -> None:
    (root / "a").symlink_to(root.parent / "elsewhere")
    assert (
        walked(root, root.parent / "elsewhere")
        == walked(root, root.parent / "elsewhere" / ".")
        == {"b": ["1"]}
    )
    assert walked(root, root / "b") == {"a/deep": ["2"]}
    assert walked(root, root / "nowhere") == {"a/deep": ["2"], "b": ["1"]}


def test_a_study_behind_links_is_read(make_slices, save, stored, tmp_path) -> None:
    save(make_slices(stored), tmp_path / "store" / "series")
    (tmp_path / "links").mkdir()
    for name in ("a", "b"):
        (tmp_path / "links" / name).symlink_to(tmp_path / "store")
    (listed,) = inspect(tmp_path / "links").studies
    assert listed == inspect(tmp_path / "store").studies[0]
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "a").symlink_to("gone")
    with pytest.raises(InputError, match="is an empty folder"):
        inspect(tmp_path / "nowhere")
