#!/usr/bin/env bash
# Set this folder up, saying first what will be installed. A second run finds its stamps and does nothing.
#
#   tools/setup.sh demo      a virtual environment in .venv with what Tidings needs to run
#   tools/setup.sh packages  … and the Python packages of its tests
#   tools/setup.sh test      … and Debian and Node packages of its tests (browser, web server, fonts, Java, ssh-keygen)
#
# PYTHON names the interpreter (3.11 or later). Everything lands in .venv, node_modules and .tools, but for Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."
goal=${1:?demo, packages or test}
mkdir -p .tools

say() { printf '%s\n' "$*" >&2; }
stop() {
    say "setup: $1"
    say "       $2"
    exit 1
}

# apt-get as root, by whatever way this machine offers; false when there is none
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}
can_install() { command -v apt-get >/dev/null && as_root true 2>/dev/null; }
debian_install() {
    say "setup: installing Debian packages with apt-get: $*"
    as_root apt-get -o Acquire::Retries=3 update -q >.tools/apt.log 2>&1 ||
        say "setup: apt-get update failed (see .tools/apt.log); trying with the lists that are here"
    # a server that is installed for tests starts neither now nor with the machine
    local quiet=/usr/sbin/policy-rc.d made= code=0
    if [ ! -e $quiet ]; then
        made=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $quiet >/dev/null && as_root chmod 755 $quiet
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends "$@" >>.tools/apt.log 2>&1 || code=$?
    [ -z "$made" ] || as_root rm -f $quiet
    case " $* " in *" nginx-light "*) as_root systemctl disable nginx >>.tools/apt.log 2>&1 || true ;; esac
    return $code
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    stop "no Python 3.11 or later${PYTHON:+ at PYTHON=$PYTHON}." "Install python3.11, or run: make PYTHON=/path/to/python3.11 …"
}

make_venv() {
    local python short
    # a venv whose interpreter is gone (the folder moved, Python was upgraded) is made anew
    if [ -x .venv/bin/python ] && .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        return
    fi
    python=$(find_python)
    short=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        can_install || stop "$python cannot make virtual environments, and there is no root to install python$short-venv." \
            "Ask for the package python$short-venv, or name another interpreter: make PYTHON=…"
        debian_install "python$short-venv" || stop "apt-get could not install python$short-venv." "Read .tools/apt.log."
    fi
    say "setup: making .venv with $python ($short)"
    rm -rf .venv .tools/*.stamp
    "$python" -m venv .venv
}

# what a lock, the project and this set-up are, in one word
wanted_state() {
    cat "$1" pyproject.toml tools/uv.txt tools/setup.sh |
        .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}
is_synced() { [ -f ".tools/$2.stamp" ] && [ "$(cat ".tools/$2.stamp")" = "$(wanted_state "$1")" ]; }

# Packages as the lock names them, by hash. uv is quick; where it cannot reach an index that pip is configured for, pip does it.
sync_packages() {
    local lock=$1 index
    if is_synced "$1" "$2"; then
        return
    fi
    say "setup: installing $(grep -c '^[a-zA-Z]' "$lock") Python packages into .venv, as $lock says, each checked by its hash"
    # an environment that another tool made may lack pip
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null 2>&1 ||
        stop ".venv has no pip and cannot get it." "Remove the folder .venv and run this again."
    if [ ! -x .venv/bin/uv ]; then
        .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r tools/uv.txt ||
            say "setup: uv could not be installed; pip will do"
    fi
    index=$(.venv/bin/python -m pip config get install.index-url 2>/dev/null || .venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
    if ! UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-${index:-}}} SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-}} use_uv "$lock"; then
        say "setup: uv could not fetch them; trying pip with its own settings (slower)"
        .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$lock"
        .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
    fi
    .venv/bin/python -m compileall -q -j 2 publisher >/dev/null || true
    wanted_state "$lock" >".tools/$2.stamp"
}
use_uv() {
    [ -x .venv/bin/uv ] || return 1
    [ -n "$UV_DEFAULT_INDEX" ] || unset UV_DEFAULT_INDEX
    [ -n "$SSL_CERT_FILE" ] || unset SSL_CERT_FILE
    export VIRTUAL_ENV=$PWD/.venv UV_NO_PROGRESS=1 UV_LINK_MODE=copy
    # the lock names neither pip nor uv: they stay, because `install` leaves alone what it was not asked about
    .venv/bin/uv pip install -q --no-deps --require-hashes --compile-bytecode -r "$1" &&
        .venv/bin/uv pip install -q --no-deps -e .
}

# what the tests run, and the Debian package it comes in; a program from elsewhere will do as well
debian_missing() {
    # servers lie where ordinary users do not look
    local pair PATH=$PATH:/usr/sbin
    for pair in chromium:chromium nginx:nginx-light java:default-jre-headless ssh-keygen:openssh-client node:nodejs npm:npm; do
        command -v "${pair%%:*}" >/dev/null || printf '%s\n' "${pair##*:}"
    done
    if command -v dpkg-query >/dev/null; then
        # the fonts of all our languages, and a library that Playwright's own Node links to
        for pair in fonts-noto-core libatomic1; do
            dpkg-query -W -f '${Status}' "$pair" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$pair"
        done
    fi
}
debian_packages() {
    local missing
    missing=$(debian_missing)
    if [ -z "$missing" ]; then
        return
    fi
    # shellcheck disable=SC2086 # one word a package
    if ! can_install; then
        say "setup: not installed, because there is no root here:" $missing
    elif ! debian_install $missing; then
        say "setup: apt-get could not install all of:" $missing "(see .tools/apt.log)"
    fi
}
node_packages() {
    command -v npm >/dev/null || return 0
    if [ -f node_modules/.package-lock.json ] && cmp -s package-lock.json .tools/package-lock.json; then
        return
    fi
    say "setup: installing the Node packages of package-lock.json into node_modules (none runs an install script)"
    if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >.tools/npm.log 2>&1; then
        cp package-lock.json .tools/package-lock.json
    else
        say "setup: npm could not install them (see .tools/npm.log)"
    fi
}

case $goal in
    demo)
        make_venv
        # what the tests install holds all that a run needs
        is_synced requirements-dev.lock dev || sync_packages requirements.lock run
        ;;
    packages)
        make_venv
        sync_packages requirements-dev.lock dev
        ;;
    test)
        make_venv
        sync_packages requirements-dev.lock dev
        debian_packages
        node_packages
        ;;
    *) stop "nobody knows how to set up '$goal'." "Say demo, packages or test." ;;
esac
