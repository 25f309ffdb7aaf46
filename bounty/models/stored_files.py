"""Stored files as rows name them: paths and digests in the artifact store, read from and written to JSON columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from evaluator.artifacts import Stored


@dataclass(frozen=True)
class StoredFile:
    """A stored file: its path in the store, the SHA-256 of its bytes in hex, and what its row says beside."""

    path: str
    sha256: str
    size: int = 0  # bytes; 0 where the row does not say
    # Of an array over the table's rows: how many corrections had taken rows out when it was stored.
    table: int = 0
    # Of a part of a submission or a model: its kind, and what its sender called it.
    kind: str = ""
    filename: str = ""

    @classmethod
    def from_stored(cls, written: Stored | StoredFile, **beside: Any) -> Self:
        """The StoredFile of what was written to the store just now, with what its row says beside."""
        return cls(written.path, written.sha256, written.size, **beside)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            data["path"],
            data["sha256"],
            data.get("size", 0),
            data.get("table", 0),
            data.get("kind", ""),
            data.get("filename", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON of a row: the path and the digest, and of the rest what is known."""
        known = {name: value for name, value in vars(self).items() if value}
        return {"path": self.path, "sha256": self.sha256} | known

    def to_order_json(self) -> dict[str, Any]:
        """The JSON of an order to evaluating workers: the path, the digest and the size, and nothing else."""
        return Stored(self.path, self.sha256, self.size).to_json()

    @property
    def address(self) -> tuple[str, str]:
        """Path and digest, by which two stored files are the same."""
        return self.path, self.sha256


NOWHERE = StoredFile("", "")


def files_from_json(data: Mapping[str, Mapping[str, Any]]) -> dict[str, StoredFile]:
    """Stored files by name: a submission's parts, an outcome's arrays, the labels by split."""
    return {name: StoredFile.from_json(stored) for name, stored in data.items()}


@dataclass(frozen=True)
class StoredTables:
    """A competition's table as it lies in the store. The final split's labels are not read before the close."""

    public: StoredFile = NOWHERE
    secret: StoredFile = NOWHERE
    labels: Mapping[str, StoredFile] = field(default_factory=dict)  # by split, as units and cells are
    units: Mapping[str, StoredFile] = field(default_factory=dict)  # empty where rows are independent
    cells: Mapping[str, StoredFile] = field(default_factory=dict)  # empty where nothing is declared
    strata: Mapping[str, StoredFile] = field(default_factory=dict)  # empty where no unit was drawn more often
    undrawn: tuple[int, ...] = ()  # units of each stratum that are in the table and in no split
    # `rows` and `units`: where each row comes from; empty in a competition from before this was stored.
    origin: Mapping[str, StoredFile] = field(default_factory=dict)
    # Which rows each correction that took some out left of those before it, oldest first.
    kept: tuple[StoredFile, ...] = ()
    correction: int = 0  # the newest one's number; 0 where the table was never corrected

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredTables:
        """The tables as the row names them. Before there is a table the row is empty, and so are they."""
        return cls(
            public=StoredFile.from_json(data["public"]) if "public" in data else NOWHERE,
            secret=StoredFile.from_json(data["secret"]) if "secret" in data else NOWHERE,
            labels=files_from_json(data.get("labels", {})),
            units=files_from_json(data.get("units", {})),
            cells=files_from_json(data.get("cells", {})),
            strata=files_from_json(data.get("strata", {})),
            undrawn=tuple(data.get("undrawn", ())),
            origin=files_from_json(data.get("origin", {})),
            kept=tuple(map(StoredFile.from_json, data.get("kept", ()))),
            correction=data.get("correction", 0),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON of a row. The chain's first entry has it too: a kind of which nothing is stored is not named."""
        data: dict[str, Any] = {}
        for name in ("public", "secret"):
            stored: StoredFile = getattr(self, name)
            if stored.path:
                data[name] = stored.to_json()
        for kind in ("labels", "units", "cells", "strata", "origin"):
            if files := getattr(self, kind):
                data[kind] = {split: stored.to_json() for split, stored in files.items()}
        if self.undrawn:
            data["undrawn"] = list(self.undrawn)
        if self.kept:
            data["kept"] = [stored.to_json() for stored in self.kept]
        return data | ({"correction": self.correction} if self.correction else {})

    def __bool__(self) -> bool:
        """Whether there is a table."""
        return bool(self.public.path)


@dataclass(frozen=True)
class UploadedTable:
    """A draft's uploaded table as it came: its file, with the name that its organiser gave it, and what is in it."""

    file: StoredFile
    rows: int
    columns: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UploadedTable:
        return cls(StoredFile.from_json(data), data["rows"], tuple(data["columns"]))

    def to_json(self) -> dict[str, Any]:
        return {**self.file.to_json(), "rows": self.rows, "columns": list(self.columns)}


@dataclass(frozen=True)
class StoredBase:
    """A competition's base model: its stored part, and in words what it is."""

    file: StoredFile  # with its kind
    words: str = ""
    # The learner and its rows, where the platform fitted it; None of an uploaded one.
    fitted: Mapping[str, Any] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredBase:
        """The base model as the row names it; a row that names none is read as one without a file."""
        file = StoredFile.from_json(data) if "path" in data else StoredFile("", "", kind=data.get("kind", ""))
        return cls(file, data.get("words", ""), data.get("fitted"))

    def to_json(self) -> dict[str, Any]:
        fitted = {} if self.fitted is None else {"fitted": dict(self.fitted)}
        return {"words": self.words, **fitted, **self.file.to_json()}
