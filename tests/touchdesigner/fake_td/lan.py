"""`socket` as scripts see it: real datagrams, but nothing that could stop the main thread."""

from __future__ import annotations

import socket
import types
from typing import TYPE_CHECKING, Any

from fake_td.errors import NotInTheFake

if TYPE_CHECKING:
    from fake_td.touchdesigner import FakeTouchDesigner

_WAITING = ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn", "create_connection")


class SocketModule(types.ModuleType):
    """Sockets of this fake; multicast goes out only where `fake.lan` says so, names are those of `fake.names`."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        super().__init__("socket")
        self.__dict__.update({name: value for name, value in vars(socket).items()
                              if not name.startswith("__") and name != "getaddrinfo"})
        for name in _WAITING:
            self.__dict__[name] = _refused
        self.socket = _guarded(fake)
        self._fake = fake

    def getaddrinfo(self, host: str, port: Any, *_: Any) -> list[Any]:
        """Not on the main thread: an answer may take seconds."""
        if self._fake.on_main_thread():
            raise NotInTheFake("a look-up on the main thread stops the picture")
        if host not in self._fake.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (each, port or 0)) for each in self._fake.names[host]]


def _refused(*_: Any, **__: Any) -> Any:
    raise NotInTheFake("this may wait for the network, and with it the picture")


def _guarded(fake: FakeTouchDesigner) -> type[socket.socket]:
    """A socket class that knows on which thread it is."""

    class GuardedSocket(socket.socket):
        def _check(self) -> None:
            if fake.on_main_thread() and self.gettimeout() != 0.0:
                raise NotInTheFake("a socket that waits on the main thread stops the picture")

        def recvfrom(self, *args: Any) -> Any:
            self._check()
            return super().recvfrom(*args)

        def connect(self, address: Any) -> None:
            self._check()
            if self.type != socket.SOCK_DGRAM or not address[0].replace(".", "").isdigit():
                raise NotInTheFake("connecting may wait for the network, and with it the picture")
            super().connect(address)

        def sendto(self, data: Any, *args: Any) -> int:
            host = args[-1][0]
            if host.startswith("224.") and not fake.lan:
                return len(data)
            return super().sendto(data, *args)

        def __getattribute__(self, name: str) -> Any:
            if name in ("recv", "recv_into", "recvfrom_into", "sendall", "accept", "makefile"):
                raise NotInTheFake(f"socket.{name} is not something that this project does on the main thread")
            return super().__getattribute__(name)

    return GuardedSocket
