"""Train the paper's CycleGAN (sections 3.1, 3.2 and 4.1) to colour gray photographs, learned without pairs.

python experiments/cyclegan.py                             Oxford-17 as in the paper: days on a CPU
python experiments/cyclegan.py --preset quick              64 pixels, small networks: minutes
python experiments/cyclegan.py --preset released           what the published code ran
python experiments/cyclegan.py --cycle-loss l2 --run-dir results/runs/l2    the claim that L2 turns monochrome
python experiments/cyclegan.py --preset best               our own recipe, where it goes beyond the paper
python experiments/cyclegan.py --discriminator patch-capsule                capsules with a patch output (section 5)
python experiments/cyclegan.py --paired-weight 10 --paired-fraction 0.1     a tenth of the pairs is known (section 5)
python experiments/cyclegan.py --dataset ~/pictures/roses  your own photographs
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments import run_script
from experiments.support.training_command import train

if __name__ == "__main__":
    run_script(train, "cyclegan", __doc__)
