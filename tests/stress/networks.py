"""Downloads from a server that cuts off, stalls, lies about lengths, sends other bytes or leads astray."""

import http.server
import os
import shutil
import threading
import time

from data_loader import UserError, load_flowers
from data_loader import oxford_flowers as oxford
from tests.data_loader.small_set import make_set
from tests.stress.campaign import Part

FAULTS = ("cut", "stall", "too long", "too short", "other bytes", "404", "500", "nowhere", "circle", "nothing")
PATIENCE = 1  # seconds that a download waits for a server that says nothing


class Networks(Part):
    """A download is whole, or told in one sentence and leaves no set; from a good server the next call has it all."""

    whole = 500
    seconds = 120
    speaks = True  # bars of downloads

    def prepare(self):
        self.served = self.folder / "served"
        self.served.mkdir()
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Faulty)
        self.web.folder, self.web.faults, self.web.rng = self.served, [], None
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        oxford.OXFORD_SETS["oxford102"] = make_set(self.served, f"http://127.0.0.1:{self.web.server_port}/")
        oxford.PATIENCE = PATIENCE
        os.environ.pop("FLOWERS102_DIR", None)
        self.cache = self.folder / "cache"
        os.environ["FLOWERS_CACHE_DIR"] = str(self.cache)
        self.expected = load_flowers("oxford102", 16).digest

    def trial(self, rng):
        shutil.rmtree(self.cache)
        self.web.rng = rng
        self.web.faults = [
            str(rng.choice(FAULTS)) if rng.random() < 0.6 else None for _ in range(int(rng.integers(1, 6)))
        ]
        faults = list(self.web.faults)
        try:
            if load_flowers("oxford102", 16).digest != self.expected:
                return f"{faults}: other images"
        except UserError as error:
            if "\n" in str(error):
                return f"{faults}: no sentence: {error}"
            if (self.cache / "oxford102" / "jpg").exists():
                return f"{faults}: a set that looks complete"
        self.web.faults = []
        if load_flowers("oxford102", 16).digest != self.expected:
            return f"{faults}: other images from a good server"
        left = {path.name for path in (self.cache / "oxford102").iterdir()} - {"jpg", "imagelabels.mat", "setid.mat"}
        return f"{faults}: left {left}" if left else None


class _Faulty(http.server.BaseHTTPRequestHandler):
    """Serves files of a folder, and does at each request what the server's next fault says."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        fault = self.server.faults.pop(0) if self.server.faults else None
        file = self.server.folder / self.path.strip("/")
        if fault in ("404", "500"):
            self.send_error(int(fault))
        elif fault in ("nowhere", "circle"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/" if fault == "nowhere" else self.path)
            self.end_headers()
            if fault == "circle":
                self.server.faults.insert(0, "circle" if self.server.rng.random() < 0.9 else None)
        elif fault != "nothing" and file.is_file():
            self._send(file.read_bytes(), fault)

    def _send(self, data, fault):
        told = len(data)
        if fault in ("too long", "too short"):
            told += 1000 if fault == "too long" else -min(told, 100)
        if fault == "other bytes":
            data = self.server.rng.bytes(len(data))
        self.send_response(200)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        if fault in ("cut", "stall"):
            data = data[: int(self.server.rng.integers(len(data)))]
        self.wfile.write(data)
        if fault == "stall":
            time.sleep(2 * PATIENCE)
