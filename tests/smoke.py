"""What must work with the wheel and NumPy alone."""

import math
import pickle

import numpy as np

import bcekit as bk

x = np.array([[0.5, 0.4, 0.3], [0.3, 0.2, 0.5]])
t = np.array([[0, 1, 0], [1, 0, 0]], dtype=np.int8)
loss, grad = bk.binary_cross_entropy_with_logits_value_and_grad(x, t)
assert round(float(loss), 4) == 0.7780
assert np.allclose(grad, (bk.sigmoid(x) - t) / 6, rtol=1e-14)
assert math.isclose(bk.binary_cross_entropy(bk.sigmoid(x), t), loss, rel_tol=1e-14)
assert pickle.loads(pickle.dumps(bk.BCEWithLogitsLoss(pos_weight=2.0)))(x, t) > loss
many = np.linspace(-50, 50, 2_000_001, dtype=np.float32)
with bk.threads(1):
    one = bk.binary_cross_entropy_with_logits(many, 1)
assert one == bk.binary_cross_entropy_with_logits(many, 1)
print("bcekit", bk.__version__, "on NumPy", np.__version__, "works")
