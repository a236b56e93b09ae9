"""Print the objective's terms of a checkpoint for a batch; run by a test under another backend.

python objective_terms.py CHECKPOINTS BATCH.npz OPTIONS_JSON
"""

import json
import sys

import numpy as np
from keras import ops

from models import CycleGAN
from models.checkpoints import Checkpoints

checkpoints, batch, options = sys.argv[1:]
gan = CycleGAN(**json.loads(options))
Checkpoints(checkpoints).restore(gan)
with np.load(batch) as arrays:
    gray, color = arrays["gray"], arrays["color"]
terms = gan.objective(gray, color, gan(gray, training=True))
values = {name: float(ops.convert_to_numpy(value).item()) for name, value in terms.items()}
gan.fit(gray, color, batch_size=2, verbose=0)
print(json.dumps(values))
