"""Switches the network off in every Python process of the tests (PYTHONPATH holds this folder).

An audit hook sees each connection and name look-up before it happens. Loopback and local
sockets pass: kernels talk through them.
"""

import sys

LOCAL = ("127.", "localhost", "::1", "0.0.0.0")


class NetworkOff(OSError):
    pass


def _hook(event, args):
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(LOCAL):
        raise NetworkOff(f"the network is off in tests: {event} to {host}")


sys.addaudithook(_hook)
