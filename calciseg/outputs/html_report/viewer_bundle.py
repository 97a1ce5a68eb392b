"""NiiVue, the viewer in the report: other people's work, in the package bundled and minified."""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

__all__ = ["ViewerBundle", "csp_hash", "viewer_bundle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerBundle:
    """The script and where it comes from."""

    name: str
    version: str
    licence: str
    sha256: str
    licences: str
    """The full texts, of all that it contains."""
    script: bytes
    packed: str
    """The script as a page carries it: deflated, as Base64."""

    @property
    def csp_hash(self) -> str:
        """The script's hash, as a Content-Security-Policy names it."""
        return csp_hash(self.script)


def csp_hash(text: bytes) -> str:
    """Return the hash of a script or style, as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode('ascii')}'"


@lru_cache(maxsize=1)
def viewer_bundle() -> ViewerBundle:
    """Return the bundle that ships with the package."""
    vendor = files("calciseg.outputs.html_report") / "vendor"
    facts = json.loads((vendor / "niivue.json").read_text(encoding="utf-8"))
    script = (vendor / "niivue.min.js").read_bytes()
    return ViewerBundle(
        name=facts["name"],
        version=facts["version"],
        licence=facts["licence"],
        sha256=facts["sha256"],
        licences=(vendor / "LICENCES.txt").read_text(encoding="utf-8"),
        script=script,
        packed=base64.b64encode(zlib.compress(script, 9)).decode("ascii"),
    )
