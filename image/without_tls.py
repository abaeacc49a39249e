"""What stands in the image in place of the standard library's `ssl`, which would bring OpenSSL.

The service speaks plain HTTP; a proxy, or the cluster, adds TLS. Yet uvicorn, uvloop, anyio,
asyncio and prometheus_client name these when they are imported. Whatever is tried with them
fails and says why.
"""

from typing import Any

CERT_NONE = 0
PROTOCOL_TLS_CLIENT = 16
PROTOCOL_TLS_SERVER = 17
SSL_ERROR_SYSCALL = 5
SSL_ERROR_WANT_READ = 2
SSL_ERROR_WANT_WRITE = 3


class SSLError(OSError):
    """TLS was asked for."""


class SSLContext:
    """Refuses to be made."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise SSLError("There is no TLS in this image: let a proxy in front of it speak TLS.")


CertificateError = SSLSyscallError = SSLWantReadError = SSLZeroReturnError = SSLError
MemoryBIO = TLSVersion = SSLContext
create_default_context = SSLContext
