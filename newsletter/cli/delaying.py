"""A road with a length: a proxy on loopback that lets every byte arrive half a round trip later."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PIECE = 65536


@contextmanager
def delayed(host: str, port: int, round_trip: float) -> Iterator[tuple[str, int]]:
    """Where to connect instead, for a round trip of so many seconds. It runs in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    proxy = context.Process(target=_serve, args=(host, port, round_trip / 2, its), daemon=True)
    proxy.start()
    try:
        yield "127.0.0.1", ours.recv()
    finally:
        proxy.terminate()
        proxy.join()


def _serve(host: str, port: int, delay: float, told: Any) -> None:
    asyncio.run(_listen(host, port, delay, told))


async def _listen(host: str, port: int, delay: float, told: Any) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(_carry(reader, far_writer, delay), _carry(far_reader, writer, delay))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Hand every piece on after the delay, in order, however many are under way."""
    loop = asyncio.get_running_loop()
    while piece := await reader.read(_PIECE):
        loop.call_later(delay, writer.write, piece)
    loop.call_later(delay, writer.close)
