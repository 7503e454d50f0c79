"""One call of the package: arguments, mistakes on purpose, and the comparison with what must come out."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
from arrays import (
    Argument,
    Lying,
    Subclass,
    argument,
    broadcasts,
    laid_out,
    smaller_shape,
    some_shape,
    twice_somewhere,
    values,
)
from expected import FLOATS, FORMATS, ULPS, Expected, Loss, activation, elements, ml_dtypes, product

import bcekit

F8 = np.dtype("f8")
INTEGERS = [np.dtype(name) for name in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")]
REDUCTIONS = ("mean", "sum", "none", "weighted_mean", "batchmean")


class Wrong(Exception):
    """What is wrong with a case."""


ACTIVATIONS = ("sigmoid", "sigmoid_grad", "log_sigmoid", "log_sigmoid_grad", "softplus", "logit")
FORMULAS = {
    "probability": "binary_cross_entropy",
    "logits": "binary_cross_entropy_with_logits",
    "focal": "sigmoid_focal_loss",
}
CLASSES = {"probability": bcekit.BCELoss, "logits": bcekit.BCEWithLogitsLoss, "focal": bcekit.SigmoidFocalLoss}
RESULTS = {
    "": ("value",),
    "_grad": ("grad",),
    "_value_and_grad": ("value", "grad"),
    "_grad_and_hess": ("grad", "hess"),
}
AT_THE_CALL = ("where", "grad_output", "wrt", "out")

# What cannot be made an array of real numbers: as it is, or the dtypes of an array of the argument's shape.
NOT_ARRAYS = ["text", b"bytes", object(), {}, {1, 2}, [[1.0], [1.0, 2.0]], 1j, len, 10**30]
NOT_DTYPES = ["D", "O", "U3", "M8[s]", "m8[s]", "V8", [("a", "f8"), ("b", "i4")]]
if ml_dtypes:
    NOT_DTYPES += [ml_dtypes.float8_e4m3, ml_dtypes.int4]
if hasattr(np.dtypes, "StringDType"):
    NOT_DTYPES += [np.dtypes.StringDType()]

HUGE = 10**400
WRONG_OPTIONS = {
    "reduction": ["average", "", None, 0, True, [], {}, ("mean",), b"mean", np.array("mean"), "MEAN"],
    "axis": [True, 1.5, "0", [[0]], (0, 0), (0.0,), 99, -99, 10**30, (10**30,), object(), np.array(0.5), b"0"],
    "keepdims": [1, None, 0.0, "True", [], np.ones(2, bool)],
    "check": [1, None, "no", [], np.ones(1)],
    "label_smoothing": [-0.1, 1.5, np.nan, np.inf, "0.1", None, True, 1j, [0.1], HUGE, -HUGE, np.array([0.1])],
    "log_floor": [1.0, np.nan, np.inf, "-100", True, HUGE, 1j, [], np.zeros(1)],
    "gamma": [-1, np.nan, np.inf, -np.inf, "2", None, True, HUGE, -HUGE, 1j, []],
    "alpha": [-0.1, 1.1, np.nan, np.inf, "x", True, HUGE, 1j, []],
    "wrt": ["weight", "", None, 0, [], {}, b"input", np.array(["input", "target"])],
    "class_axis": [99, -99, True, 1.0, "1", 10**30, (0,), []],
    "nonsense": [1],
}


class Case:
    """One call: arguments, what was done wrong on purpose, and what must come out."""

    def __init__(self, source):
        self.source = source
        self.arguments = {}  # of arrays, by name
        self.options = {}
        self.mistakes = set()  # names of which the error must mention one
        self.smoothing, self.log_floor, self.alpha, self.gamma, self.wrt = 0.0, -100.0, None, 2.0, "input"
        self.axis, self.keepdims, self.check = None, False, True
        self.outs = ()
        self.out_given = False
        self.undefined = False  # the results' own elements overlap
        self.threads = source.between(1, 5) if source.chance(0.3) else None
        self.shape = some_shape(source)
        if source.chance(0.12):
            self.make_activation()
        else:
            self.make_loss()
        if source.chance(0.12):
            self.make_mistake()

    # what is called

    def make_activation(self):
        source = self.source
        self.formula = source.pick(ACTIVATIONS)
        self.name, self.results, self.cls, self.reduction = self.formula, ("value",), None, "none"
        dtype = source.pick(FLOATS) if source.chance(0.9) else source.pick(INTEGERS)
        pool = source.pick(("units", "beyond")) if self.formula == "logit" else source.pick(("logits", "calm", "any"))
        self.first = "p" if self.formula == "logit" else "x"
        self.arguments[self.first] = argument(source, values(source, pool, self.shape, dtype))
        self.masks = []
        self.make_outs()

    def make_loss(self):
        source, shape = self.source, self.shape
        self.first = "input"
        self.formula = source.pick(("probability", "logits", "logits", "focal"))
        suffix = source.pick([s for s in RESULTS if self.formula != "probability" or "hess" not in s])
        self.name, self.results = FORMULAS[self.formula] + suffix, RESULTS[suffix]
        self.cls = CLASSES[self.formula] if source.chance(0.15) else None
        self.method = suffix[1:] or "__call__"

        # arrays
        dtype = source.pick(FLOATS) if source.chance(0.9) else source.pick(INTEGERS)
        pools = ("units", "units", "unit_or_nan") if self.formula == "probability" else ("calm", "logits", "logits")
        if source.chance(0.03):
            pools = ("any", "beyond", "levels")
        if dtype.kind in "biu" and self.formula == "probability":
            pools = ("hard",)
        self.arguments["input"] = argument(source, values(source, source.pick(pools), shape, dtype))
        self.arguments["target"] = self.operand(("labels", "hard", "hard", "unit_or_nan"), ("beyond", "any", "levels"))
        if source.chance(0.05):
            self.options["class_axis"] = class_axis = source.between(-len(shape), len(shape))
            if not -len(shape) <= class_axis < len(shape):
                self.mistakes.add("class_axis")
        for name, probability in (("weight", 0.35), ("pos_weight", 0 if self.formula == "focal" else 0.25)):
            if source.chance(probability):
                self.arguments[name] = self.operand(("weights",), ("any",), self.class_shape())
                if self.cls and self.arguments[name].mask is not None:
                    self.mistakes.add(name)  # an object's options are plain
        self.masks = [(name, arg.mask, True) for name, arg in self.arguments.items() if arg.mask is not None]
        if source.chance(0.25):
            plain = values(source, "hard", smaller_shape(source, shape), np.dtype("?"))
            if source.chance(0.1):
                plain[...] = source.chance(0.5)
            self.arguments["where"] = where = argument(source, plain)
            self.masks += [("where", where.plain, False), ("where", where.mask, True)][: 1 + (where.mask is not None)]
        elif source.chance(0.1):
            self.options["where"] = source.pick((None, True))

        # options
        if source.chance(0.2):
            # The focal loss works with the smoothed label alone, in which the smallest amounts are rounding errors.
            amounts = (0.1, 0.5, 1, 0, np.float32(0.25), *(() if self.formula == "focal" else (1e-9,)))
            self.options["label_smoothing"] = self.smoothing = source.pick(amounts)
        if self.formula == "probability" and source.chance(0.3):
            self.options["log_floor"] = self.log_floor = source.pick((None, -100, 0.0, -1e-3, -5.0, -800.0, -np.inf))
        if self.formula == "focal":
            if source.chance(0.5):
                self.options["alpha"] = self.alpha = source.pick((None, 0.25, 0, 1, 0.999))
            if source.chance(0.6):
                self.options["gamma"] = self.gamma = source.pick((0, 0.5, 1, 2.0, 5.0, 1.5, 1e-3, 30.0))
        if "grad" in self.results and self.results == ("grad",) and self.formula != "focal" and source.chance(0.3):
            self.options["wrt"] = self.wrt = source.pick(("input", "target", "target"))
        self.reduction = "sum" if "hess" in self.results and self.cls is None else "mean"
        if source.chance(0.7):
            self.options["reduction"] = self.reduction = source.pick(REDUCTIONS)
        if source.chance(0.35) and (self.reduction != "none" or source.chance(0.1)):
            self.options["axis"] = self.axis = self.some_axis()
        if source.chance(0.15) and (self.reduction != "none" or source.chance(0.1)):
            self.options["keepdims"] = self.keepdims = source.chance(0.7)
        if source.chance(0.1):
            self.options["check"] = self.check = source.pick((True, False, np.False_))
        self.reduced = self.reduced_axes()
        self.check_combination()
        if "grad" in self.results and source.chance(0.2):
            self.arguments["grad_output"] = self.make_grad_output()
        self.make_outs()

    def operand(self, pools, rare, shape=None):
        source = self.source
        shape = smaller_shape(source, self.shape) if shape is None else shape
        dtype = source.pick(FLOATS) if source.chance(0.5) else source.pick(INTEGERS)
        if source.chance(0.03):
            dtype = np.dtype("g")
        if pools == ("weights",) and not shape and dtype.kind == "b":
            dtype = F8  # a weight of True is refused
        pool = source.pick(rare) if source.chance(0.04) else source.pick(pools)
        return argument(source, values(source, pool, shape, dtype))

    def class_shape(self):
        axis = self.options.get("class_axis")
        if axis is None:
            return None
        if self.source.chance(0.2) or not -len(self.shape) <= axis < len(self.shape):
            return ()
        return (self.shape[axis],)

    def some_axis(self):
        source, ndim = self.source, len(self.shape)
        if ndim == 0 or source.chance(0.1):
            return source.pick(((), None))
        if source.chance(0.6):
            return source.between(-ndim, ndim - 1)
        return tuple(axis - ndim * source.chance(0.3) for axis in range(ndim) if source.chance(0.5))

    def reduced_axes(self):
        ndim = len(self.shape)
        if self.axis is None:
            return set(range(ndim))
        return {axis % ndim for axis in (self.axis if isinstance(self.axis, tuple) else (self.axis,))}

    def check_combination(self):
        if self.reduction == "none" and (self.axis is not None or self.keepdims):
            self.mistakes |= {"axis", "keepdims"}
        if self.reduction == "batchmean" and 0 not in self.reduced:
            self.mistakes.add("batchmean")

    def value_shape(self, keepdims=None):
        if self.reduction == "none":
            return self.shape
        if self.keepdims if keepdims is None else keepdims:
            return tuple(1 if k in self.reduced else n for k, n in enumerate(self.shape))
        return tuple(n for k, n in enumerate(self.shape) if k not in self.reduced)

    def make_grad_output(self):
        source = self.source
        if self.reduction == "none":
            shape = smaller_shape(source, self.shape)
        else:
            shape = source.pick(((), self.value_shape(True), self.value_shape(False)))
        dtype = source.pick(FLOATS) if source.chance(0.8) else source.pick(INTEGERS)
        plain = values(source, "any" if source.chance(0.1) else "calm", shape, dtype)
        return argument(source, plain, masks=False)

    # where results go

    def make_outs(self):
        source = self.source
        if not source.chance(0.35):
            return
        self.out_given = True
        made = [None if len(self.results) == 2 and source.chance(0.2) else self.make_out(name) for name in self.results]
        if len(made) == 2 and None not in made and np.may_share_memory(made[0].passed, made[1].passed):
            made[1] = None
        self.outs = made

    def result_shape(self, name):
        return self.value_shape() if name == "value" else self.shape

    def make_out(self, name):
        source, shape = self.source, self.result_shape(name)
        dtype = self.result_dtype()
        kind = source.fraction()
        if kind < 0.35:  # over an argument, element for element
            same = [
                arg
                for arg in self.arguments.values()
                if arg.memory is not None
                and isinstance(arg.passed, np.ndarray)
                and not isinstance(arg.passed, Lying | np.ma.MaskedArray)
                and arg.passed.shape == shape
                and arg.passed.flags.writeable
                and np.can_cast(dtype, arg.passed.dtype, "same_kind")
            ]
            if same:
                chosen = source.pick(same)
                self.undefined |= twice_somewhere(chosen.passed)
                return Argument(chosen.passed, memory=chosen.memory)
        if source.chance(0.3):
            dtype = source.pick([*FLOATS, np.dtype("g"), np.dtype("D"), np.dtype("F")])
            if not np.can_cast(self.result_dtype(), dtype, "same_kind"):
                dtype = self.result_dtype()
        if kind < 0.55:  # anywhere in an argument's memory
            need = int(np.prod(shape, dtype=object)) * dtype.itemsize
            room = [
                arg.memory
                for arg in self.arguments.values()
                if arg.memory is not None and arg.memory.nbytes >= need and arg.memory.flags.writeable and need
            ]
            if room:
                memory = source.pick(room).reshape(-1, order="A").view(np.uint8)
                offset = source.below(memory.size - need + 1)
                out = np.ndarray(shape, dtype, memory, offset, order=source.pick("CF"))
                return Argument(out, memory=memory if memory.base is None else memory.base)
        filled = np.full(shape, 7, dtype)
        out, memory = laid_out(source, filled, zero_strides=False)
        if source.chance(0.05):
            return Argument(out.view(source.pick((Subclass, Lying))), memory=memory)
        return Argument(out, memory=memory)

    def result_dtype(self):
        dtype = self.arguments[self.first].plain.dtype
        if dtype not in FLOATS or not hasattr(self.arguments[self.first].passed, "dtype"):
            return np.dtype("f8")
        return dtype

    # mistakes

    def make_mistake(self):
        source = self.source
        arrays = list(self.arguments)
        kind = source.fraction()
        if kind < 0.35:
            name = source.pick(arrays)
            array = np.zeros(self.arguments[name].plain.shape, source.pick(NOT_DTYPES))
            array = np.ma.array(array, mask=True) if source.chance(0.1) and array.dtype.kind == "c" else array
            self.arguments[name] = Argument(array if source.chance(0.5) else source.pick(NOT_ARRAYS))
            self.mistakes.add(name)
        elif kind < 0.5 and len(arrays) > 1:
            name = source.pick(arrays[1:])
            old = self.arguments[name]
            shape = source.pick([(*old.plain.shape, 2), (3, *self.shape), (*self.shape[1:], 7), (5,)])
            fits = broadcasts(shape, self.shape)
            if name == "grad_output" and self.reduction != "none":
                fits |= shape in {(), self.value_shape(True), self.value_shape(False)}
            fits |= "class_axis" in self.options and name.endswith("weight")  # where other rules hold
            if not fits:
                self.arguments[name] = Argument(np.zeros(shape, old.plain.dtype))
                self.mistakes.add(name)
        elif kind < 0.6:
            name = arrays[0]
            self.arguments[name] = Argument(np.zeros(self.shape, "g"))
            self.mistakes.add(name)
        elif kind < 0.9 and self.formula in FORMULAS:
            names = ["reduction", "axis", "keepdims", "check", "label_smoothing", "class_axis", "nonsense"]
            names += {"probability": ["log_floor"], "focal": ["gamma", "alpha"]}.get(self.formula, [])
            names += ["wrt"] if self.results == ("grad",) and self.formula != "focal" else []
            name = source.pick(names)
            self.options[name] = source.pick(WRONG_OPTIONS[name])
            self.mistakes.add(name)
        else:
            shape = self.result_shape(self.results[0])
            filled = np.zeros(shape)
            wrong = [[0.0], "out", 1.0, object(), {}, (), (1, 2, 3), ("a", []), (filled, 1), memoryview(b"abc"), type]
            wrong += [np.zeros((*shape, 2)), np.zeros(shape[1:] or (1, 1)), np.broadcast_to(np.zeros(()), shape)]
            wrong += [np.ma.array(filled), filled.astype(int), filled.astype(bool), filled.astype("M8[s]")]
            wrong = source.pick(wrong)
            if len(self.results) == 2 and source.chance(0.6):
                wrong = (wrong, None) if source.chance(0.5) else (None, wrong)
                if self.results[0] == "value" and wrong[0] is None and isinstance(wrong[1], np.ndarray):
                    wrong = (None, np.zeros((*self.shape, 2)))
            self.options["out"] = wrong
            self.outs = ()
            self.out_given = False
            self.mistakes.add("out")

    # the call

    def invoke(self, arguments, options):
        """Call the package with these arrays."""
        if self.formula in ACTIVATIONS:
            return getattr(bcekit, self.name)(arguments[self.first], **options)
        arguments = dict(arguments)
        options = {**{k: arguments.pop(k) for k in list(arguments) if k not in {"input", "target"}}, **options}
        if self.cls is None:
            return getattr(bcekit, self.name)(arguments["input"], arguments["target"], **options)
        at_the_call = {name: options.pop(name) for name in AT_THE_CALL if name in options}
        return getattr(self.cls(**options), self.method)(arguments["input"], arguments["target"], **at_the_call)

    def __str__(self):
        def show(value):
            if isinstance(value, tuple):
                return f"({', '.join(show(part) for part in value)})"
            if not isinstance(value, np.ndarray):
                text = repr(value)
                return text if len(text) <= 200 else f"{text[:200]}..."
            value_type = type(value).__name__
            value = np.asarray(value)
            few = f" {value.tolist()}" if value.size <= 6 else ""
            read_only = "" if value.flags.writeable else " read-only"
            return f"<{value_type} {value.dtype.str} {value.shape} strides {value.strides}{read_only}{few}>"

        name = f"{self.cls.__name__}(...).{self.method}" if self.cls else self.name
        parts = [f"{key}={show(arg.passed)}" for key, arg in self.arguments.items()]
        parts += [f"{key}={show(value)}" for key, value in self.call_options().items()]
        return f"threads={self.threads} {name}({', '.join(parts)})"

    def call_options(self):
        options = dict(self.options)
        if self.out_given:
            outs = tuple(None if out is None else out.passed for out in self.outs)
            options["out"] = outs if len(outs) == 2 else outs[0]
        return options

    def run(self):
        """Do it and compare; raises Wrong."""
        expected = self.expected()  # before the call, which may write over the arguments
        memories = {
            id(arg.memory): arg.memory
            for arg in (*self.arguments.values(), *self.outs)
            if arg and arg.memory is not None
        }
        before = {key: memory.tobytes("A") for key, memory in memories.items()}
        again = None if self.mistakes or self.faults else self.plain_arguments()
        passed = {name: arg.passed for name, arg in self.arguments.items()}
        threads = bcekit.threads(self.threads) if self.threads else nullcontext()
        try:
            with threads, np.errstate(all="warn"):
                results = self.invoke(passed, self.call_options())
        except (TypeError, ValueError) as error:
            wanted = self.mistakes | self.faults
            if not wanted:
                raise Wrong(f"refused: {type(error).__name__}: {error}") from error
            wanted = wanted | ({"must lie in [0, 1]"} if self.mistakes else set())
            if not any(name in str(error) for name in wanted):
                raise Wrong(f"error does not name {sorted(wanted)}: {type(error).__name__}: {error}") from error
            for key, memory in memories.items():
                if memory.tobytes("A") != before[key]:
                    raise Wrong(f"an error that left something written: {error}") from error
            return
        if self.mistakes:
            raise Wrong(f"accepted, in spite of {sorted(self.mistakes)}")
        if self.faults:
            raise Wrong(f"accepted, in spite of values out of range in {sorted(self.faults)}")
        self.check_memory(memories, before)
        results = results if len(self.results) == 2 else (results,)
        if len(results) != len(self.results):
            raise Wrong(f"{len(results)} results")
        for i, name in enumerate(self.results):
            out = self.outs[i] if self.out_given else None
            self.compare(name, results[i], expected[name], None if out is None else out.passed)
        self.compare_plain(results, again)

    def check_memory(self, memories, before):
        for key, memory in memories.items():
            now = memory.tobytes("A")
            if now == before[key]:
                continue
            was = np.frombuffer(bytearray(before[key]), np.uint8)
            start = memory.__array_interface__["data"][0]
            for out in self.outs:
                if out is not None and out.memory is memory:
                    base = np.asarray(out.passed)
                    offset = base.__array_interface__["data"][0] - start
                    np.ndarray(base.shape, base.dtype, was, offset, base.strides)[...] = base
            if was.tobytes() != now:
                raise Wrong("wrote outside of out")

    def plain_arguments(self):
        """The same contents in plain arrays."""
        plain = {name: arg.plain.copy() for name, arg in self.arguments.items()}
        plain[self.first] = plain[self.first].astype(self.result_dtype(), copy=False)
        if self.masks:
            plain["where"] = self.keep.copy()
        return plain

    def compare_plain(self, results, arguments):
        """The same bits as on plain arrays by one thread."""
        if self.formula in ACTIVATIONS and self.arguments[self.first].mask is not None:
            return
        if self.undefined or (self.cls and {"weight", "pos_weight"} & {name for name, *_ in self.masks}):
            return
        options = {name: value for name, value in self.options.items() if name != "where"}
        if "where" in self.arguments or self.masks:
            options.pop("where", None)
        with bcekit.threads(1):
            again = self.invoke(arguments, options)
        again = again if len(self.results) == 2 else (again,)
        for i, name in enumerate(self.results):
            got, want = np.asarray(results[i]), np.asarray(again[i])
            if got.dtype.newbyteorder("=") != want.dtype:
                continue
            got = got.astype(want.dtype)
            differs = (bits(got) != bits(want)) & ~((got != got) & (want != want))
            if differs.any():
                at = tuple(int(k) for k in np.argwhere(differs)[0])
                raise Wrong(
                    f"{name}: other bits than on plain arrays in {differs.sum()} of {got.shape}, at {at}: "
                    f"{got[at]!r}, {want[at]!r}"
                )

    # what it should give

    def expected(self):
        """The results by name; finds out first what is out of range."""
        self.faults = set()
        self.keep = np.ones(self.shape, bool)
        if self.mistakes:
            return {}
        dtype = self.result_dtype()
        self.narrow = np.dtype("f8") if dtype == F8 else np.dtype("f4")
        x = self.wide(self.first)
        if self.formula in ACTIVATIONS:
            return {"value": activation(self.formula, x, FORMATS[self.narrow])}
        t, w, p = (
            np.broadcast_to(self.along_classes(n, self.wide(n)), self.shape) for n in ("target", "weight", "pos_weight")
        )
        for name, mask, inverted in self.masks:
            part = self.along_classes(name, mask)
            self.keep = self.keep & (~part if inverted else part)
        if self.check:
            if (((t < 0) | (t > 1)) & self.keep).any():
                self.faults.add("target")
            if self.formula == "probability" and (((x < 0) | (x > 1)) & self.keep).any():
                self.faults.add("input")
            if self.faults:
                return {}
        floor = -np.inf if self.log_floor is None else float(self.log_floor)
        alpha = None if self.alpha is None else float(self.alpha)
        options = float(self.smoothing), floor, alpha, float(self.gamma)
        loss = Loss(self.formula, self.results, self.wrt == "target", *options, FORMATS[self.narrow], FORMATS[dtype])
        each = elements(loss, x, t, w, p)
        divisor, unsure = self.divisor(w)
        return {name: self.reduce(name, each[name], divisor, unsure) for name in self.results}

    def wide(self, name):
        """An argument as the package's arithmetic holds it, in a wider dtype."""
        plain = self.arguments[name].plain if name in self.arguments else np.asarray(float(name != "target"))
        plain = plain.astype(F8) if plain.dtype == np.longdouble else plain
        return plain.astype(self.narrow).astype(np.longdouble if self.narrow == F8 else F8)

    def along_classes(self, name, array):
        axis = self.options.get("class_axis")
        if axis is None or not name.endswith("weight") or array.ndim != 1:
            return array
        return array.reshape([-1 if k == axis % len(self.shape) else 1 for k in range(len(self.shape))])

    def reduce(self, name, e, divisor, unsure):
        """Scale or sum what the elements give."""
        axes, fmt = tuple(sorted(self.reduced)), FORMATS[self.narrow]
        keep = self.keep
        exact, error, open_ = np.where(keep, e.exact, 0), np.where(keep, e.error, 0), e.open & keep
        if name == "value" and self.reduction != "none":
            exact, error = (part.sum(axes, keepdims=True) for part in (exact, error))
            open_ = open_.any(axes, keepdims=True) | unsure | ((np.abs(exact) > 1e300) & np.isfinite(exact))
            parts = np.broadcast_arrays(exact / divisor, error / np.abs(divisor), open_)
            return Expected(*(part.reshape(self.value_shape()) for part in parts))
        scale = 1.0
        if self.reduction != "none" and name != "value":
            scale = np.where(divisor == 0, 0, 1 / divisor)
            open_ = open_ | unsure | ((divisor == 0) & (self.reduction == "weighted_mean"))
        if "grad_output" in self.arguments and name != "value":
            upstream = self.wide("grad_output")
            if self.reduction != "none" and upstream.ndim:
                upstream = upstream.reshape(self.value_shape(True))
            scale = scale * upstream
        if np.ndim(scale) or scale != 1:
            beyond = ((np.abs(exact) > fmt.max / 4) & np.isfinite(exact)) | ((scale == 0) & ~np.isfinite(exact))
            open_ = open_ | ~np.isfinite(scale) | (np.abs(scale) > fmt.max / 4) | beyond
            error = np.abs(scale) * (error + ULPS * fmt.eps * np.abs(exact))
            error = error + ULPS * fmt.tiny * (1 + np.where(np.isfinite(exact), np.abs(exact), 0))
            exact = product(scale, exact)
            open_ = open_ | ((np.abs(exact) > fmt.max / 4) & np.isfinite(exact))
        if self.formula == "probability" and name == "grad" and self.wrt == "input":
            limit = FORMATS[self.result_dtype()].max
            exact = np.clip(exact, -limit, limit)
        return Expected(np.where(keep, exact, 0), np.where(keep, error, 0), open_ & keep)

    def divisor(self, w):
        """What a sum is divided by, with the reduced axes as ones, and where it is unsure."""
        keep, axes = self.keep, tuple(sorted(self.reduced))
        if self.reduction in {"none", "sum"}:
            return np.asarray(1.0), False
        if self.reduction == "batchmean":
            samples = keep.reshape(self.shape[0], -1).any(axis=1).sum() if self.masks and keep.size else self.shape[0]
            return np.asarray(float(samples)), False
        if self.reduction == "weighted_mean" and "weight" in self.arguments:
            kept = np.where(keep, w, 0)
            total, size = kept.sum(axes, keepdims=True), np.abs(kept).sum(axes, keepdims=True)
            return total, ~np.isfinite(total) | (np.abs(total) < size / 1000) | (size > 1e300)
        return keep.sum(axes, keepdims=True).astype(F8), False

    def compare(self, name, got, want, out):
        shape, dtype = self.result_shape(name), self.result_dtype()
        if out is not None:
            if got is not out:
                raise Wrong(f"{name}: out is not returned")
        else:
            argument = self.arguments[self.first]
            masked = self.formula in ACTIVATIONS and isinstance(argument.passed, np.ma.MaskedArray)
            if masked != isinstance(got, np.ma.MaskedArray):
                raise Wrong(f"{name}: a {type(got).__name__}")
            if masked and not np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(argument.passed)):
                raise Wrong(f"{name}: another mask")
            if got.dtype != dtype or got.shape != shape:
                raise Wrong(f"{name}: {got.dtype} {got.shape}, expected {dtype} {shape}")
            if not isinstance(got, np.ndarray if shape or masked else np.generic):
                raise Wrong(f"{name}: a {type(got).__name__}")
        if self.undefined:
            return
        got = np.asarray(got)
        got = got.real if got.dtype.kind == "c" else got
        first, then = FORMATS[dtype], FORMATS.get(got.dtype.newbyteorder("="), FORMATS[F8])
        eps, limit = max(first.eps, then.eps), min(first.max, then.max)
        got = got.astype(np.result_type(want.exact, F8))
        exact = want.exact
        error = want.error + eps * np.abs(exact) + first.tiny + then.tiny
        good = (got == exact) | (np.abs(got - exact) <= error) | (np.isnan(got) & np.isnan(exact)) | want.open
        # Beyond the range of the dtype: infinity, or its largest number if rounding goes there.
        over = np.abs(exact) > limit * (1 - 8 * eps)
        good |= over & (np.abs(got) >= limit * (1 - 16 * eps)) & (np.sign(got) == np.sign(exact))
        if self.masks and got.shape == self.shape and (name != "value" or self.reduction == "none"):
            good &= self.keep | ((got == 0) & ~np.signbit(got))
        if not good.all():
            good, exact, error = (np.broadcast_to(part, got.shape) for part in (good, exact, error))
            at = tuple(int(k) for k in np.argwhere(~good)[0])
            off = abs(got[at] - exact[at]) / error[at]
            raise Wrong(
                f"{name}: {np.count_nonzero(~good)} wrong of {got.shape}, at {at}: {got[at]} for {exact[at]} "
                f"({off:.3g} times the tolerance)"
            )


def bits(array):
    array = np.ascontiguousarray(array).reshape(array.shape)
    return array.view(f"u{array.itemsize}")
