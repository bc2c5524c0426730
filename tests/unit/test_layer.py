"""The layer's small parts: languages, messages, settings, ids."""

import dataclasses
import time
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from livecode import domain, messages
from livecode.config import DatabaseSettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode.db.engine import secret_login
from livecode.errors import PoisonMessage, UnknownMessageVersion
from livecode.ids import uuid7
from livecode.languages import LANGUAGES, find_language
from livecode_runner.config import SandboxSettings


def test_names_and_aliases_are_each_one_language() -> None:
    names = [name for language in LANGUAGES.values() for name in (language.name, *language.aliases)]
    assert len(names) == len(set(names))
    assert all(find_language(name) for name in names)
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("name", ["", "Python", "python3", "c", " python", "python\n"])
def test_other_names_are_none(name: str) -> None:
    assert find_language(name) is None


def test_a_message_names_the_execution_and_nothing_else() -> None:
    execution_id = uuid4()
    assert messages.decode(messages.encode(execution_id)).execution_id == execution_id
    assert set(messages.ExecutionMessage.model_fields) == {"version", "execution_id"}


@pytest.mark.parametrize("body", ["", "x", "null", "{}", '{"version":1,"execution_id":1}', '{"version":"x"}'])
def test_a_message_nobody_wrote_is_poison(body: str) -> None:
    with pytest.raises(PoisonMessage):
        messages.decode(body)


def test_a_message_of_a_newer_version_is_told_apart() -> None:
    with pytest.raises(UnknownMessageVersion):
        messages.decode('{"version":2,"anything":true}')


def test_settings_name_what_is_missing_or_malformed() -> None:
    with pytest.raises(ValidationError, match="execution_queue_url"):
        QueueSettings.from_environment({})
    with pytest.raises(ValidationError, match="run_wall_time_seconds"):
        RunLimitSettings.from_environment({"RUN_WALL_TIME_SECONDS": "soon"})
    assert RunLimitSettings.from_environment({"RUN_MEMORY_MIB": "64", "PATH": "/bin"}).run_limits.run_memory_mib == 64


def test_a_database_needs_a_url_or_a_secret() -> None:
    with pytest.raises(ValueError, match="DATABASE_SECRET_ARN"):
        _ = DatabaseSettings.from_environment({"DATABASE_URL": ""}).required_secret_arn


def test_a_login_needs_a_host_and_a_user() -> None:
    with pytest.raises(ValidationError, match="go together"):
        DatabaseSettings.from_environment({"DATABASE_HOST": "db"})


def test_a_secret_is_a_login_whatever_is_in_it() -> None:
    login = secret_login('{"host":"db","port":5433,"username":"u","password":"p@:/?#%","dbname":"livecode"}')
    assert login == {"host": "db", "port": 5433, "user": "u", "password": "p@:/?#%", "database": "livecode"}


def test_required_layers_are_a_list() -> None:
    settings = SandboxSettings.from_environment({"SANDBOX_REQUIRED": " launcher, seccomp,,"})
    assert settings.required_layers == ("launcher", "seccomp")


def test_ids_are_version_7_and_lie_in_the_order_of_their_making() -> None:
    before = time.time_ns() // 1_000_000
    ids = [uuid7() for _ in range(100)]
    after = time.time_ns() // 1_000_000
    assert all(id.version == 7 and id.variant == UUID(int=0, version=4).variant for id in ids)
    assert all(before <= id.int >> 80 <= after for id in ids)
    assert len(set(ids)) == 100


def test_the_values_of_the_domain_cannot_be_changed_and_are_named_where_they_are_made() -> None:
    values = [each for each in vars(domain).values() if dataclasses.is_dataclass(each) and isinstance(each, type)]
    assert domain.Execution in values
    for value in values:
        assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
        assert all(field.kw_only for field in dataclasses.fields(value)), value


def test_limits_are_by_default_what_the_settings_are_by_default() -> None:
    assert RunLimitSettings().run_limits == domain.RunLimits()
    assert SessionLimitSettings().session_limits == domain.SessionLimits()


def test_counts_all_messages_of_a_queue() -> None:
    assert domain.QueueCounts(visible=1, in_flight=2, delayed=4).all == 7


def test_three_statuses_are_terminal() -> None:
    terminal = {status for status in domain.Status if status.terminal}
    assert terminal == {domain.Status.COMPLETED, domain.Status.FAILED, domain.Status.TIMEOUT}
