"""The error that this package raises on purpose."""
from __future__ import annotations

import grpc

_CODES = {
    grpc.StatusCode.UNAUTHENTICATED: "PERMISSION_DENIED",
    grpc.StatusCode.OUT_OF_RANGE: "INVALID_ARGUMENT",
    grpc.StatusCode.UNIMPLEMENTED: "FAILED_PRECONDITION",
    grpc.StatusCode.UNKNOWN: "INTERNAL",
}


class LyceumError(Exception):
    """`code` is the server's error code, explained in the .proto files: `NOT_FOUND`, `INVALID_ARGUMENT`, ….

    `UNAVAILABLE`: no server answers at the address. `FAILED_PRECONDITION` can also mean that a run's targets changed.
    """

    code: str
    message: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later, unchanged."""
        return self.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")

    def __reduce__(self) -> tuple[type[LyceumError], tuple[str, str]]:
        return type(self), (self.code, self.message)


def error_of(error: grpc.RpcError, address: str, answered: bool = False) -> LyceumError:
    """`answered`: the server has answered on this connection before, so that the connection's settings are right."""
    status = error.code()
    code = _CODES.get(status, status.name)
    text = error.details() or code
    unanswered = code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    hint = "" if answered else _hint(text)
    return LyceumError(code, f"{address}: {text}{hint}" if unanswered else text)


def _hint(text: str) -> str:
    """A hint at what may be wrong with a connection that failed; empty: none."""
    if "WRONG_VERSION_NUMBER" in text:
        return " (the server uses no TLS: leave out tls_dir)"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return " (the server's certificate is from another authority than ca.crt in tls_dir, or for another name)"
    if "Socket closed" in text or "handshake" in text.lower():
        return " (the server may need TLS: give tls_dir, with a certificate from its authority)"
    return ""
