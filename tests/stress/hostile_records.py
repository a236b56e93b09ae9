"""Mutated files of a run, and colorizers that would run code."""

import base64
import io
import json
import marshal
import shutil
import zipfile

import numpy as np

from data_loader import UserError, load_flowers
from tests.stress.campaign import Part
from tests.stress.mutations import mutated

# Each file of a run and of its exports, relative to the run.
FILES = ("config.json", "metrics.csv", "checkpoints/last.npz", "generator.keras", "packed.npz", "network.onnx")


class Records(Part):
    """Each file is read, or refused by a `UserError` in one sentence; the rest of the run stays as it was."""

    whole = 1000
    seconds = 120

    def prepare(self):
        from experiments import import_keras

        import_keras()
        from models import Pix2Pix
        from models.colorizer import Colorizer
        from models.colorizing import pack
        from models.export_formats import write_onnx

        run = self.folder / "run"
        gan = Pix2Pix(image_size=64, generator_filters=2, discriminator_filters=2)
        gan.train(load_flowers("synthetic", 64), run, epochs=1, batch_size=4, max_steps=2, sample_interval=0)
        pack(gan.colorizer, run / "packed.npz")
        write_onnx(Colorizer(gan.colorizer), run / "network.onnx", {})
        (run / "metrics.csv").write_text("epoch,step,l1,seconds\n1,2,0.5,3.0\n2,4,0.25,3.0\n", encoding="utf-8")
        self.gan, self.run = gan, run
        self.contents = {name: (run / name).read_bytes() for name in FILES}

    def trial(self, rng):
        name = FILES[rng.integers(len(FILES))]
        run, evil = self.folder / "mutated", self.folder / "evil"
        shutil.copytree(self.run, run)
        wicked = rng.random() < 0.2 and name in WICKED
        content = self.contents[name]
        makers = WICKED.get(name, ())
        (run / name).write_bytes(makers[rng.integers(len(makers))](content, evil) if wicked else mutated(content, rng))
        try:
            self.read(name, run)
            if wicked:
                return f"{name} with code in it was not refused"
        except UserError as error:
            if "\n" in str(error):
                return f"{name}: no sentence: {error}"
        finally:
            others = {other: (run / other).read_bytes() for other in FILES if other != name}
            has_run = evil.exists()
            evil.unlink(missing_ok=True)
            shutil.rmtree(run)
        if any(content != self.contents[other] for other, content in others.items()):
            return f"reading a mutated {name} changed another file"
        return f"{name} ran code" if has_run else None

    def read(self, name, run):
        """Read a run's file as the commands do."""
        from experiments.support.runs import (
            flowers_of_runs,
            is_finished,
            opened_colorizer,
            read_config,
            read_metrics,
            require_comparable,
        )
        from models.checkpoints import Checkpoints

        if name == "config.json":
            read_config(run)
            is_finished(run)
            flowers_of_runs(require_comparable([run]))
        elif name == "metrics.csv":
            read_metrics(run / name)
        elif name.endswith("last.npz"):
            Checkpoints(run / "checkpoints").restore(self.gan, say=lambda _: None)
        elif name == "generator.keras":
            opened_colorizer(run)
        else:
            opened_colorizer(run / name)


def _with_unknown_class(content, evil):
    """A .keras file one of whose layers is of a class that no one knows, or of a module of Python's own."""
    layer = {"module": "os", "class_name": "system", "registered_name": "system"}
    return _with_layer(content, layer | {"config": {"command": f"touch {evil}"}})


def _with_lambda(content, evil):
    """A .keras file one of whose layers is a function, as bytes of Python."""
    code = compile(f"open({str(evil)!r}, 'w').close() or x", "evil", "eval")
    code = base64.b64encode(marshal.dumps(code)).decode()
    function = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "registered_name": None}
    return _with_layer(content, layer | {"config": {"name": "evil", "trainable": True, "function": function}})


def _with_layer(content, changed):
    """A .keras file whose second layer is changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == "config.json":
                config = json.loads(data)
                config["config"]["layers"][1] |= changed
                data = json.dumps(config).encode()
            new.writestr(entry, data)
    return stream.getvalue()


def _pickled(content, evil):
    """An .npz file with an object in it, which would be made by code."""
    stream = io.BytesIO()
    with np.load(io.BytesIO(content)) as arrays:
        values = dict(arrays)
    name = sorted(values)[0]
    np.savez(stream, **values | {name: np.array([_Maker(str(evil))], dtype=object)})
    return stream.getvalue()


class _Maker:
    """What makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return _make, (self.path,)


def _make(path):
    open(path, "w").close()  # noqa: PTH123


WICKED = {
    "generator.keras": (_with_unknown_class, _with_lambda),
    "packed.npz": (_pickled,),
    "checkpoints/last.npz": (_pickled,),
}
