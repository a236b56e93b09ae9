"""Train the paper's conditional GAN, pix2pix (sections 3.5 and 4.4): it learns from pairs, to compare with.

python experiments/pix2pix.py                                   100 epochs, dropout as noise
python experiments/pix2pix.py --preset released                 256 pixels and no noise, as the published code ran
python experiments/pix2pix.py --preset best                     our own recipe, on a pretrained network
python experiments/pix2pix.py --preset quick                    64 pixels, small networks: minutes
python experiments/colorize.py RUN_DIR photo.jpg --samples 4    four colourings, by dropout (not of best and released)
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments import run_script
from experiments.support.training_command import train

if __name__ == "__main__":
    run_script(train, "pix2pix", __doc__)
