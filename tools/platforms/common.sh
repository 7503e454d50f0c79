# Shared by the scripts here; sourced, not run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
mkdir -p "${PLATFORM_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/bcekit-platforms}"
cache=$(cd "$PLATFORM_CACHE" && pwd)
export PLATFORM_CACHE=$cache
certificates=/etc/ssl/certs/ca-certificates.crt

usage() { # the comment at the top of the script
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
    exit 2
}

need() { # need COMMAND [WHERE IT COMES FROM]
    command -v "$1" >/dev/null || { echo "$1 is missing: ${2:-apt-get install $1}" >&2; exit 1; }
}

# A Python with the build tools, outside of every root.
tools() {
    local python=$cache/tools/bin/python
    if [ ! -e "$cache/tools/ok" ]; then
        python3 -m venv "$cache/tools"
        "$python" -m pip install -qq build 'cython>=3.3' 'setuptools>=80' ziglang 'cibuildwheel>=4'
        touch "$cache/tools/ok"
    fi
    echo "$python"
}

# Where the tree that is tested comes from: the sdist of this checkout, unpacked in DIR/bcekit.
unpack_sdist() { # unpack_sdist DIR
    local python files
    python=$(tools) files=$(mktemp -d)
    # only what git knows or would add, so that build leftovers stay out
    git -C "$checkout" ls-files -z --cached --others --exclude-standard |
        tar -C "$checkout" --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf - -C "$files"
    nice -n 19 "$python" -m build -q --no-isolation --sdist --outdir "$1/sdist" "$files" > "$1/sdist.log" 2>&1 ||
        { cat "$1/sdist.log" >&2; return 1; }
    mkdir -p "$1/bcekit"
    tar -xzf "$1"/sdist/*.tar.gz -C "$1/bcekit" --strip-components=1
    rm -rf "$files"
}

# A command in a root, with nothing of the caller's environment but what is named, /proc and /dev/shm of its own while it
# runs, and SIGINT as usual, which a shell has its background jobs ignore; $personality may be linux32.
in_root() { # in_root DIR [NAME=VALUE...] COMMAND...
    local root=$1
    shift
    mkdir -p "$root/dev/shm"
    # shellcheck disable=SC2016 # the inner shell expands these
    nice -n 19 unshare --mount ${personality-} sh -ec 'mount -t proc proc "$0/proc"
        mount -t tmpfs tmpfs "$0/dev/shm"
        exec chroot "$0" "$@"' "$root" /usr/bin/env -i --default-signal=INT PATH=/usr/local/bin:/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 \
        SSL_CERT_FILE=$certificates PIP_CERT=$certificates PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_PREFER_BINARY=1 \
        PYTHONDONTWRITEBYTECODE=1 "$@"
}

# Debian's mirror as this machine's apt names it.
mirror() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
        2>/dev/null | sort -u | head -1)
    echo "${uri:-http://deb.debian.org/debian}"
}

# The upstream tarball of a Debian source package; apt checks signatures and sums, in a state of its own.
debian_source() { # debian_source SUITE PACKAGE
    local folder=$cache/source-$2
    if [ ! -e "$folder/ok" ]; then
        rm -rf "$folder"
        mkdir -p "$folder"/{lists/partial,cache/archives/partial}
        local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
        echo "deb-src [signed-by=$keyring] $(mirror) $1 main" > "$folder/sources.list"
        local apt=(nice -n 19 apt-get -q -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
            -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o Acquire::Check-Valid-Until=false
            -o Acquire::Languages=none -o APT::Sandbox::User=root)
        (cd "$folder" && "${apt[@]}" update && "${apt[@]}" source --download-only --tar-only --only-source "$2") \
            > "$folder/log" 2>&1 || { tail -5 "$folder/log" >&2; return 1; }
        touch "$folder/ok"
    fi
    ls "$folder"/*.orig.tar.?z
}

cpython_source() { # cpython_source VERSION
    case $1 in
    3.11) debian_source bookworm python3.11 ;;
    3.13) debian_source trixie python3.13 ;;
    *) echo "no source of CPython $1" >&2; return 1 ;;
    esac
}

# What the tests read, beside the wheel: the root's /opt/t gets it without the sources, so that the wheel is tested, and
# without the examples and benchmarks, which want SciPy, Matplotlib and scikit-learn; their tests are skipped then.
lay_out_tests() { # lay_out_tests TREE ROOT
    rm -rf "$2/opt/t"
    mkdir -p "$2/opt/t/site"
    local name
    for name in tests tools benchmarks docs README.md pyproject.toml; do [ ! -e "$1/$name" ] || cp -r "$1/$name" "$2/opt/t/"; done
}

# One line on where the tests run, for the record.
ABOUT='
import platform, sys, sysconfig
import numpy, bcekit
config = bcekit.show_config(mode="dicts")
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print("Python", platform.python_version(), "" if gil else "without GIL,", "NumPy", numpy.__version__,
      platform.machine(), sys.byteorder, "endian", 64 if sys.maxsize > 2**32 else 32, "bit,", *config["isa_available"])'
