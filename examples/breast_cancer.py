"""Logistic regression on real data: bcekit for the loss and its gradient, SciPy for the search.

A linear model w.x + b gives one logit per tumour, and binary cross-entropy on logits says how bad those logits are.
One call gives the loss and its derivative by every logit, which is all that L-BFGS needs. Where scikit-learn is
installed the result is checked against its own logistic regression, and the exit status says whether they agree.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from _common import (
    BLUE,
    Bin,
    Bools,
    Floats,
    argument_parser,
    calibration,
    count,
    draw_calibration,
    dress_calibration,
    new_figure,
    positive,
    print_table,
    read_table,
    save,
    stratified_split,
)
from scipy.optimize import OptimizeResult, minimize
from tqdm import tqdm

import bcekit

TOLERANCE = 1e-4  # how far from scikit-learn a held-out probability or a coefficient may be


def objective(parameters: Floats, features: Floats, label: Bools, l2: float) -> tuple[float, Floats]:
    """The regularised loss of ``parameters`` (one weight per feature, then the intercept) and its gradient."""
    weights, intercept = parameters[:-1], parameters[-1]
    logits = features @ weights + intercept
    # `slope[i]` is d(mean loss)/d(logits[i]). The labels are booleans and are read as they are.
    loss, slope = bcekit.binary_cross_entropy_with_logits_value_and_grad(logits, label)
    # The chain rule through logits = features @ weights + intercept. The intercept is not regularised.
    gradient = np.append(features.T @ slope + l2 * weights, slope.sum())
    return float(loss) + 0.5 * l2 * float(weights @ weights), gradient


def fit(features: Floats, label: Bools, l2: float, max_iterations: int) -> tuple[Floats, list[float]]:
    """Minimise the objective by L-BFGS from zero; return the parameters and the objective after each iteration."""
    start = np.zeros(features.shape[1] + 1)
    history = [objective(start, features, label, l2)[0]]
    with tqdm(desc="L-BFGS", unit=" iterations") as progress:

        def report(intermediate_result: OptimizeResult) -> None:  # SciPy goes by this argument's name
            history.append(float(intermediate_result.fun))
            progress.set_postfix_str(f"objective {history[-1]:.6f}", refresh=False)
            progress.update()

        # Tight tolerances: the loss is exact to the last bits, so the search may go on until nothing is left.
        options = {"maxiter": max_iterations, "ftol": 1e-14, "gtol": 1e-8}
        found = minimize(
            objective, start, (features, label, l2), "L-BFGS-B", jac=True, callback=report, options=options
        )
    print(f"stopped after {found.nit} iterations: {found.message}")
    return found.x, history


def agrees_with_scikit_learn(
    parameters: Floats, train: tuple[Floats, Bools], held_out: Floats, probability: Floats, l2: float
) -> bool:
    """Fit the same model with scikit-learn, by another algorithm, and compare; True also where it is absent."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ModuleNotFoundError:
        print("scikit-learn is not installed: the comparison with it was left out")
        return True
    features, label = train
    # scikit-learn minimises C * sum(losses) + |w|^2 / 2; ours is that divided by C * n, with C = 1 / (l2 * n).
    peer = LogisticRegression(C=1 / (l2 * label.size), solver="newton-cholesky", tol=1e-10, max_iter=1000)
    peer.fit(features, label)
    theirs: Any = np.append(peer.coef_, peer.intercept_)
    by_coefficient = float(np.abs(parameters - theirs).max())
    by_probability = float(np.abs(probability - peer.predict_proba(held_out)[:, 1]).max())
    agree = max(by_coefficient, by_probability) <= TOLERANCE
    print(
        f"{'agrees' if agree else 'DISAGREES'} with scikit-learn: largest difference {by_coefficient:.1e} in a "
        f"coefficient, {by_probability:.1e} in a held-out probability (tolerance {TOLERANCE:.0e})"
    )
    return agree


def draw(history: list[float], bins: list[Bin], options: argparse.Namespace) -> None:
    """Draw the loss curve and the calibration plot."""
    figure, (left, right) = new_figure(2, width=10)
    left.plot(history, color=BLUE, marker=".", lw=1.5)
    left.set(yscale="log", xlabel="L-BFGS iteration", ylabel="training objective (mean loss + L2 term)")
    left.set(title="Training")
    draw_calibration(right, bins, label="held-out rows, 95 % interval", colour=BLUE)
    for b in bins:
        right.annotate(f"{b.rows} rows", (b.predicted, b.observed), (6, -11), textcoords="offset points", fontsize=8)
    dress_calibration(right, "Calibration on held-out rows")
    figure.suptitle("Breast Cancer Wisconsin (Diagnostic): L2-regularised logistic regression")
    save(figure, options.output)


def main(arguments: list[str] | None = None) -> int:
    """Run the example; the exit status is 1 if scikit-learn is installed and disagrees."""
    parser = argument_parser(__doc__, output="breast_cancer.png")
    parser.add_argument("--l2", type=positive, default=0.01, help="strength of the L2 regularisation")
    parser.add_argument("--max-iterations", type=count, default=1000, help="most iterations of L-BFGS")
    parser.add_argument("--bins", type=count, default=5, help="bins of the calibration table")
    options = parser.parse_args(arguments)

    features, classes = read_table("breast_cancer.csv")
    malignant = classes == 1
    test = stratified_split(classes, options.held_out, np.random.default_rng(options.seed))
    # Standardise by the training rows alone: the held-out ones must not leak into the model.
    features = (features - features[~test].mean(axis=0)) / features[~test].std(axis=0)
    train = features[~test], malignant[~test]
    held_out, label = features[test], malignant[test]
    print(f"{train[1].size} rows to train on, {label.size} held out, {label.mean():.0%} malignant in both")

    parameters, history = fit(*train, options.l2, options.max_iterations)

    # The loss is taken from the logits, never from the probabilities: sigmoid(40) is exactly 1 in float64, and its
    # logarithm has forgotten how sure, or how wrong, the model was.
    logits = held_out @ parameters[:-1] + parameters[-1]
    probability = bcekit.sigmoid(logits)
    log_loss = float(bcekit.binary_cross_entropy_with_logits(logits, label))
    # What the best constant answer, the share of malignant rows, would have scored.
    constant = bcekit.logit(train[1].mean())
    baseline = float(bcekit.binary_cross_entropy_with_logits(np.full_like(logits, constant), label))
    print(f"held-out log loss: {log_loss:.4f} (a constant prediction: {baseline:.4f})")
    print(f"held-out accuracy: {np.mean((logits > 0) == label):.4f}")

    bins = calibration(probability, label, options.bins)
    print_table(
        "calibration on the held-out rows",
        ["predicted", "rows", "mean predicted", "observed share", "95 % interval"],
        (
            (
                f"{b.lower:.2f} to {b.upper:.2f}",
                f"{b.rows}",
                f"{b.predicted:.3f}",
                f"{b.observed:.3f}",
                f"{b.low:.3f} to {b.high:.3f}",
            )
            for b in bins
        ),
    )
    print()
    agree = agrees_with_scikit_learn(parameters, train, held_out, probability, options.l2)
    draw(history, bins, options)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
