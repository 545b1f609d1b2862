"""Signatures by the `ssh-keygen` program (PROTOCOL.sshsig of OpenSSH): made with a file, an agent or a hardware key.

What it promises: a signature holds for one person's keys and for our namespace alone; the key never leaves the place
where `ssh-keygen` or the agent keeps it; no shell is involved.

What it cannot do: know whether a key was stolen. Bounds and revocation of keys are policy, and are applied before.

To try it by hand: `ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n tidings FILE`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from publisher.model.approval import NAMESPACE
from publisher.model.errors import OutsideError, UsageError

_TIMEOUT_S = 120
"""A person may have to touch a key, or to type a passphrase."""
_MISSING = "The program ssh-keygen is not installed."
_INSTALL = "Install OpenSSH: `apt install openssh-client` on Debian."


def sign(statement: bytes, *, key: Path) -> str:
    """Sign with a private key, or with the agent's key that a public key file names.

    Raises:
        UsageError: the key cannot be used.
        OutsideError: ssh-keygen is not there, or did not end.
    """
    with tempfile.TemporaryDirectory(prefix="tidings-sign-") as folder:
        file = Path(folder) / "statement"
        file.write_bytes(statement)
        done = _run(["-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file)])
        signature = file.with_name("statement.sig")
        if done.returncode != 0 or not signature.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise UsageError(
                f"{key} cannot sign: {said[-1] if said else 'ssh-keygen gave up'}.",
                "Name a private key with --key, or the public key of one that ssh-agent holds.",
            )
        return signature.read_text(encoding="ascii")


def public_half(key: Path) -> str:
    """Give the public key that belongs to a key file: type and base64.

    Raises:
        UsageError: there is none.
    """
    public = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    try:
        parts = public.read_text(encoding="utf-8").split()
    except OSError as error:
        raise UsageError(
            f"{public} cannot be read.", "Name your key with --key; its .pub must lie beside it."
        ) from error
    return " ".join(parts[:2])


def holds(statement: bytes, signature: str, *, person: str, keys: Sequence[str]) -> bool:
    """Say whether a signature over a statement was made with one of somebody's keys, for us.

    Args:
        statement: the bytes that were signed.
        signature: armoured, as ssh-keygen writes it.
        person: by which allowed signers are looked up.
        keys: their public keys that count now.

    Raises:
        OutsideError: ssh-keygen is not there, or did not end.
    """
    if not keys or not signature.startswith("-----BEGIN SSH SIGNATURE-----"):
        return False
    with tempfile.TemporaryDirectory(prefix="tidings-verify-") as folder:
        allowed, armoured = Path(folder) / "allowed", Path(folder) / "signature"
        lines = [f'{person} namespaces="{NAMESPACE}" {key}\n' for key in keys]
        allowed.write_text("".join(lines), encoding="ascii")
        armoured.write_text(signature, encoding="utf-8")
        words = ["-Y", "verify", "-f", str(allowed), "-I", person, "-n", NAMESPACE, "-s", str(armoured)]
        return _run(words, stdin=statement).returncode == 0


def _run(words: Sequence[str], *, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a list of words, no shell
            ["ssh-keygen", *words],  # noqa: S607 - the house's own, wherever it is installed
            # whoever has a passphrase is asked on the terminal; without input of ours it stays theirs
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise OutsideError(_MISSING, _INSTALL) from error
    except subprocess.TimeoutExpired as error:
        raise OutsideError("ssh-keygen did not end.", "Look whether it waits for a key to be touched.") from error
