"""Train the paper's stochastic CycleGAN (sections 3.3 and 4.3): noise in the generator's normalisations.

python experiments/stochastic_cyclegan.py                       Gaussian noise, as the text says
python experiments/stochastic_cyclegan.py --noise uniform       noise as in the published code
python experiments/stochastic_cyclegan.py --preset quick        64 pixels, small networks: minutes
python experiments/stochastic_cyclegan.py --preset best --init flowers      several colours, learned from pairs
python experiments/colorize.py RUN_DIR photo.jpg --samples 4    four colourings of a photograph

The sample grids show three draws of the noise a row. The paper found them all the same, by its objective.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments import run_script
from experiments.support.training_command import train

if __name__ == "__main__":
    run_script(train, "stochastic_cyclegan", __doc__)
