"""A connection to a server of this system, and calls on it."""
from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import grpc

from ._errors import LyceumError, error_of
from ._messages import METHODS, decode, encode

#: Greatest size of one message, in both directions.
_MESSAGE_MAX_BYTES = 8 << 20
_CALL_SECONDS = 30.0
#: The same files as in --tls-dir of the command line.
_TLS_FILES = ("ca.crt", "tls.crt", "tls.key")

_OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", _MESSAGE_MAX_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_MAX_BYTES),
    # A server that is stopped or unplugged is noticed after at most 30 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
    # The caller decides about retries.
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_http_proxy", 0),
    # Channels share no connection, so that a new channel uses renewed certificates.
    ("grpc.use_local_subchannel_pool", 1),
]

T = TypeVar("T")
TlsDir = str | os.PathLike[str] | None


class Connection:
    """Connects at the first call. `tls_dir` holds ca.crt, tls.crt and tls.key, as `coordinator certificates` does."""

    def __init__(self, address: str, tls_dir: TlsDir) -> None:
        self.address = address
        if tls_dir is None:
            self._channel = grpc.insecure_channel(address, _OPTIONS)
        else:
            self._channel = grpc.secure_channel(address, _credentials(Path(tls_dir)), _OPTIONS)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def call(self, method: str, request: Mapping[str, Any], seconds: float = _CALL_SECONDS) -> dict[str, Any]:
        path, writer, reader = _codec(method)
        try:
            response: dict[str, Any] = self._channel.unary_unary(path, writer, reader)(request, timeout=seconds)
            return response
        except grpc.RpcError as error:
            raise error_of(error, self.address) from None

    def stream(self, method: str, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields the server's messages; leaving the loop cancels the call."""
        path, writer, reader = _codec(method)
        call = self._channel.unary_stream(path, writer, reader)(request)
        answered = False
        try:
            for message in call:
                answered = True
                yield message
        except grpc.RpcError as error:
            raise error_of(error, self.address, answered) from None
        finally:
            call.cancel()


def _codec(method: str) -> tuple[str, Callable[[Any], bytes], Callable[[bytes], dict[str, Any]]]:
    known = METHODS[method]
    return known.path, lambda value: encode(known.request, value), lambda data: decode(known.response, data)


def _credentials(folder: Path) -> grpc.ChannelCredentials:
    try:
        ca, certificate, key = ((folder / name).read_bytes() for name in _TLS_FILES)
    except OSError as error:
        message = f"{error.filename} cannot be read: {error.strerror}; want {', '.join(_TLS_FILES)} in tls_dir"
        raise LyceumError("INVALID_ARGUMENT", message) from error
    return grpc.ssl_channel_credentials(ca, key, certificate)


class Patience:
    """Limits retries while no server answers: to `seconds` after the first failure. An answer starts the time anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.answered()

    def answered(self) -> None:
        self._away_since: float | None = None
        self._attempt = 0

    def wait(self, error: LyceumError) -> bool:
        """Waits before the next attempt; raises `error` if time is up. True: the first failure since an answer."""
        now = time.monotonic()
        is_first = self._away_since is None
        if self._away_since is None:
            self._away_since = now
        if not error.retryable or now - self._away_since > self._seconds:
            raise error
        time.sleep(min(2.0, 0.1 * 2**self._attempt) * random.uniform(0.5, 1.0))
        self._attempt = min(self._attempt + 1, 10)
        return is_first
