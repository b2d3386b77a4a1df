"""Messages of the .proto files beside this module, read and written as dictionaries.

The files are the contract, and are read at import. So there is no generated code of another version, and no protobuf
library whose version could conflict with another package's. This module knows the part of proto3 that the files use:
scalars, messages, enums, `repeated`, `optional`, `oneof`, maps. A field that was not sent has its default; unknown
fields are skipped. Repeated numbers are arrays, and bytes are views into the message.
"""
from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

_FILES = ("tensor.proto", "log.proto", "coordinator.proto", "target.proto")
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MASK64 = (1 << 64) - 1
_WHOLE = {"uint32", "uint64", "sint32", "bool"}
_DEFAULTS: dict[str, Any] = {
    "string": "", "bytes": b"", "double": 0.0, "uint32": 0, "uint64": 0, "sint32": 0, "bool": False, "enum": 0,
}


@dataclass(frozen=True)
class Field:
    name: str
    number: int
    #: A scalar's name, `enum`, or the name of a message.
    kind: str
    label: str
    #: Kinds of a map's key and value.
    entry: tuple[str, str] | None = None


@dataclass(frozen=True)
class Method:
    path: str
    request: str
    response: str


def _read_files() -> tuple[dict[str, dict[int, Field]], dict[str, dict[str, int]], dict[str, Method]]:
    folder = resources.files(__package__) / "proto"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in _FILES)
    text = re.sub(r"//[^\n]*", "", text)
    enums = {
        name: {key: int(number) for key, number in re.findall(r"(\w+)\s*=\s*(\d+)\s*;", body)}
        for name, body in re.findall(r"\benum\s+(\w+)\s*\{([^}]*)\}", text)
    }
    messages = {name: _fields(body, enums) for name, body in _blocks("message", text)}
    kinds = {field.kind for fields in messages.values() for field in fields.values() if field.entry is None}
    if unknown := kinds - set(_DEFAULTS) - set(messages):
        raise TypeError(f"the .proto files have types that this package does not know: {', '.join(sorted(unknown))}")
    methods = {
        method: Method(f"/lyceum.v1.{service}/{method}", request, response)
        for service, body in _blocks("service", text)
        for method, request, response in re.findall(
            r"\brpc\s+(\w+)\s*\(\s*(?:stream\s+)?(\w+)\s*\)\s*returns\s*\(\s*(?:stream\s+)?(\w+)\s*\)", body
        )
    }
    return messages, enums, methods


def _blocks(keyword: str, text: str) -> Iterator[tuple[str, str]]:
    """Name and body of each block. A body may hold pairs of braces, but no pair inside another."""
    yield from re.findall(rf"\b{keyword}\s+(\w+)\s*\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}", text)


_FIELD = re.compile(
    r"(?:(repeated|optional)\s+)?(?:map\s*<\s*(\w+)\s*,\s*(\w+)\s*>|(\w+))\s+(\w+)\s*=\s*(\d+)\s*;"
)


def _fields(body: str, enums: Mapping[str, Any]) -> dict[int, Field]:
    fields = {}
    for label, key, value, kind, name, number in _FIELD.findall(body):
        kind = "enum" if kind in enums else kind
        entry = (key, value) if key else None
        fields[int(number)] = Field(name, int(number), kind, label, entry)
    return fields


MESSAGES, ENUMS, METHODS = _read_files()


def enum_name(enum: str, number: int) -> str:
    """`TRAINING` for RUN_STATE_TRAINING; `UNKNOWN`: a newer server's number."""
    names = {value: name for name, value in ENUMS[enum].items()}
    return names[number].removeprefix(_prefix(enum)) if number in names else "UNKNOWN"


def enum_number(enum: str, name: str) -> int:
    """Raises a ValueError that lists the known names."""
    known = {key.removeprefix(_prefix(enum)): number for key, number in ENUMS[enum].items() if number > 0}
    if name not in known:
        raise ValueError(f"want one of {', '.join(known)}, got {name!r}")
    return known[name]


def _prefix(enum: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", enum).upper() + "_"


# ---------------------------------------------------------------- writing


def encode(message: str, values: Mapping[str, Any]) -> bytes:
    fields = {field.name: field for field in MESSAGES[message].values()}
    unknown = set(values) - set(fields)
    if unknown:
        raise TypeError(f"{message} has no field {', '.join(sorted(unknown))}")
    out = bytearray()
    for name, value in values.items():
        field = fields[name]
        for one in value if field.label == "repeated" else (value,):
            if field.label == "" and one == _DEFAULTS.get(field.kind):
                continue
            out += _encoded(field, one)
    return bytes(out)


def _encoded(field: Field, value: Any) -> bytes:
    if field.kind in _WHOLE or field.kind == "enum":
        number = int(value)
        if field.kind == "sint32":
            number = number << 1 ^ number >> 31
        elif number < 0:
            raise ValueError(f"{field.name}: want a number from 0 on, got {value}")
        return _varint(field.number << 3 | _VARINT) + _varint(number)
    if field.kind == "double":
        return _varint(field.number << 3 | _FIXED64) + struct.pack("<d", value)
    content: bytes
    if field.kind == "string":
        content = value.encode()
    elif field.kind == "bytes":
        content = bytes(value)
    else:
        content = encode(field.kind, value)
    return _varint(field.number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# ---------------------------------------------------------------- reading


def decode(message: str, data: bytes | memoryview) -> dict[str, Any]:
    """Raises a ValueError if the bytes are no such message."""
    fields = MESSAGES[message]
    values: dict[str, Any] = {}
    for number, wire, content in _parts(memoryview(data)):
        field = fields.get(number)
        if field is None:
            continue
        if field.entry is not None:
            key, value = _map_entry(field.entry, content)
            values.setdefault(field.name, {})[key] = value
        elif field.label != "repeated":
            values[field.name] = _decoded(field.kind, content)
        elif wire == _BYTES and field.kind in (*_WHOLE, "enum", "double"):
            values.setdefault(field.name, []).append(_packed(field.kind, content))
        else:
            values.setdefault(field.name, []).append(_decoded(field.kind, content))
    for field in fields.values():
        values[field.name] = _completed(field, values.get(field.name))
    return values


def _completed(field: Field, value: Any) -> Any:
    if field.entry is not None:
        return value or {}
    if field.label == "repeated":
        if field.kind in (*_WHOLE, "enum", "double"):
            return np.concatenate([np.atleast_1d(part) for part in value]) if value else _packed(field.kind, b"")
        return value or []
    return _DEFAULTS.get(field.kind) if value is None else value


def _parts(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and content of each field."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _read_varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            content, at = _read_varint(data, at)
            yield tag >> 3, wire, content
            continue
        if wire == _BYTES:
            size, at = _read_varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"malformed message: wire type {wire}")
        if at + size > end:
            raise ValueError("malformed message: it ends within a field")
        yield tag >> 3, wire, data[at : at + size]
        at += size


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("malformed message: it ends within a number")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & _MASK64, at
        shift += 7


def _decoded(kind: str, content: Any) -> Any:
    if kind == "string":
        return str(content, "utf-8")
    if kind == "bytes":
        return content
    if kind == "double":
        return struct.unpack("<d", content)[0]
    if kind == "sint32":
        return content >> 1 ^ -(content & 1)
    if kind == "bool":
        return content != 0
    if kind in _WHOLE or kind == "enum":
        return content
    return decode(kind, content)


def _map_entry(kinds: tuple[str, str], content: memoryview) -> tuple[Any, Any]:
    parts = {number: part for number, _, part in _parts(content)}
    key, value = (
        _decoded(kind, parts[number]) if number in parts else _DEFAULTS[kind]
        for number, kind in enumerate(kinds, start=1)
    )
    return key, value


def _packed(kind: str, content: bytes | memoryview) -> np.ndarray[Any, Any]:
    """Decodes packed numbers, which follow one another. A batch has hundreds, so all are decoded at once."""
    if kind == "double":
        return np.frombuffer(content, "<f8")
    septets = np.frombuffer(content, np.uint8)
    if septets.size == 0:
        return np.zeros(0, np.int64)
    is_last = septets < 0x80
    if not is_last[-1]:
        raise ValueError("malformed message: it ends within a number")
    starts = np.concatenate([[0], np.flatnonzero(is_last)[:-1] + 1])
    places = np.arange(septets.size) - np.repeat(starts, np.diff(np.append(starts, septets.size)))
    numbers = np.add.reduceat((septets & 0x7F).astype(np.int64) << (7 * places), starts)
    return numbers >> 1 ^ -(numbers & 1) if kind == "sint32" else numbers
