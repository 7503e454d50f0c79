"""The extension modules and their compiler flags; everything else is in pyproject.toml.

Environment variables for developers (each build keeps its generated C in a folder of its own, add --force to switch):

BCEKIT_SANITIZE=address,undefined   build with these sanitizers (gcc and clang)
BCEKIT_CHECKED=1                    Cython's bounds and initialisation checks on
"""

import os
import sys
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext as _build_ext
from setuptools.errors import CompileError

SANITIZE = os.environ.get("BCEKIT_SANITIZE", "")
CHECKED = os.environ.get("BCEKIT_CHECKED", "0") not in ("", "0")

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": CHECKED,
    "initializedcheck": CHECKED,
    "wraparound": False,
    "cdivision": True,
    "embedsignature": False,
    "freethreading_compatible": True,
}

# Same bits everywhere: the compiler must not fuse a multiplication with an addition by itself, and a -ffast-math in
# the environment's CFLAGS is undone. errno and floating-point traps are never looked at; without them loops vectorise.
# Bit patterns are moved about as integers that may wrap around.
COMMON = {
    "unix": [
        *("-O3", "-fno-fast-math", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
        *("-fwrapv", "-fvisibility=hidden", "-g0"),
    ],
    "msvc": ["/O2", "/fp:precise"],
}
# 32-bit x86 computes in 80-bit registers unless told otherwise.
X86_32 = {"unix": ["-msse2", "-mfpmath=sse"], "msvc": ["/arch:SSE2"]}

# The x86-64 micro-architecture levels, as gcc >= 11 and clang >= 12 name them, or spelt out for older compilers.
V3 = ["-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mf16c", "-mlzcnt", "-mmovbe"]
V4 = [*V3, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"]
LEVELS = {
    "bcekit.kernels._v3": {"unix": [["-march=x86-64-v3"], V3], "msvc": [["/arch:AVX2"]]},
    "bcekit.kernels._v4": {
        "unix": [["-march=x86-64-v4", "-mprefer-vector-width=512"], [*V4, "-mprefer-vector-width=512"]],
        "msvc": [["/arch:AVX512"]],
    },
}
# What a compiler says of its target. Asking it, and not this machine, is right when cross-compiling too.
TARGETS = {
    "x86_32": "defined(__i386__) || defined(_M_IX86)",
    "bcekit.kernels._v3": "(defined(__x86_64__) || defined(_M_X64)) && defined(__AVX2__)",
    "bcekit.kernels._v4": "(defined(__x86_64__) || defined(_M_X64)) && defined(__AVX512F__) && defined(__AVX512DQ__)",
}


def extension(name: str) -> Extension:
    source = Path("src", *name.split(".")).with_suffix(".pyx")
    parts = [*source.parent.glob("*.pxi"), *source.parent.glob("*.pxd")]
    return Extension(name, [source.as_posix()], depends=sorted(part.as_posix() for part in parts))


class build_ext(_build_ext):
    """Finds out what the compiler can do, leaves out the instruction sets it cannot, and builds the rest."""

    def build_extensions(self) -> None:
        kind = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        common = [*COMMON[kind]]
        if sys.maxsize < 2**32 and self.compiles(X86_32[kind], "x86_32"):
            common += X86_32[kind]
        if SANITIZE:
            common += [f"-fsanitize={SANITIZE}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g1"]

        chosen = []
        for ext in self.extensions:
            flags = []
            if ext.name in LEVELS:
                working = (flags for flags in LEVELS[ext.name][kind] if self.compiles(flags, ext.name))
                flags = next(working, None)
                if flags is None:
                    print(f"bcekit: {ext.name} left out, as this compiler or target cannot build it", file=sys.stderr)
                    continue
            ext.extra_compile_args = common + flags
            ext.extra_link_args = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
            chosen.append(ext)
        self.extensions = chosen

        folder = Path(self.build_temp, f"cython{'-checked' if CHECKED else ''}")
        for ext in chosen:
            ext.sources = cythonize(
                ext,
                build_dir=folder.as_posix(),
                include_path=["src"],
                compiler_directives=DIRECTIVES,
                force=self.force,
                quiet=True,
            )[0].sources
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()

    def compiles(self, flags: list[str], target: str) -> bool:
        """Whether the compiler takes these flags and with them builds for `target`."""
        text = f"#if !({TARGETS[target]})\n#error another target\n#endif\nint main(void) {{ return 0; }}\n"
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(text)
            try:
                self.compiler.compile([str(source)], output_dir=folder, extra_postargs=flags)
            except CompileError:
                return False
        return True


setup(
    ext_modules=[
        extension(f"bcekit.{name}")
        for name in ("_engine", "kernels._cpu", "kernels._tables", "kernels._baseline", "kernels._v3", "kernels._v4")
    ],
    cmdclass={"build_ext": build_ext},
)
