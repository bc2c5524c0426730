"""Keeps the queues' messages over a restart, in one SQLite file, written through with each change."""

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from livecode_embedded.errors import StackError
from livecode_embedded.sqs.errors import ServiceUnavailable
from livecode_embedded.sqs.message import Message


class MessageStore:
    """Keeps the messages of all queues in SQLite. Changes raise ServiceUnavailable if they cannot be stored."""

    def __init__(self, path: Path) -> None:
        """Raises StackError for a file that is no such store."""
        with contextlib.ExitStack() as opened:
            try:
                path.touch(mode=0o600)  # not for the programs' eyes; SQLite gives its other files the same mode
                self._database = sqlite3.connect(path, isolation_level=None)
                opened.callback(self._database.close)
                self._prepare()
            except (OSError, sqlite3.Error) as error:
                raise StackError(f"The queues' messages in {path} cannot be used: {error}.") from error
            opened.pop_all()

    def _prepare(self) -> None:
        # Written to the kernel, not to the disk: it outlives any kill of ours, and costs some 20 us a change.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS messages (queue TEXT, id TEXT, message TEXT, PRIMARY KEY (queue, id))"
        )

    def load(self, queue: str) -> list[Message]:
        """Reads the queue's messages, oldest first."""
        rows = self._database.execute("SELECT message FROM messages WHERE queue = ? ORDER BY rowid", (queue,))
        return [Message(**json.loads(text)) for (text,) in rows]

    def save(self, queue: str, message: Message) -> None:
        self._change(
            "INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET message = excluded.message",
            (queue, message.id, json.dumps(asdict(message))),
        )

    def remove(self, queue: str, message_id: str) -> None:
        self._change("DELETE FROM messages WHERE queue = ? AND id = ?", (queue, message_id))

    def remove_all(self, queue: str) -> None:
        self._change("DELETE FROM messages WHERE queue = ?", (queue,))

    def close(self) -> None:
        self._database.close()

    def _change(self, statement: str, values: Sequence[str]) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise ServiceUnavailable(f"The queue's message cannot be stored: {error}.") from error
