"""The emulator's process: moto's server, with what it lacks mended.

Prints the port it listens on, on 127.0.0.1 only, and ends when its standard input ends, so that it never outlives who started it.

    python -m scripts.plan.emulator_server
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from moto.kms.models import Key, KmsBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from scripts.plan.mends import mend_all

CUSTOM_ID = "_custom_id_"
"""The tag by which other services of moto let a caller choose an id."""


def honour_chosen_key_ids() -> None:
    """Lets a KMS key be created under a given id: a lake file names existing keys by their ARN."""
    create_key = KmsBackend.create_key

    def create_with_id(self: Any, policy: Any, usage: Any, spec: Any, description: Any, tags: Any, *more: Any, **named: Any) -> Key:
        key = create_key(self, policy, usage, spec, description, tags, *more, **named)
        chosen = next((tag["TagValue"] for tag in tags or [] if tag["TagKey"] == CUSTOM_ID), None)
        if chosen is not None:
            del self.keys[key.id]
            key.arn = key.arn.replace(key.id, chosen)
            key.id = chosen
            self.keys[chosen] = key
        return key

    KmsBackend.create_key = create_with_id


def main() -> None:
    """Serves until standard input ends."""
    honour_chosen_key_ids()
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
