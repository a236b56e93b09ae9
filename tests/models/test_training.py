"""The train loop: exact resume, what it leaves behind, and how it ends."""

import csv
import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import UserError
from data_loader.files import Interrupted, NonFinite, only_process_in, replacing, write_text
from models.checkpoints import Checkpoints, Progress
from models.colorizing import generators_of, load_network
from tests.conftest import PROJECT
from tests.models.objective_terms import QUICK_COMPILATION
from tests.models.older_checkpoints import forget_option

# The 12 pictures give 9 to train on: 3 steps an epoch, none of them short, as another size compiles again.
TRAINING = {"epochs": 2, "batch_size": 3}
FALLING = {"lr_decay": "linear"}
MATCHED = {
    "output": "chroma",
    "match_colorfulness": 0.9,
    "match_contrast": True,
    "half_chroma": True,
    "keep_luma": True,
}
PRETRAINED = {"image_size": 32, "generator": "pretrained", "lambda_cycle": 0.0, "ema": 0.9, "keep_luma": True}
PRETRAINED |= {"discriminator": "projected", "discriminator_filters": 4, "match_colorfulness": 0.9}
PIX2PIX = {"image_size": 64, "generator_filters": 2, "discriminator_filters": 2}


def start(photo_folder, cases, backend):
    """A process that trains `cases`, as training_process.py takes them."""
    script = Path(__file__).with_name("training_process.py")
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(PROJECT)} | QUICK_COMPILATION
    command = [sys.executable, script, photo_folder, json.dumps(cases)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)


def kill_in_the_middle(process, run_dir):
    """SIGKILL once the second checkpoint of `run_dir` is there: after the second of the six steps or a little later."""
    deadline = time.monotonic() + 240
    while not (run_dir / "checkpoints" / "previous.npz").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    with np.load(run_dir / "checkpoints" / "last.npz") as arrays:
        assert '"step": 6' not in str(arrays["facts"])


def state(run_dir):
    with np.load(run_dir / "checkpoints" / "last.npz") as arrays:
        return {name: arrays[name] for name in arrays.files if name != "facts"}


def table(file):
    with file.open() as stream:
        return list(csv.DictReader(stream))


def losses(run_dir):
    rows = table(run_dir / "metrics.csv")
    return [{name: row[name] for name in row if name not in ("seconds", "images_per_second")} for row in rows]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_killed_run_ends_with_the_same_bits_as_one_that_was_not(photo_folder, tmp_path, tiny, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: make test EXTRAS={backend}")
    generators = {option: value for option, value in tiny.items() if option != "discriminator"}
    cases = {
        "CycleGAN": (tiny, {}),
        # With everything that a run may carry along: an average, past fakes, noise, dropout, a falling rate.
        "CapsuleCycleGAN": (generators | {"discriminator_filters": 8, "ema": 0.9, "pool_size": 3}, {}),
        "StochasticCycleGAN": (tiny | {"paired_weight": 1.0, "paired_fraction": 0.5, "ema": 0.9} | MATCHED, {}),
        "Pix2Pix": (PIX2PIX, FALLING),
        "CycleGAN one way": (PRETRAINED, FALLING | {"zoom": 0.3, "exposure": 0.2}),
    }
    broken_off = []
    for name in cases if backend == "tensorflow" else ["StochasticCycleGAN"]:
        options, training = cases[name]
        whole, broken = (tmp_path / name / kind for kind in ("whole", "broken"))
        run = (name, options, TRAINING | training)
        kill_in_the_middle(start(photo_folder, [(*run, [str(whole), str(broken)])], backend), broken)
        broken_off.append((*run, [str(broken)]))
    assert start(photo_folder, broken_off, backend).wait(480) == 0
    for name, *_ in broken_off:
        whole, broken = (tmp_path / name / kind for kind in ("whole", "broken"))
        expected, resumed = state(whole), state(broken)
        assert len(expected) > 50
        assert expected.keys() == resumed.keys()
        for array, value in expected.items():
            assert (value == resumed[array]).all(), (name, array)
        assert losses(whole) == losses(broken), name
        assert len(losses(whole)) == 2


def test_a_file_that_is_replaced_is_there_at_every_moment(tmp_path, monkeypatch):
    file, previous = tmp_path / "last.txt", tmp_path / "previous.txt"
    write_text(file, "1")
    replace = os.replace

    def replace_and_look(old, new):
        assert file.exists()
        replace(old, new)
        assert file.exists()

    monkeypatch.setattr(os, "replace", replace_and_look)
    for number in "23":
        with replacing(file, previous) as scratch:
            scratch.write_text(number)
    assert (file.read_text(), previous.read_text()) == ("3", "2")
    assert len(list(tmp_path.iterdir())) == 2


def test_two_that_write_one_file_do_not_mix_their_bytes(tmp_path):
    file = tmp_path / "shared.txt"
    with replacing(file) as outer, replacing(file) as inner:
        outer.write_text("outer")
        inner.write_text("inner")
    assert file.read_text() == "outer"
    with pytest.raises(RuntimeError), replacing(file) as scratch:
        scratch.write_text("half of it")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["shared.txt"]


@pytest.fixture
def trained(toy, tiny_flowers, tmp_path):
    gan = toy()
    step = gan.train(tiny_flowers, tmp_path / "run", epochs=1, batch_size=4, sample_interval=2)
    return gan, step, tmp_path / "run"


def test_a_run_leaves_its_record_and_goes_on(trained, toy, tiny_flowers):
    gan, step, run = trained
    steps = -(-int((tiny_flowers.split_of == "train").sum()) // 4)
    assert step == steps
    assert {path.name for path in run.iterdir()} == {
        ".lock",
        "checkpoints",
        "config.json",
        "generator.keras",
        "generators",
        "metrics.csv",
        "samples",
        "trace.csv",
    }
    assert {path.name for path in (run / "samples").iterdir()} == {f"001_{n:06d}.png" for n in {2, steps}}
    rows = table(run / "trace.csv")
    assert [row["step"] for row in rows] == ["2", str(steps)]
    assert list(rows[0]) == ["step", "over_pictures", "within_pictures", *gan.terms, "loss"]
    assert -1 <= float(rows[0]["within_pictures"]) <= 1
    row = losses(run)[0]
    assert list(row) == ["epoch", "step", *gan.terms, "loss"]
    assert float(row["loss"]) == pytest.approx(sum(float(row[term]) for term in gan.terms), rel=1e-5)
    colorizer = keras.models.load_model(run / "generator.keras")
    gray = np.zeros((1, 32, 32, 1), "float32")
    assert (ops.convert_to_numpy(colorizer(gray)) == ops.convert_to_numpy(gan.colorizer(gray))).all()
    # Done is done; more epochs go on, and a limit of steps counts for the run, not for the call.
    again = toy()
    assert again.train(tiny_flowers, run, epochs=1, batch_size=4) == steps
    assert again.train(tiny_flowers, run, epochs=9, batch_size=4, max_steps=steps + 1) == steps + 1
    assert len(losses(run)) == 1
    assert generators_of(run) == [run / "generators" / "epoch_001.keras"]
    with pytest.raises(UserError, match="--batch-size 4, which cannot change"):
        again.train(tiny_flowers, run, epochs=9, batch_size=2)


def test_where_a_run_goes_on_on_another_machine_its_record_tells_both(trained, toy, tiny_flowers):
    _, _, run = trained
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    here = config["made_with"]
    assert "then" not in here
    config["made_with"] = here | {"accelerator": True, "cpus": 16, "backend": "another"}
    (run / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for epochs in (2, 3):
        toy().train(tiny_flowers, run, epochs=epochs, batch_size=4)
        told = json.loads((run / "config.json").read_text(encoding="utf-8"))["made_with"]
        assert (told["accelerator"], told["cpus"], told["backend"]) == (True, 16, "another")
        assert told["then"] == {name: here[name] for name in ("backend", "cpus", "accelerator")}


def test_the_colorizers_of_the_last_three_epochs_are_kept(trained, tiny_flowers):
    gan, _, run = trained
    first = gan.colorizer.get_weights()
    gan.train(tiny_flowers, run, epochs=3, batch_size=4)
    assert [file.name for file in generators_of(run)] == [f"epoch_00{epoch}.keras" for epoch in (1, 2, 3)]
    kept = load_network(run, file=generators_of(run)[0]).get_weights()
    assert all((now == then).all() for now, then in zip(kept, first, strict=True))
    assert (run / "generators" / "epoch_003.keras").read_bytes() == (run / "generator.keras").read_bytes()
    gan.train(tiny_flowers, run, epochs=4, batch_size=4)
    assert [file.name for file in generators_of(run)] == [f"epoch_00{epoch}.keras" for epoch in (2, 3, 4)]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(trained, toy, tiny_flowers, capsys):
    gan, step, run = trained
    gan.train(tiny_flowers, run, epochs=2, batch_size=4)
    last = run / "checkpoints" / "last.npz"
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 255
    last.write_bytes(content)
    progress = Checkpoints(run / "checkpoints").restore(toy())
    assert progress.step == step
    assert "last.npz is damaged" in capsys.readouterr().out
    assert (run / "checkpoints" / "damaged-last.npz").exists()
    # An archive of a version to come, which Python's zipfile says in a way of its own.
    content = bytearray((run / "checkpoints" / "previous.npz").read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 84
    (run / "checkpoints" / "previous.npz").write_bytes(content)
    # The second time, too, and where it is empty: a run does not start over by itself.
    for number in range(3):
        if number == 2:
            (run / "checkpoints" / "previous.npz").write_bytes(b"")
        with pytest.raises(UserError, match="--fresh"):
            Checkpoints(run / "checkpoints").restore(toy())


def test_a_checkpoint_of_another_shape_is_refused(trained, toy):
    _, _, run = trained
    with pytest.raises(UserError, match="belongs to a Toy of another shape"):
        Checkpoints(run / "checkpoints").restore(toy(filters=8))


def test_a_loss_that_is_not_finite_stops_the_run_by_name(toy, tiny_flowers, tmp_path):
    gan = toy(weight=1e39)
    with pytest.raises(NonFinite, match=r"loss term l1 is inf at step 1\. There is no checkpoint"):
        gan.train(tiny_flowers, tmp_path, epochs=1)


def test_a_checkpoint_that_tells_no_precision_was_of_float32(trained, toy, tiny_flowers):
    _, _, run = trained
    forget_option(run, "precision")
    (run / "config.json").unlink()
    other = toy()
    other.precision = "mixed_bfloat16"
    with pytest.raises(UserError, match="--precision float32, which cannot change"):
        other.train(tiny_flowers, run, epochs=2, batch_size=4)
    assert toy().train(tiny_flowers, run, epochs=1, batch_size=4) == 3


def test_weights_that_are_not_finite_are_not_saved(toy, tmp_path):
    gan = toy()
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(gan, Progress(step=3))
    gan.trainable_variables[0].assign(np.full(gan.trainable_variables[0].shape, np.nan))
    with pytest.raises(NonFinite, match="after step 4"):
        checkpoints.save(gan, Progress(step=4))
    assert checkpoints.restore(gan).step == 3


def test_sigterm_ends_the_run_after_a_checkpoint(toy, tiny_flowers, tmp_path):
    class Signal:
        """Stands for a person: sends the signal when the second batch is asked for."""

        sent = False

    gan = toy()
    original = gan.objective

    def objective(*images):
        if not Signal.sent:
            Signal.sent = True
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*images)

    gan.objective = objective
    with pytest.raises(Interrupted) as caught:
        gan.train(tiny_flowers, tmp_path, epochs=50)
    assert caught.value.signal_number == signal.SIGTERM
    assert Checkpoints(tmp_path / "checkpoints").restore(gan).step == caught.value.step < 50
    assert (tmp_path / "generator.keras").exists()


def test_batches_come_in_their_order(toy, tiny_flowers, monkeypatch):
    from data_loader import Batches

    asked, batch = [], Batches.batch
    monkeypatch.setattr(Batches, "batch", lambda self, step: asked.append(step) or batch(self, step))
    toy().train(tiny_flowers, epochs=2, batch_size=3)
    assert asked == list(range(6))


class Noted(keras.callbacks.Callback):
    """Notes every hook that it is called by, with the losses that it is told."""

    def __init__(self):
        super().__init__()
        self.calls, self.losses = [], []
        for hook in ("train_begin", "train_end", "epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end"):
            setattr(self, f"on_{hook}", self.noting(hook))

    def noting(self, hook):
        def note(*arguments, logs=None):
            *position, logs = arguments if arguments and not isinstance(arguments[-1], int) else (*arguments, logs)
            self.calls.append((hook, *position))
            self.losses += [logs["loss"]] if logs else []

        return note


def test_callbacks_are_called_as_fit_calls_them(toy, tiny_flowers):
    ours, fits, gan = Noted(), Noted(), toy()
    gan.train(tiny_flowers, epochs=2, batch_size=3, callbacks=[ours])
    assert ours.model is gan
    assert ours.params == {"verbose": 0, "epochs": 2, "steps": 3}
    # The same photographs in the same order by Keras' own loop.
    from data_loader import Batches

    batches, other = Batches(tiny_flowers.split("train"), 3), toy()

    class Epoch(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, position):
            return (other.batch(batches, 3 * fits.calls.count(("epoch_end", 0)) + position),)

    for epoch in range(2):
        other.fit(Epoch(), initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0, callbacks=[fits])
    # Two calls of `fit` begin and end twice.
    middle = fits.calls.index(("train_end",))
    assert ours.calls == fits.calls[:middle] + fits.calls[middle + 2 :]
    assert len(ours.losses) == 9
    # Means over the epoch so far.
    assert ours.losses[:4] == pytest.approx(fits.losses[:4], rel=1e-5)


def test_a_callback_may_stop_the_training_and_the_run_goes_on_later(toy, tiny_flowers, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    gan = toy()
    assert gan.train(tiny_flowers, tmp_path, epochs=2, batch_size=3, callbacks=[Stop()]) == 2
    assert Checkpoints(tmp_path / "checkpoints").restore(gan).step == 2
    assert gan.train(tiny_flowers, tmp_path, epochs=2, batch_size=3) == 6


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_callback_may_stop_an_epoch_before_its_first_step(epoch, toy, tiny_flowers, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, number, logs=None):
            self.model.stop_training = number == epoch

    gan = toy()
    assert gan.train(tiny_flowers, tmp_path, epochs=2, batch_size=3, callbacks=[Stop()]) == 3 * epoch
    assert len(losses(tmp_path)) == epoch if epoch else not (tmp_path / "metrics.csv").exists()
    assert gan.train(tiny_flowers, tmp_path, epochs=2, batch_size=3) == 6


def test_what_a_callback_changes_at_the_end_of_an_epoch_is_saved(toy, tiny_flowers, tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2

    toy(learning_rate=0.5).train(tiny_flowers, tmp_path, epochs=1, batch_size=3, callbacks=[Halve()])
    resumed = toy(learning_rate=0.5)
    Checkpoints(tmp_path / "checkpoints").restore(resumed)
    assert float(resumed.optimizer.learning_rate) == 0.25


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="Keras' TensorBoard needs TensorFlow")
def test_tensorboard_writes_its_event_file(toy, tiny_flowers, tmp_path):
    board = keras.callbacks.TensorBoard(tmp_path / "logs")
    toy().train(tiny_flowers, epochs=1, batch_size=3, callbacks=[board])
    (events,) = (tmp_path / "logs" / "train").glob("events.out.tfevents.*")
    assert b"epoch_l1" in events.read_bytes()


def test_images_of_another_size_are_refused(toy, tiny_flowers):
    with pytest.raises(UserError, match="32 pixels and the model takes 64"):
        toy(image_size=64).train(tiny_flowers)


def test_without_a_run_directory_nothing_is_written(toy, tiny_flowers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert toy().train(tiny_flowers, max_steps=2) == 2
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_killed_before_its_last_fit_is_not_taken_for_finished(toy, tiny_flowers, tmp_path, monkeypatch):
    killed = toy()
    monkeypatch.setattr(killed, "after_epoch", lambda batches: sys.exit("as if killed"))
    settings = {"batch_size": 4, "max_steps": 2, "checkpoint_interval": 1, "sample_interval": 0}
    with pytest.raises(SystemExit):
        killed.train(tiny_flowers, tmp_path, **settings)
    fitted, again = [], toy()
    monkeypatch.setattr(again, "after_epoch", lambda batches: fitted.append(batches))
    assert again.train(tiny_flowers, tmp_path, **settings) == 2
    assert fitted


def test_a_run_that_is_killed_before_its_last_samples_has_them_after_the_next_call(trained, toy, tiny_flowers):
    _, step, run = trained
    first, last = sorted((run / "samples").iterdir())
    drawn, written = last.read_bytes(), first.stat().st_mtime_ns
    last.unlink()
    assert toy().train(tiny_flowers, run, epochs=1, batch_size=4) == step
    assert (last.read_bytes(), first.stat().st_mtime_ns) == (drawn, written)


def test_metrics_that_cannot_be_read_are_kept_aside(trained, tiny_flowers, capsys):
    gan, _, run = trained
    (run / "metrics.csv").write_bytes(b"epoch,step\n\xff\x00,?\n")
    gan.train(tiny_flowers, run, epochs=2, batch_size=4)
    assert "is now metrics-damaged.csv" in capsys.readouterr().err
    assert (run / "metrics-damaged.csv").read_bytes().startswith(b"epoch,step")
    assert [row["epoch"] for row in losses(run)] == ["2"]


def test_what_another_run_left_is_drawn_over_and_its_trace_kept_aside(toy, tiny_flowers, tmp_path, capsys):
    (tmp_path / "samples").mkdir()
    left = tmp_path / "samples" / "001_000002.png"
    left.write_bytes(b"of another run")
    gan = toy()
    columns = ",".join(["step", "over_pictures", "within_pictures", *gan.terms, "loss"])
    for number, text in enumerate(("step,foo\n1,7\n", f"{columns}\n1{',0' * columns.count(',')},5\n", "\n"), 2):
        (tmp_path / "trace.csv").write_text(text)
        gan.train(tiny_flowers, tmp_path, batch_size=4, sample_interval=1, max_steps=number)
        assert "is now trace-damaged.csv" in capsys.readouterr().err
        assert table(tmp_path / "trace.csv")[-1]["step"] == str(number)
    assert left.read_bytes().startswith(b"\x89PNG")


def test_a_full_disk_loses_no_checkpoint(trained, toy, tiny_flowers, monkeypatch):
    gan, _, run = trained
    before = (run / "checkpoints" / "last.npz").read_bytes()

    def no_room(file, **arrays):
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", no_room)
    with pytest.raises(OSError, match=r"No space left.*last.npz"):
        gan.train(tiny_flowers, run, epochs=2, batch_size=4)
    assert (run / "checkpoints" / "last.npz").read_bytes() == before
    assert {path.name for path in (run / "checkpoints").iterdir()} == {"last.npz"}


def test_two_trainings_do_not_share_a_run_directory(trained, tiny_flowers):
    gan, _, run = trained
    with only_process_in(run), pytest.raises(UserError, match=r"another process is training in .*run"):
        gan.train(tiny_flowers, run, epochs=2, batch_size=4)


def test_without_locks_it_trains_with_a_warning(toy, tiny_flowers, tmp_path, monkeypatch, capsys):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    toy().train(tiny_flowers, tmp_path, max_steps=1, batch_size=4, sample_interval=0)
    assert capsys.readouterr().err.count("has no locks, so") == 1
