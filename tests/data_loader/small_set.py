"""An Oxford-102 of six images, as it lies on its server."""

import hashlib
import http.server
import io
import tarfile
import threading
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image
from scipy.io import savemat

from data_loader import oxford_flowers as oxford


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder):
    """Serve a folder on this machine; gives the server and its address."""
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    return web, f"http://127.0.0.1:{web.server_port}/"


def jpeg(number):
    stream = io.BytesIO()
    Image.new("RGB", (20, 20), (number * 30, 0, 0)).save(stream, "JPEG")
    return stream.getvalue()


def add_file(tar, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def make_archive(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            add_file(tar, name, content)


def make_set(folder, url):
    """Write the set's files into a folder that is served at a URL; gives its `OxfordSet`."""
    make_archive(folder / "102flowers.tgz", {f"jpg/image_{n:05d}.jpg": jpeg(n) for n in range(1, 7)})
    savemat(folder / "imagelabels.mat", {"labels": np.array([[1, 1, 2, 2, 102, 102]])})
    savemat(folder / "setid.mat", {"trnid": [[1, 3]], "valid": [[2]], "tstid": [[4, 5, 6]]})
    md5 = {file.name: hashlib.md5(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    return replace(oxford.OXFORD_SETS["oxford102"], url=url, images=6, md5=md5)
