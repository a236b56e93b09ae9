"""The web page under fifty visitors at once, some of whom send what no browser would."""

import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import numpy as np
from PIL import Image

from tests.stress.campaign import Part
from tests.stress.mutations import mutated
from tests.stress.operations import PROJECT

VISITORS = 50
MOST_MEGAPIXELS, MOST_MEGABYTES = 2, 3
MOST_MEMORY = 2.5 * 2**30  # bytes of the page's process
PATIENCE = 240  # seconds that a visitor waits
BOUNDARY = "a-boundary-that-is-in-no-picture"
ABSOLUTE = Path(tempfile.gettempdir()) / "evil.png"
NAMES = (
    "../../evil.png",
    str(ABSOLUTE),
    "..",
    "",
    "a\\..\\evil.png",
    "C:evil.png",
    "n" * 300 + ".png",
    "rôse 🌹.png",
)
KINDS = ("photograph", "damaged", "too many pixels", "too heavy", "strange name", "says less", "says more", "goes away")
KINDS += ("another's file", "no photograph")


class Visitors(Part):
    """Fifty visitors at once get a colouring or a sentence; the page lives on, in bounded memory, and loses no file."""

    whole = 20
    seconds = 600

    def prepare(self):
        limits = ["--most-megapixels", str(MOST_MEGAPIXELS), "--most-megabytes", str(MOST_MEGABYTES)]
        command = [sys.executable, str(PROJECT / "experiments" / "app.py"), *limits]
        self.told = self.folder / "told.txt"
        # So that whatever leaves its folder stays in ours.
        environment = os.environ | {"TMPDIR": str(self.folder)}
        with self.told.open("w") as told:
            self.page = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True, env=environment)
        address = self.page.stdout.readline()
        self.port = int(re.search(r":(\d+)", address)[1])
        self.take, self.color = self._numbers()

    def end(self):
        if hasattr(self, "page"):
            self.page.terminate()
            self.page.wait()

    def trial(self, rng):
        spoken = self.told.stat().st_size
        lost, threads = [], []
        for seed in rng.integers(2**31, size=VISITORS):
            threads.append(threading.Thread(target=self._come, args=(np.random.default_rng(seed), lost), daemon=True))
        for thread in threads:
            thread.start()
        end = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(0, end - time.monotonic()))
        if waiting := sum(thread.is_alive() for thread in threads):
            lost.append(f"{waiting} visitors still wait after {PATIENCE} s")
        if self.page.poll() is not None:
            return f"the page ended with status {self.page.returncode}; {lost[:3]}"
        if self._ask("GET", "/")[0] != 200:
            lost.append("the page does not answer")
        if (memory := _most_memory(self.page.pid)) > MOST_MEMORY:
            lost.append(f"the page took {memory / 2**30:.1f} GiB")
        if told := self.told.read_bytes()[spoken:].decode(errors="replace"):
            lost.append(f"to the terminal: {told[-200:]}")
        if strays := self._strays():
            lost.append(f"files beside its own: {strays[:3]}")
        return "; ".join(lost) or None

    def _strays(self):
        """What came to lie elsewhere than in the page's folder, which goes with the page."""
        found = [path for path in self.folder.iterdir() if path != self.told and "flowers-app-" not in path.name]
        return found + [path for path in (ABSOLUTE, Path("/evil.png")) if path.exists()]

    def _come(self, rng, lost):
        """One visit; what goes wrong is added to a list."""
        kind = str(rng.choice(KINDS))
        try:
            if told := self._visit(kind, rng):
                lost.append(f"{kind}: {told}")
        except Exception as error:
            # Who sends nonsense may be hung up on.
            is_hung_up = isinstance(error, OSError | http.client.HTTPException)
            if not is_hung_up or kind in ("photograph", "damaged", "too many pixels", "no photograph"):
                lost.append(f"{kind}: {error!r}")

    def _visit(self, kind, rng):
        """What is wrong with how a visitor of a kind was answered, or None."""
        name = str(rng.choice(NAMES)) if kind == "strange name" else "rose.png"
        if kind == "another's file":
            session = uuid.uuid4().hex
            return _is_refused(self._call(self.take, [_file("/etc/passwd", "passwd")], session), "root:")
        content = _picture(rng, kind)
        declared = {"says less": -500, "says more": 500}.get(kind, 0)
        status, answer = self._upload(name, content, declared, hurries=kind == "goes away")
        if kind in ("says less", "says more", "goes away", "too heavy", "strange name") and status != 200:
            return None if status < 500 else f"status {status}"
        if status != 200:
            return f"status {status} for an upload"
        paths = json.loads(answer)
        if kind == "says less" and not paths:
            return None
        session, path = uuid.uuid4().hex, paths[0]
        if ".." in Path(path).parts or "flowers-app-" not in path:
            return f"went to {path}"
        told = self._call(self.take, [_file(path, name)], session)
        if kind != "photograph":
            return None if "cannot be used" in told or '"success":true' in told else f"was told {told[-200:]}"
        if "pixels" not in told:
            return f"was told {told[-200:]}"
        told = self._call(self.color, [None, 1.0, "flowers", 0, "png"], session)
        return None if "-color.png" in told else f"was not coloured: {told[-200:]}"

    def _upload(self, name, content, declared, hurries):
        """Send a file, with a length that is `declared` bytes off; status and answer. Who `hurries` sends half."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        head += "Content-Type: image/png\r\n\r\n"
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10 if declared or hurries else PATIENCE)
        line.putrequest("POST", "/gradio_api/upload")
        line.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        line.putheader("Content-Length", str(len(body) + declared))
        line.endheaders()
        line.send(body[: len(body) // 2] if hurries else body)
        if hurries:
            line.close()
            return 400, b""
        answer = line.getresponse()
        return answer.status, answer.read()

    def _call(self, function, values, session):
        """Do what a click does; all that the page answers to it."""
        body = json.dumps({"data": values, "fn_index": function, "session_hash": session})
        status, told = self._ask("POST", "/gradio_api/queue/join", body)
        if status != 200:
            return told
        return self._ask("GET", f"/gradio_api/queue/data?session_hash={session}")[1]

    def _ask(self, method, path, body=None):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.request(method, path, body, {"Content-Type": "application/json"})
        answer = line.getresponse()
        return answer.status, answer.read().decode(errors="replace").replace(": ", ":")

    def _numbers(self):
        """The numbers of what takes a photograph, and of what colours it."""
        config = self._ask("GET", "/config")[1]
        functions = {entry["api_name"]: entry["id"] for entry in json.loads(config)["dependencies"]}
        return functions["take"], functions["color"]


def _file(path, name):
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _is_refused(told, secret):
    return f"was given {told[-200:]}" if secret in told or '"success":true' in told else None


def _picture(rng, kind):
    """The bytes of a picture of a kind."""
    if kind == "no photograph":
        return rng.bytes(int(rng.integers(2000)))
    if kind == "too heavy":
        return rng.bytes(int(1.1 * MOST_MEGABYTES * 2**20))
    side = 1500 if kind == "too many pixels" else int(rng.integers(16, 300))
    image, stream = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((side, side)), io.BytesIO()
    image.save(stream, "PNG")
    return mutated(stream.getvalue(), rng) if kind == "damaged" else stream.getvalue()


def _most_memory(process):
    """The most bytes that a process has had in memory."""
    told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", told)[1])
