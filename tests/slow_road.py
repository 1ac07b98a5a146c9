"""A long road to a server on this machine: every byte takes its time, and round trips are counted.

with SlowRoad(server.host, server.port, seconds=0.02) as road:
    ...connect to road.host, road.port...
    assert road.trips[1] <= 12
"""

import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Self


class SlowRoad:
    """Carries each connection to a server; `seconds` is the round trip, half of it each way.

    `trips` says for each connection (they count from 1) how often the client spoke after having heard something: that
    is how often it waited for a round trip. A server's first word counts as none.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.trips: dict[int, int] = {}
        self._server = (host, port)
        self._half = seconds / 2
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()[:2]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for sock in self._sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in [self._listener, *self._sockets]:
            sock.close()

    def _start(self, work, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name="slow-road", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                number = len(self.trips) + 1
                self.trips[number] = 0
                for sock in (client, server):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._sockets.append(sock)
                heard = threading.Event()
                self._carry(client, server, lambda number=number, heard=heard: self._count(number, heard))
                self._carry(server, client, heard.set)

    def _count(self, number: int, heard: threading.Event) -> None:
        if heard.is_set():
            heard.clear()
            self.trips[number] += 1

    def _carry(self, source: socket.socket, sink: socket.socket, note) -> None:
        road: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

        def load() -> None:
            data = b"begin"
            while data:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                if data:
                    note()
                road.put((time.monotonic() + self._half, data))

        def unload() -> None:
            with suppress(OSError):
                while True:
                    arrival, data = road.get()
                    time.sleep(max(arrival - time.monotonic(), 0.0))
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)

        self._start(load)
        self._start(unload)
