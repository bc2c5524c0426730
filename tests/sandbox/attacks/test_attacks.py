"""Every attack, in every way a runner can be confined, is stopped, or does only what is documented."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import load_attacks
from tests.sandbox.attacks.observer import landlock_abi, memory_cgroup_can_be_made, namespaces_can_be_made
from tests.sandbox.conftest import IS_ROOT
from tests.sandbox.conftest import MODES as USUAL_MODES

NAMESPACES = ("pid_namespace", "mount_namespace", "network_namespace", "ipc_namespace")
MODES = {**USUAL_MODES, "own_uid_without_namespaces": (*NAMESPACES, "cgroup")}  # the last: root in a container
ATTACKS = load_attacks()
Arenas = Callable[[str], Arena]


@pytest.fixture(scope="session")
def arenas(built_sandbox: None, toolchain_path: str) -> Iterator[Arenas]:
    """One arena a mode, made when first asked for, and anew once an attack changed something in it."""
    made: dict[str, Arena] = {}
    # Uids that nobody else on this machine has, so that a runner is as alone as on Lambda; a new one for each arena.
    uids = itertools.count(61000 + os.getpid() % 200 * 15)

    def arena(mode: str) -> Arena:
        if mode in made and made[mode].damaged:
            made.pop(mode).close()
        if mode not in made:
            uid = next(uids) if IS_ROOT and not mode.startswith("own_uid") else None
            made[mode] = Arena(toolchain_path, without=MODES[mode], uid=uid)
        return made[mode]

    yield arena
    for arena_made in made.values():
        arena_made.close()


@pytest.mark.parametrize("mode", [mode for mode in MODES if IS_ROOT or not mode.startswith("own_uid")])
@pytest.mark.parametrize("name", ATTACKS)
def test_attack(arenas: Arenas, name: str, mode: str) -> None:
    attack, arena = ATTACKS[name], arenas(mode)
    verdict = arena.attempt(attack, attack_the_runner=True)
    if attack.is_excused(arena.layers):
        assert attack.weaker is not None
        assert verdict.word == "open", f"it is documented to succeed: {attack.weaker.why}\n{verdict}"
        assert verdict.changes <= attack.weaker.changes, verdict
    else:
        assert verdict.word == "shut", verdict


@pytest.mark.skipif(not IS_ROOT, reason="what an unprivileged developer has depends on the machine")
@pytest.mark.parametrize("mode", MODES)
def test_attacks_meet_the_layers_that_they_are_meant_for(arenas: Arenas, mode: str) -> None:
    off = {name for name, is_on in arenas(mode).layers.items() if not is_on}
    lacking = set() if landlock_abi() > 0 else {"landlock"}
    privileged = mode.startswith("own_uid")
    lacking |= set() if privileged and namespaces_can_be_made() else set(NAMESPACES)
    lacking |= set() if privileged and memory_cgroup_can_be_made() else {"cgroup"}
    assert off == set(MODES[mode]) | lacking


def test_every_file_of_every_group_is_tried() -> None:
    folder = Path(__file__).parent
    files = [path for path in folder.glob("*/*.py") if path.name != "__init__.py"]
    assert len(ATTACKS) == len(files) > 0
