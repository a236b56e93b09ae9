"""Train the paper's CapsuleGAN-CycleGAN (sections 3.4 and 4.2): capsule discriminators on 32x32 pixels.

python experiments/capsule_cyclegan.py                          the published layers, squared error on their sigmoid
python experiments/capsule_cyclegan.py --capsule-loss bce       the claim that squared error is better
python experiments/capsule_cyclegan.py --capsule routing        routing by agreement, as in the work the paper cites
python experiments/capsule_cyclegan.py --capsule routing --capsule-loss margin
python experiments/capsule_cyclegan.py --preset quick           64 pixels, small networks: minutes

Capsules with a patch output are a discriminator of experiments/cyclegan.py: --discriminator patch-capsule.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments import run_script
from experiments.support.training_command import train

if __name__ == "__main__":
    run_script(train, "capsule_cyclegan", __doc__)
