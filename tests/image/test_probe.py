"""The probe in the container: what it reports is so, and it leaves everything as it was."""

import json
from typing import Any

from tests.image.conftest import SECRET, Start
from tests.image.service import Service
from tests.image.test_attacks import without_landlock
from tests.sandbox.attacks.observer import landlock_abi

__all__ = ["without_landlock"]

PROBE = {"probe": {"version": 1}}


def probe(service: Service) -> dict[str, Any]:
    report: dict[str, Any] = service.container.invoke(PROBE).payload
    assert report.get("version") == 1, f"{report}\n{service.container.logs()[-3000:]}"
    for view in ("runner", "program"):
        assert "error" not in report[view], report[view]
    return report


def value(report: dict[str, Any], view: str, section: str, item: str) -> Any:
    return report[view][section][item]["value"]


def test_reports_a_container_like_lambda_s(service: Service) -> None:
    report = probe(service)
    for view in ("runner", "program"):
        assert value(report, view, "identity", "uid") == [993]
        assert set(value(report, view, "identity", "capabilities").values()) == {"none"}
        assert value(report, view, "identity", "no_new_privs") is True
        assert value(report, view, "kernel", "landlock_abi") == landlock_abi()
        assert report[view]["folders"]["/dev/shm"] == {"error": "ENOENT (No such file or directory)"}
        assert value(report, view, "folders", "/")["writable"] == "EROFS (Read-only file system)"
        assert value(report, view, "shared_memory", "posix_semaphore") == "ENOENT"
        assert value(report, view, "processes", "pid_1")["name"] == "aws-lambda-rie"
        # The runner is our parent, and lets nobody read it.
        assert value(report, view, "processes", "parent")["environ_readable"] is False
        assert set(value(report, view, "attempts", "namespaces").values()) == {"EPERM"}
    assert value(report, "runner", "limits", "resources")["nproc"] == "1024"
    assert value(report, "runner", "network", "runtime_api") == "yes"
    assert value(report, "program", "network", "runtime_api") == "EACCES"
    assert value(report, "program", "network", "metadata_address") == "EACCES"


def test_shows_of_the_emulator_what_can_be_read(service: Service) -> None:
    report = probe(service)
    # The secret is there, for whoever has no sandbox around him.
    assert SECRET in service.container.execute("cat", "/proc/1/environ")
    assert value(report, "runner", "processes", "pid_1")["environ_readable"] is True
    assert value(report, "program", "processes", "pid_1")["environ_readable"] is not report["layers"]["landlock"]
    assert value(report, "program", "processes", "readable")["environ"] == int(not report["layers"]["landlock"])
    assert SECRET not in json.dumps(report)


def test_says_what_a_kernel_without_landlock_lets_programs_read(start: Start, without_landlock: list[str]) -> None:
    report = probe(start(options=without_landlock))
    assert not report["layers"]["landlock"]
    assert not report["layers"]["private_environments"]
    assert report["program"]["kernel"]["landlock_abi"] == {"error": "ENOSYS (Function not implemented)"}
    assert value(report, "program", "processes", "pid_1")["environ_readable"] is True
    assert value(report, "program", "processes", "parent")["environ_readable"] is False
    assert value(report, "program", "folders", "/tmp")["writable"] == "yes"
    assert value(report, "program", "network", "runtime_api") == "EACCES"


def test_leaves_everything_as_it_was(service: Service) -> None:
    assert service.run("python", "print(1)").stdout == "1\n"
    processes, files = service.container.processes(), service.container.files()
    for _ in range(3):
        probe(service)
    assert (service.container.processes(), service.container.files()) == (processes, files)
    assert service.run("python", "print(2)").stdout == "2\n"


def test_what_the_queue_brings_is_none(service: Service) -> None:
    service.sqs.send_message(QueueUrl=service.queue_url, MessageBody=json.dumps(PROBE))
    record = service.receive()
    probed = len(service.container.steps("probed"))
    for event in ({"Records": [record]}, {"Records": [record], **PROBE}):
        assert service.container.invoke(event).payload == {"batchItemFailures": []}
    service.sqs.delete_message(QueueUrl=service.queue_url, ReceiptHandle=record["receiptHandle"])
    assert len(service.container.steps("probed")) == probed
    assert service.container.steps("poison message")
