"""Small servers with one habit each, for hosts that no real daemon imitates.

servers.py PORT=HABIT[:ARGUMENT]...     listens on all addresses, IPv4 and IPv6
  hold            accepts, says nothing, keeps the connection
  text:TEXT       sends TEXT (with \\r \\n \\xNN escapes), keeps the connection
  drip:TEXT       sends TEXT a byte a second, the first byte at once
  flood           sends without end
  record:FILE     says nothing; writes a line of JSON for each connection and for each piece received
"""
import asyncio
import json
import sys


def unescape(text):
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


async def until_closed(reader):
    try:
        while await reader.read(65536):
            pass
    except OSError:
        pass


async def hold(_, reader, writer):
    await until_closed(reader)


async def text(what, reader, writer):
    writer.write(unescape(what))
    await until_closed(reader)


async def drip(what, reader, writer):
    closed = asyncio.ensure_future(until_closed(reader))
    for byte in unescape(what):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.wait([closed], timeout=1)
        if closed.done():
            return
    await closed


async def flood(_, reader, writer):
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def record(file, reader, writer):
    def note(**what):
        with open(file, "a", encoding="utf-8") as out:
            out.write(json.dumps(what) + "\n")

    peer = writer.get_extra_info("peername")[0]
    port = writer.get_extra_info("sockname")[1]
    note(event="connect", peer=peer, port=port)
    while piece := await reader.read(65536):
        note(event="bytes", peer=peer, port=port, bytes=piece.hex())


async def main():
    habits = {"hold": hold, "text": text, "drip": drip, "flood": flood, "record": record}
    servers = []
    for argument in sys.argv[1:]:
        port, _, habit = argument.partition("=")
        name, _, detail = habit.partition(":")

        async def serve(reader, writer, behave=habits[name], detail=detail):
            try:
                await behave(detail, reader, writer)
            except OSError:
                pass  # the other side went away, which is its right
            finally:
                writer.close()

        servers.append(await asyncio.start_server(serve, None, int(port), backlog=4096))
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
