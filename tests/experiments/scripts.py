"""Scripts as a person runs them.

`run` starts a process, as a person does. Where nothing that a process has to itself is tested, `call` runs the script
in this one, which has imported TensorFlow already.
"""

import io
import os
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest

from tests.eager import run_eagerly

PROJECT = Path(__file__).resolve().parents[2]
QUICK = ["--preset", "quick", "--image-size", "32", "--generator", "unet", "--generator-filters", "4"]
QUICK += ["--discriminator", "patch-zoo", "--discriminator-filters", "4"]
PIX2PIX = ["--preset", "quick", "--generator-filters", "2", "--discriminator-filters", "2"]


def run(script, *arguments, cwd, **environment):
    """Run a script in a process of its own."""
    command = [sys.executable, PROJECT / "experiments" / f"{script}.py", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=os.environ | environment)


def call(script, *arguments, cwd):
    """Run a script in this process, with models that train and predict step by step."""
    file = PROJECT / "experiments" / f"{script}.py"
    stdout, stderr = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
        run_eagerly(patch)
        patch.chdir(cwd)
        patch.setattr(sys, "argv", [str(file), *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(file), run_name="__main__")
    # What --precision set.
    keras.config.set_dtype_policy("float32")
    return SimpleNamespace(returncode=end.value.code, stdout=stdout.getvalue(), stderr=stderr.getvalue())
