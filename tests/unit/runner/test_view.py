"""A run's view of /tmp: its own folder, with what programs need of the machine's where it was."""

import os
from dataclasses import replace

import pytest

from livecode_runner.sandbox.folders.run_folders import RunFolder
from livecode_runner.sandbox.starting.view import View


@pytest.fixture
def folder(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield RunFolder(path="/tmp/base/run-1", descriptor=descriptor, uid=60100, strays=None)
    os.close(descriptor)


def build_view(needed, files=()):
    view = View.build(needed, files)
    assert view is not None
    return view


def binds(view, folder):
    arguments = view.arguments(folder)
    assert all(argument.startswith("bind=") for argument in arguments[::2])
    assert all(argument.startswith("over=") for argument in arguments[1::2])
    values = [argument.partition("=")[2] for argument in arguments]
    return list(zip(values[::2], values[1::2], strict=True))


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/tmp/base/run-1", ["/var/tmp", "/tmp"]),
        ("/var/tmp/base/run-1", ["/tmp", "/var/tmp"]),
        ("/srv/base/run-1", ["/tmp", "/var/tmp"]),
    ],
)
def test_puts_the_run_in_the_place_of_temporary_folders(folder, path, order):
    """The one that hides the run's folder comes last."""
    view, folder = build_view(["/usr", "/etc"]), replace(folder, path=path)
    assert binds(view, folder) == [(path, place) for place in order]
    seen = view.renamed_as_inside(folder)
    assert (seen.path, seen.work, seen.aliases) == ("/tmp", "/tmp/work", ("/var/tmp",))


def test_keeps_what_programs_need(folder, tmp_path):
    view = build_view(["/usr", "/tmp/tools/bin", "/tmp/tools/lib", "/var/tmp/more/x"])
    view.prepare(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more", "tools"]
    assert binds(view, folder)[:2] == [
        ("/tmp/tools", f"{folder.path}/tools"),
        ("/var/tmp/more", f"{folder.path}/more"),
    ]


@pytest.mark.parametrize(
    "needed", [["/tmp/work/bin"], ["/var/tmp/home/x"], ["/tmp/python/x"], ["/tmp/a/x", "/var/tmp/a/x"]]
)
def test_does_without_where_a_name_would_be_taken_twice(needed):
    assert View.build(needed, []) is None


def test_shows_files_that_are_there(tmp_path):
    source, place = tmp_path / "source", tmp_path / "place"
    source.touch()
    for _ in range(2):
        view = build_view([], [(str(source), str(place))])
        assert view.files == (((str(source), str(place)),) if place.exists() else ())
        place.touch()
