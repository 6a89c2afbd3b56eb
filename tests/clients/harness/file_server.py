"""Files for containers: an HTTP server of this machine that notes what it was asked for."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Files(http.server.BaseHTTPRequestHandler):
    """Answers with the server's files and notes what was asked for."""

    def do_GET(self) -> None:
        server: Any = self.server
        body = server.files.get(self.path)
        server.asked.append(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(files: dict[str, bytes], context: ssl.SSLContext | None = None) -> Iterator[Any]:
    """The server, with its `server_port` and what was `asked`."""
    server: Any = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Files)
    server.files, server.asked = files, []
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
