"""Keeps the queues' messages over a restart, in one SQLite file, written through with each change."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from livecode_local.sqs.message import Message


class MessageStore:
    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # not for the programs' eyes; SQLite gives its other files the same mode
        self._database = sqlite3.connect(path, isolation_level=None)
        # Written to the kernel, not to the disk: it outlives any kill of ours, and costs some 20 us a change.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS messages (queue TEXT, id TEXT, message TEXT, PRIMARY KEY (queue, id))"
        )

    def load(self, queue: str) -> list[Message]:
        """The queue's messages, oldest first."""
        rows = self._database.execute("SELECT message FROM messages WHERE queue = ? ORDER BY rowid", (queue,))
        return [Message(**json.loads(text)) for (text,) in rows]

    def save(self, queue: str, message: Message) -> None:
        self._database.execute(
            "INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET message = excluded.message",
            (queue, message.id, json.dumps(asdict(message))),
        )

    def remove(self, queue: str, message_id: str) -> None:
        self._database.execute("DELETE FROM messages WHERE queue = ? AND id = ?", (queue, message_id))

    def remove_all(self, queue: str) -> None:
        self._database.execute("DELETE FROM messages WHERE queue = ?", (queue,))

    def close(self) -> None:
        self._database.close()
