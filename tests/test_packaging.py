"""Commands, installed by pip or in a bare checkout, run from any folder, whatever other packages are there."""

import configparser
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from tests.conftest import PROJECT

ROOMS = ("data_loader", "models", "evaluation", "experiments")
COMMANDS = ("train", "colorize", "app", "evaluate", "export", "figures", "reproduce", "benchmark")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder as pip fills it: the wheel, unpacked."""
    if not all(importlib.util.find_spec(name) for name in ("setuptools", "wheel")):
        pytest.skip("setuptools and wheel are not here to build with")
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in ROOMS:
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "requirements.txt", "README.md", "flower_colorization.py"):
        shutil.copy(PROJECT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, source]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = folder.glob("flower_colorization-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def crowded(tmp_path):
    """A working folder with packages of others that are named like ours."""
    for name in ROOMS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('this is the wrong package')")
    return tmp_path


def run(*command, cwd, first=()):
    """Run Python in a folder that, after those in `first`, is where it looks for packages."""
    path = os.pathsep.join(map(str, (*first, cwd)))
    words = [sys.executable, *map(str, command)]
    return subprocess.run(words, cwd=cwd, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)


def call(command, *words, cwd, installed):
    """Run an installed command as its console script does."""
    entry = "import sys, flower_colorization; sys.argv.pop(0); flower_colorization.main()"
    return run("-c", entry, command, *words, cwd=cwd, first=(cwd, installed))


def test_every_command_of_the_wheel_teaches(installed, crowded):
    commands = configparser.ConfigParser()
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    commands.read(entry_points, encoding="utf-8")
    names = dict(commands["console_scripts"])
    assert set(names) == {f"flowers-{name}" for name in COMMANDS}
    for name in names:
        done = call(name, "--help", cwd=crowded, installed=installed)
        assert done.returncode == 0, done.stderr
        assert f"{name} " in done.stdout
        assert "python experiments/" not in done.stdout


def test_the_tables_of_the_splits_come_along(installed):
    for file in (PROJECT / "data_loader").glob("*.csv"):
        assert (installed / "data_loader" / file.name).read_bytes() == file.read_bytes()


def test_training_is_taught_by_system(installed, crowded):
    done = call("flowers-train", "pix2pix", "--help", cwd=crowded, installed=installed)
    assert "usage: flowers-train pix2pix" in done.stdout
    assert "flowers-train pix2pix --preset quick" in done.stdout
    wrong = call("flowers-train", "vgg", cwd=crowded, installed=installed)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "use one of cyclegan, capsule_cyclegan, stochastic_cyclegan, pix2pix" in wrong.stderr


def test_an_installed_colorizer_colours_a_photo_and_runs_go_to_the_working_folder(installed, crowded):
    Image.new("RGB", (40, 40), "gray").save(crowded / "rose.png")
    done = call("flowers-colorize", "rose.png", cwd=crowded, installed=installed)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split() == ["rose-color.png"]
    code = "import flower_colorization, experiments; print(experiments.RESULTS.resolve())"
    assert run("-c", code, cwd=crowded, first=(crowded, installed)).stdout.strip() == str(crowded / "results")


@pytest.mark.parametrize("script", ["cyclegan", "evaluate"])
def test_a_script_of_a_checkout_takes_its_own_packages(script, crowded):
    done = run(PROJECT / "experiments" / f"{script}.py", "--help", cwd=crowded)
    assert done.returncode == 0, done.stderr[-500:]
    code = "import flower_colorization, experiments; print(experiments.RESULTS)"
    first = run("-c", code, cwd=crowded, first=(crowded, PROJECT))
    assert first.stdout.strip() == str(PROJECT / "results"), first.stderr[-500:]
