"""What arguments may be: conversion to plain arrays, checks, and the words of every error.

The engine comes here only for what is not a plain ndarray or not a default, so that small calls stay short.
"""

from __future__ import annotations

import math
import operator
from functools import lru_cache
from numbers import Real
from typing import Any, NoReturn

import numpy as np

REDUCTIONS = ("none", "mean", "sum", "weighted_mean", "batchmean")
AXES = "an integer, a tuple of integers or None"

#: More threads than any machine has; beyond it is a slip.
MAX_COUNT = 1 << 16

#: A mask and whether it says what to leave out (numpy.ma) rather than what to keep (where=).
Masks = list[tuple[np.ndarray, bool]]


def describe(value: object) -> str:
    """What was received, in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


# -------------------------------------------------------------------- arrays


def to_array(value: Any, name: str, is_input: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a plain array and the mask that came with it."""
    if value is None:
        raise TypeError(f"{name} must be an array or a number, got None")
    mask = None
    if isinstance(value, np.ma.MaskedArray):
        mask = None if value.mask is np.ma.nomask else np.asarray(np.ma.getmaskarray(value))
        array = np.asarray(value.data)
    elif isinstance(value, np.ndarray):
        array = value.view(np.ndarray)
    else:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"{name} cannot be made an array: {error}") from None
        if is_input and not hasattr(value, "dtype") and (array.dtype.kind == "f" or array.dtype.name == "bfloat16"):
            array = array.astype(np.float64)  # lists and Python numbers count as float64, whatever they hold
    return array, mask


def bfloat16_bits(array: np.ndarray) -> np.ndarray:
    """View a bfloat16 array, which the buffer protocol cannot name, as its bits."""
    return array.view(np.dtype(np.uint16).newbyteorder(array.dtype.byteorder))


def narrowed(array: np.ndarray, name: str) -> np.ndarray:
    """Return a long double argument as float64; only the input's own precision must not be lost silently."""
    if array.dtype.kind != "f" or name not in {"target", "weight", "pos_weight", "grad_output"}:
        reject_dtype(name, array)
    with np.errstate(all="ignore"):
        return array.astype(np.float64)


def reject_dtype(name: str, array: np.ndarray) -> NoReturn:
    """Say which dtypes there are."""
    hint = ""
    if array.dtype.kind == "c":
        hint = "; a binary cross-entropy has no complex argument"
    elif array.dtype.kind == "O":
        hint = "; convert it with .astype(float) if it holds numbers"
    elif array.dtype.kind in "SU":
        hint = "; convert labels to 0 and 1 first" if name == "target" else "; convert it to numbers first"
    elif array.dtype.kind == "f":
        hint = "; convert it with .astype(np.float64)"
    raise TypeError(
        f"{name} has dtype {array.dtype}, expected a real one: bool, an integer, float16, bfloat16, float32 or "
        f"float64{hint}"
    )


def reject_shape(name: str, shape: tuple[int, ...], whole: tuple[int, ...]) -> NoReturn:
    """Say which shapes fit, and the likely remedy."""
    if math.prod(shape) == math.prod(whole):
        hint = f"reshape one of them, for instance {name}.reshape({whole})"
    elif name in {"weight", "pos_weight"} and len(shape) == 1 and shape[0] in whole:
        hint = f"for one value per class along axis {whole.index(shape[0])} pass class_axis={whole.index(shape[0])}"
    else:
        hint = "every argument broadcasts to input, which itself never grows"
    raise ValueError(f"{name} has shape {shape}, which does not broadcast to input's shape {whole}; {hint}")


def to_weight(value: Any, name: str, class_axis: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a weight as an array, its classes along `class_axis` if that is given."""
    if isinstance(value, bool | np.bool_):
        hint = "; PyTorch's size_average is reduction='mean' or 'sum' here" if name == "weight" else ""
        raise TypeError(f"{name} must be an array or a number, got {value!r}{hint}")
    array, mask = to_array(value, name, False)
    if class_axis is None or (array.ndim == 0):
        if class_axis is not None:
            check_class_axis(class_axis, x)
        return array, mask
    axis = check_class_axis(class_axis, x)
    if array.ndim != 1:
        raise ValueError(
            f"class_axis={class_axis} takes a 1-D {name}, got shape {array.shape}; reshape it or leave out class_axis"
        )
    if array.shape[0] != x.shape[axis]:
        raise ValueError(
            f"{name} has length {array.shape[0]}, but axis {class_axis} of input has length {x.shape[axis]} "
            f"(input's shape is {x.shape})"
        )
    shape = [1] * x.ndim
    shape[axis] = array.shape[0]
    return array.reshape(shape), None if mask is None else mask.reshape(shape)


def check_class_axis(class_axis: Any, x: np.ndarray) -> int:
    """Return the axis of the classes, counted from 0."""
    axis = to_index(class_axis, "class_axis")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"class_axis={axis} is out of bounds for input of {x.ndim} dimensions")
    return axis % x.ndim


def check_real(array: np.ndarray, name: str) -> None:
    """Refuse what is not a real number."""
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        reject_dtype(name, array)


def to_masks(where: Any) -> Masks:
    """Return the masks behind where=."""
    array, mask = to_array(where, "where", False)
    if array.dtype != np.bool_:
        raise TypeError(
            f"where must be boolean (True keeps an element), got dtype {array.dtype}; "
            "write for instance where=target != -1"
        )
    return [(array, False)] if mask is None else [(array, False), (mask, True)]


def masked_as(value: Any, result: Any, mask: np.ndarray | None) -> Any:
    """Return the result of a masked argument as a masked array, and that of any other as it is."""
    if not isinstance(value, np.ma.MaskedArray):
        return result
    return np.ma.MaskedArray(result, mask=np.ma.nomask if mask is None else mask.copy())


def to_grad_output(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return the upstream gradient of an unreduced loss."""
    array, mask = to_array(value, "grad_output", False)
    if mask is not None:
        raise TypeError("grad_output must be a plain array, got a masked array; pass the mask as where=")
    check_real(array, "grad_output")
    if array.ndim > len(shape):
        reject_shape("grad_output", array.shape, shape)
    return array


# ------------------------------------------------------------------- options


def reject_reduction(reduction: object) -> NoReturn:
    """Say which reductions there are."""
    choices = ", ".join(repr(name) for name in REDUCTIONS)
    error = ValueError if isinstance(reduction, str) else TypeError
    raise error(f"reduction must be one of {choices}; got {reduction!r}")


def check_reduction(reduction: object) -> str:
    """Return a valid reduction."""
    if not isinstance(reduction, str) or reduction not in REDUCTIONS:
        reject_reduction(reduction)
    return reduction


def check_flag(value: Any, name: str) -> bool:
    """Return a truth value that was given as one."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {describe(value)}")
    return bool(value)


def number(value: Any, name: str, alternative: str = "") -> float:
    """Return a real number as a float."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | np.floating | np.integer):
        raise TypeError(f"{name} must be a real number{alternative}, got {describe(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is too large for a float") from None


def to_count(value: Any, name: str) -> int:
    """Return a number of things, at least 1."""
    count = to_index(value, name)
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"{name} must be at least 1 and at most {MAX_COUNT}, got {count}")
    return count


def check_smoothing(value: Any) -> float:
    """Return label_smoothing."""
    smoothing = number(value, "label_smoothing")
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"label_smoothing must be between 0 and 1, got {smoothing}")
    return smoothing


def check_floor(value: Any) -> float:
    """Return log_floor, minus infinity for None."""
    if value is None:
        return -math.inf
    floor = number(value, "log_floor", " or None")
    if not floor <= 0.0:
        raise ValueError(f"log_floor must be at most 0 (or None for the true logarithm), got {floor}")
    return floor


def largest(dtype: np.dtype[Any]) -> float:
    """Return the largest finite number of a floating-point dtype."""
    return 3.3895313892515355e38 if dtype.name == "bfloat16" else float(np.finfo(dtype).max)


def check_log_floor(value: Any, dtype: np.dtype[Any]) -> tuple[float, float, float]:
    """Return log_floor, what it caps 1/p at in the gradient, and the dtype's largest number."""
    return floor_and_caps(value if type(value) is float or value is None else check_floor(value), dtype)


@lru_cache
def floor_and_caps(value: float | None, dtype: np.dtype[Any]) -> tuple[float, float, float]:
    """Do what small calls would wait for, once."""
    floor, limit = check_floor(value) + 0.0, largest(dtype)  # -0.0 and 0.0 are one to the cache
    return floor, limit if -floor > math.log(limit) else math.exp(-floor), limit


def check_focal(alpha: Any, gamma: Any) -> tuple[float, float, float]:
    """Return gamma and the weights of the two labels."""
    exponent = number(gamma, "gamma")
    if not 0.0 <= exponent < math.inf:
        raise ValueError(f"gamma must be finite and at least 0, got {exponent}")
    if alpha is None:
        return exponent, 1.0, 1.0
    positive = number(alpha, "alpha", " or None")
    if not 0.0 <= positive <= 1.0:
        raise ValueError(f"alpha must be between 0 and 1, or None for no such weight, got {positive}")
    return exponent, positive, 1.0 - positive


def check_wrt(wrt: object) -> str:
    """Return what to differentiate by."""
    if not isinstance(wrt, str):
        raise TypeError(f"wrt must be 'input' or 'target', got {describe(wrt)}")
    if wrt not in {"input", "target"}:
        raise ValueError(f"wrt must be 'input' or 'target', got {wrt!r}")
    return str(wrt)


def check_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a loss object (all but its arrays), each valid for some input."""
    clean = {name: value for name, value in options.items() if name not in {"weight", "pos_weight"}}
    clean["reduction"] = str(check_reduction(options["reduction"]))
    for name in ("keepdims", "check"):
        clean[name] = check_flag(options[name], name)
    clean["label_smoothing"] = check_smoothing(options["label_smoothing"])
    if options["class_axis"] is not None:
        clean["class_axis"] = to_index(options["class_axis"], "class_axis")
    if options["axis"] is not None:
        several = isinstance(options["axis"], tuple | list)
        axes = tuple(to_index(axis, "axis", AXES) for axis in (options["axis"] if several else (options["axis"],)))
        if len(set(axes)) < len(axes):
            raise ValueError(f"axis={options['axis']} names an axis twice")
        clean["axis"] = axes if several else axes[0]
    if options["reduction"] == "none" and (options["axis"] is not None or clean["keepdims"]):
        reject_axis_without_reduction(options["axis"], clean["keepdims"])
    if "log_floor" in options:
        clean["log_floor"] = None if options["log_floor"] is None else check_floor(options["log_floor"])
    if "gamma" in options:
        check_focal(options["alpha"], options["gamma"])
        clean["gamma"] = float(options["gamma"])
        clean["alpha"] = None if options["alpha"] is None else float(options["alpha"])
    return clean


def to_index(value: Any, name: str, expected: str = "an integer") -> int:
    """Return an integer that is not a bool."""
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be {expected}, got {value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be {expected}, got {describe(value)}") from None


def parse_axis(axis: Any, ndim: int) -> int:
    """Return the reduced axes as bits."""
    bits = 0
    for entry in axis if isinstance(axis, tuple | list) else (axis,):
        one = to_index(entry, "axis", AXES)
        if not -ndim <= one < ndim:
            raise ValueError(f"axis={axis} is out of bounds for input of {ndim} dimensions")
        if bits >> one % ndim & 1:
            raise ValueError(f"axis={axis} names an axis twice")
        bits |= 1 << one % ndim
    return bits


def reject_axis_without_reduction(axis: Any, keepdims: bool) -> NoReturn:
    """Say that there is nothing to reduce."""
    what = f"axis={axis!r}" if axis is not None else f"keepdims={keepdims}"
    raise ValueError(f"{what} needs a reduction, got reduction='none'; use reduction='mean' or another")


def kept(array_shape: tuple[int, ...], reduced: int) -> list[int]:
    """Return the axes that a reduction keeps."""
    return [k for k in range(len(array_shape)) if not reduced >> k & 1]


def reduced_shape(shape: tuple[int, ...], reduced: int, keepdims: bool) -> tuple[int, ...]:
    """Return the shape of a reduced value."""
    if keepdims:
        return tuple(1 if reduced >> k & 1 else n for k, n in enumerate(shape))
    return tuple(shape[k] for k in kept(shape, reduced))


def batch_length(x: np.ndarray, masks: Masks | None, reduced: int, axis: Any) -> float:
    """Return the number of samples along axis 0, of which something is kept."""
    if x.ndim == 0:
        raise ValueError("reduction='batchmean' divides by the length of axis 0, but input is 0-dimensional")
    if not reduced & 1:
        raise ValueError(f"reduction='batchmean' divides by the length of axis 0, which axis={axis!r} does not reduce")
    if masks is None or x.size == 0:
        return float(x.shape[0])
    count = 0
    rest = math.prod(x.shape[1:])
    rows = max(1, 65536 // max(1, rest))
    for start in range(0, x.shape[0], rows):
        count += int(keep_of(x, masks, slice(start, start + rows)).reshape(-1, rest).any(axis=1).sum())
    return float(count)


def keep_of(x: np.ndarray, masks: Masks, rows: slice) -> np.ndarray:
    """Return which elements of some rows all masks keep."""
    keep = np.ones(x[rows].shape, np.bool_)
    for mask, inverted in masks:
        part = np.broadcast_to(mask, x.shape)[rows]
        keep &= ~part if inverted else part
    return keep


def derivative_scale(
    divisor: Any, counts: bool, grad_output: Any, shape: tuple[int, ...], reduced: int, whole: bool
) -> tuple[float, np.ndarray | None]:
    """Return the factor of a reduced loss's derivatives, and the array of factors if it differs by element.

    Where nothing was kept there is nothing to scale, so a count of 0 gives 0 and not infinity.
    """
    with np.errstate(all="ignore"):
        scale = np.float64(1.0) / np.asarray(divisor, np.float64)
        if counts:
            scale = np.where(np.asarray(divisor) == 0, 0.0, scale)
        kept_shape = reduced_shape(shape, reduced, False)
        if grad_output is not None:
            upstream = to_grad_output(grad_output, shape).astype(np.float64)
            if upstream.shape not in {(), kept_shape, reduced_shape(shape, reduced, True)}:
                raise ValueError(
                    f"grad_output has shape {upstream.shape}, expected a number or the shape of the reduced loss, "
                    f"{kept_shape}"
                )
            scale = scale * (upstream if upstream.ndim == 0 else upstream.reshape(kept_shape))
    if scale.ndim == 0 or whole:
        return float(scale.reshape(())), None
    return 1.0, np.ascontiguousarray(scale).reshape(reduced_shape(shape, reduced, True))


# ------------------------------------------------------------------- results


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str = "out") -> bool:
    """Check a result array that the caller gives; whether blocks can write its dtype."""
    if isinstance(out, tuple):
        raise TypeError(f"{name} must be a numpy array for one result, got a tuple of {len(out)}")
    if type(out) is not np.ndarray:
        raise TypeError(f"{name} must be a numpy array, got {describe(out)}")
    if out.shape != shape:
        raise ValueError(f"{name} has shape {out.shape}, expected {shape}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{name} has dtype {out.dtype}, to which the result's {dtype} cannot be cast (same_kind)")
    if not out.flags.writeable:
        raise ValueError(f"{name} is read-only")
    return out.dtype.name in {"float16", "bfloat16", "float32", "float64"}


def plain_out(out: Any) -> Any:
    """Return the caller's result arrays as what they are to NumPy's C code, whatever a subclass says of itself."""
    if isinstance(out, tuple):
        return tuple(None if one is None else plain_out(one) for one in out)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a numpy array, or a tuple of them for two results, got {describe(out)}")
    if isinstance(out, np.ma.MaskedArray):
        raise TypeError("out must be a plain numpy array, got a masked array")
    return np.asarray(out)


def as_given(result: Any, out: Any) -> Any:
    """Return the caller's own result arrays where there are some."""
    if not isinstance(out, tuple):
        return out
    return tuple(one if given is None else given for one, given in zip(result, out, strict=True))


def check_outs(
    out: Any, pair: bool, value: bool, dtype: np.dtype[Any], shape: tuple[int, ...], reduced: int, keepdims: bool
) -> None:
    """Check the caller's arrays for a reduced loss's derivatives before any work is done."""
    first, second = split_out(out) if pair else (out, None)
    if first is not None:
        expected = reduced_shape(shape, reduced, keepdims) if value else shape
        check_out(first, expected, dtype, "out[0]" if pair else "out")
    if second is not None:
        check_out(second, shape, dtype, "out[1]")


def split_out(out: Any) -> tuple[Any, Any]:
    """Return the two arrays for two results."""
    if out is None:
        return None, None
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(f"out must be a tuple of two arrays (either may be None) for two results, got {describe(out)}")
    if out[0] is not None and out[1] is not None:
        effort: Any = 10000
        try:
            shared = np.shares_memory(out[0], out[1], max_work=effort)
        except (np.exceptions.TooHardError, OverflowError):
            shared = True  # nobody can tell: better refused than half written
        if shared:
            raise ValueError("the two arrays in out share memory")
    return out


def copy_to(out: np.ndarray, result: np.ndarray) -> None:
    """Copy into the caller's array by NumPy's rules."""
    with np.errstate(all="ignore"):
        np.copyto(out, result, casting="same_kind")


def rounded(value: Any, dtype: np.dtype[Any]) -> Any:
    """Round double precision to a result's dtype, an overflow to infinity and without a warning."""
    with np.errstate(all="ignore"):
        return np.asarray(value, np.float64).astype(dtype)[()]


def reduced_result(
    total: Any, divisor: Any, shape: tuple[int, ...], reduced: int, keepdims: bool, dtype: np.dtype[Any], out: Any
) -> Any:
    """Return a reduced value in its final form."""
    with np.errstate(all="ignore"):
        value = np.divide(total, divisor)
        result = np.asarray(value).astype(dtype).reshape(reduced_shape(shape, reduced, keepdims))
    if out is None:
        return result if result.ndim else result[()]
    copy_to(out, result)
    return out


# -------------------------------------------------------------------- ranges


def reject_range(name: str, array: np.ndarray, x: np.ndarray, masks: Masks | None, other: Any, wide: bool) -> NoReturn:
    """Say how many values lie outside [0, 1], where the first is, and what the likely cause is."""
    compute = np.float64 if wide else np.float32
    whole = array if masks is None else np.broadcast_to(array, x.shape)
    whole = np.atleast_1d(whole)
    count, first, lowest, highest = 0, None, math.inf, -math.inf
    rows = max(1, 65536 // max(1, math.prod(whole.shape[1:])))
    for start in range(0, whole.shape[0], rows):
        block = whole[start : start + rows]
        with np.errstate(all="ignore"):
            values: Any = block.astype(compute)
        bad = (values < 0) | (values > 1)
        if masks is not None:
            bad &= keep_of(np.atleast_1d(x), masks, slice(start, start + rows))
        if bad.any():
            if first is None:
                where = np.unravel_index(int(bad.argmax()), bad.shape)
                first = (start + int(where[0]), *(int(k) for k in where[1:]))
            count += int(bad.sum())
            lowest = min(lowest, float(values[bad].min()))
            highest = max(highest, float(values[bad].max()))
    if first is None:
        raise ValueError(f"{name} has values outside [0, 1]")
    value = whole[first]
    index = first[0] if len(first) == 1 else first
    place = "" if array.ndim == 0 else f" at index {index}"
    raise ValueError(
        f"{name} must lie in [0, 1]: {count} value{'s' if count != 1 else ''} of {whole.size} "
        f"{'do' if count != 1 else 'does'} not, the first{place} is {value}; "
        f"{likely_cause(name, lowest, highest, other)}"
    )


def likely_cause(name: str, lowest: float, highest: float, target: Any) -> str:
    """Guess from the values outside [0, 1] what went wrong."""
    if name == "input":
        with np.errstate(all="ignore"):
            soft = target is not None and bool(np.any((target > 0) & (target < 1)))
        if soft:
            return "logits given as probabilities (use binary_cross_entropy_with_logits), or input and target swapped?"
        return "logits given as probabilities? Then use binary_cross_entropy_with_logits"
    if lowest == highest == -1.0:
        return "labels -1 and +1? Then pass (target + 1) / 2; or -1 as a mark to ignore? Then pass where=target != -1"
    if lowest >= 0.0 and highest == 255.0:
        return "a 0..255 mask? Then pass target / 255 or target > 127"
    if lowest >= 0.0 and highest < 255.0 and highest == int(highest):
        return "class numbers instead of 0 and 1, or a mask of other levels?"
    return "input and target swapped (the order is input, target)? check=False turns this check off"
