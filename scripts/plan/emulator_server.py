"""The emulator's process: moto's server, with what it lacks mended (scripts/plan/mends).

Prints the port it listens on, on 127.0.0.1 only, and ends when its standard input ends, so that it never outlives who started it.

    python -m scripts.plan.emulator_server
"""

from __future__ import annotations

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from scripts.plan.mends import mend_all


def main() -> None:
    """Serves until standard input ends."""
    mend_all()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.port)  # moto's own services call each other through it
    print(server.port, flush=True)
    sys.stdout = sys.stderr  # nobody reads the pipe after the port, and a full pipe would stop moto
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
