"""A wire between a browser and a page, to be cut and mended: a small TCP proxy on a thread."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Wire:
    """Passes bytes on until it is cut; then open connections break and new ones are refused."""

    def __init__(self) -> None:
        self._target = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def lead_to(self, page: str) -> None:
        """Let connections through to the address of a page of this machine."""
        self._target = urlsplit(page).port
        self._run(self._listen())

    def cut(self) -> None:
        """Break those that are open, and let none through."""
        self._run(self._break())

    def _run(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)

    async def _break(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        onward = None
        try:
            onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(_pass_on(reader, onward), _pass_on(onward_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, onward):
                if end is not None:
                    end.transport.abort()
            self._tasks.discard(task)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


@contextmanager
def wired() -> Iterator[Wire]:
    """Yield a wire that leads nowhere yet; cut on leaving."""
    wire = Wire()
    yield wire
    wire.cut()
