"""Several yes/no questions about each picture at once, with a weight for the rare answers.

Each 8 by 8 picture of a handwritten digit gets five labels: is it a zero, is it prime, and so on. A linear model gives
one logit per question, and one call gives the loss and all its derivatives. Some answers are rare; `pos_weight`, one
number per question, makes the rare positives count as much as the negatives. That trades precision for recall and bends
the probabilities; subtracting log(pos_weight) from the logits bends them back.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _common import (
    BLUE,
    GREEN,
    ORANGE,
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

#: The questions, and the digits for which the answer is yes.
QUESTIONS = {
    "zero": {0},
    "prime": {2, 3, 5, 7},
    "even": {0, 2, 4, 6, 8},
    "closed loop": {0, 6, 8, 9},
    "square": {1, 4, 9},
}


class Scores(NamedTuple):
    """How well one question is answered on held-out rows."""

    log_loss: float
    precision: float
    recall: float


def objective(
    flat: Floats, features: Floats, labels: Bools, l2: float, pos_weight: Floats | None
) -> tuple[float, Floats]:
    """The regularised loss of the parameters (features and an intercept by questions) and its gradient."""
    parameters = flat.reshape(features.shape[1] + 1, labels.shape[1])
    weights, intercept = parameters[:-1], parameters[-1]
    # `labels` are booleans and `pos_weight` has one number per column: both broadcast to the logits, without a copy.
    loss, slope = bcekit.binary_cross_entropy_with_logits_value_and_grad(
        features @ weights + intercept, labels, pos_weight=pos_weight
    )
    gradient = np.vstack([features.T @ slope + l2 * weights, slope.sum(axis=0)])
    return float(loss) + 0.5 * l2 * float((weights**2).sum()), gradient.ravel()


def fit(
    features: Floats, labels: Bools, l2: float, pos_weight: Floats | None, name: str, iterations: int
) -> tuple[Floats, list[float]]:
    """Minimise the objective by L-BFGS from zero; return the parameters and the objective after each iteration."""
    start = np.zeros((features.shape[1] + 1) * labels.shape[1])
    arguments = (features, labels, l2, pos_weight)
    history = [objective(start, *arguments)[0]]
    with tqdm(desc=name, unit=" iterations") as progress:

        def report(intermediate_result: OptimizeResult) -> None:  # SciPy goes by this argument's name
            history.append(float(intermediate_result.fun))
            progress.set_postfix_str(f"objective {history[-1]:.5f}", refresh=False)
            progress.update()

        options = {"maxiter": iterations, "ftol": 1e-12, "gtol": 1e-7}
        found = minimize(objective, start, arguments, "L-BFGS-B", jac=True, callback=report, options=options)
    return found.x.reshape(features.shape[1] + 1, labels.shape[1]), history


def score(logits: Floats, labels: Bools) -> list[Scores]:
    """Evaluate every question: the log losses in one call, one per column."""
    losses = bcekit.binary_cross_entropy_with_logits(logits, labels, axis=0)
    answers = logits > 0
    right = (answers & labels).sum(axis=0)
    precision = right / np.maximum(answers.sum(axis=0), 1)
    recall = right / labels.sum(axis=0)
    return [Scores(float(a), float(b), float(c)) for a, b, c in zip(losses, precision, recall, strict=True)]


def draw(histories: dict[str, list[float]], bins: dict[str, list[Bin]], question: str, output: Path) -> None:
    """Draw the loss curves, and the calibration of one rare question with each model."""
    figure, (left, right) = new_figure(2, width=10)
    for (name, history), colour in zip(histories.items(), (BLUE, ORANGE), strict=True):
        left.plot(history, color=colour, lw=1.5, label=name)
    left.set(
        yscale="log", xlabel="L-BFGS iteration", ylabel="training objective (mean loss + L2 term)", title="Training"
    )
    left.legend(frameon=False)
    for (name, curve), colour, marker in zip(bins.items(), (BLUE, ORANGE, GREEN), "os^", strict=True):
        draw_calibration(right, curve, label=name, colour=colour, marker=marker)
    dress_calibration(right, f"Calibration of “{question}” on held-out rows")
    figure.suptitle("Handwritten digits: five labels per picture")
    save(figure, output)


def main(arguments: list[str] | None = None) -> int:
    """Run the example."""
    parser = argument_parser(__doc__, output="multilabel_digits.png")
    parser.add_argument("--l2", type=positive, default=0.003, help="strength of the L2 regularisation")
    parser.add_argument("--max-iterations", type=count, default=300, help="most iterations of L-BFGS")
    options = parser.parse_args(arguments)

    features, digits = read_table("digits.csv.gz")
    labels = np.stack([np.isin(digits, list(yes)) for yes in QUESTIONS.values()], axis=1)
    test = stratified_split(digits, options.held_out, np.random.default_rng(options.seed))
    features = features / 16.0
    train, held_out = (features[~test], labels[~test]), (features[test], labels[test])

    # As many negatives as there are to each positive: with it the positives of a question weigh as much as the rest.
    share = train[1].mean(axis=0)
    pos_weight = (1 - share) / share
    print(f"{train[1].shape[0]} rows to train on, {held_out[1].shape[0]} held out, {labels.shape[1]} labels each")

    plain, plain_history = fit(*train, options.l2, None, "without pos_weight", options.max_iterations)
    weighed, weighed_history = fit(*train, options.l2, pos_weight, "with pos_weight", options.max_iterations)
    plain_logits = held_out[0] @ plain[:-1] + plain[-1]
    weighed_logits = held_out[0] @ weighed[:-1] + weighed[-1]
    # A model trained with pos_weight believes in odds that are pos_weight times too high: take that out again.
    corrected_logits = weighed_logits - np.log(pos_weight)

    models = {"without pos_weight": plain_logits, "with pos_weight": weighed_logits, "corrected": corrected_logits}
    for name, logits in models.items():
        rows = [
            [question, f"{weight:.2f}", f"{s.log_loss:.4f}", f"{s.precision:.3f}", f"{s.recall:.3f}"]
            for question, weight, s in zip(QUESTIONS, pos_weight, score(logits, held_out[1]), strict=True)
        ]
        headings = ["label", "pos_weight", "log loss", "precision", "recall"]
        print_table(f"{name} (held-out rows)", headings, rows)
        mean = float(bcekit.binary_cross_entropy_with_logits(logits, held_out[1]))
        print(f"  held-out log loss, all labels, {name}: {mean:.4f}")

    rare = int(np.argmin(np.where(share < 0.35, np.abs(share - 0.3), 1.0)))  # rare, but with rows to look at
    bins = {
        name: calibration(bcekit.sigmoid(logits[:, rare]), held_out[1][:, rare], 5) for name, logits in models.items()
    }
    histories = {"without pos_weight": plain_history, "with pos_weight": weighed_history}
    draw(histories, bins, list(QUESTIONS)[rare], options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
