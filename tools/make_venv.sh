#!/usr/bin/env bash
# Set up the virtual environment in .venv: flowrun from this checkout, with what its tests need.
# Uses the first Python >= 3.11 among $PYTHON, python3 and python3.11 to python3.14.
set -euo pipefail
cd "$(dirname "$0")/.."

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "flowrun needs Python 3.11 or newer, and none was found." >&2
    echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
}

if ! fits .venv/bin/python; then
    python=$(find_python)
    echo "Setting up .venv with $("$python" --version) ..."
    "$python" -m venv --clear .venv || {
        echo "Python's venv module does not work here; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
touch .venv/.installed
