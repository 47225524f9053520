"""Generates what is made from other files: the chart's CRDs and manifests/install.yaml.

    python3 charts/generate.py crds      charts/loadlab/templates/crds.yaml from crds/
    python3 charts/generate.py install   manifests/install.yaml from the chart, by $HELM or helm
    python3 charts/generate.py print-install FOLDER   the same from a copy of the chart, printed

Both work on text: a YAML library would reorder, requote and lose comments.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CHART = REPOSITORY / "charts" / "loadlab"
CHART_CRDS = CHART / "templates" / "crds.yaml"
INSTALL = REPOSITORY / "manifests" / "install.yaml"
NAMESPACE = "loadlab-system"
# Helm renders for the version it is told; the chart asks for 1.30 at least.
KUBERNETES = "1.30.0"

METADATA = re.compile(r"^metadata:\n  name: .*\n", re.MULTILINE)
CRDS_HEADER = "{{- /* Generated from crds/ by `make manifests`. Do not edit. */ -}}\n"
MARKS = """\
  labels:
    {{- include "loadlab.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
"""
INSTALL_HEADER = f"""\
# LoadLab with its defaults, for `kubectl apply -f`. Other settings: install charts/loadlab by Helm.
# Generated from charts/loadlab by `make manifests`. Do not edit.
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    app.kubernetes.io/part-of: loadlab
    pod-security.kubernetes.io/enforce: restricted
"""
# What speaks of Helm would be untrue in a file that is applied by kubectl.
OF_HELM = re.compile(r"^ *(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n", re.MULTILINE)


def chart_crds() -> str:
    """Return the chart's template of the CRDs."""
    files = sorted((REPOSITORY / "crds").glob("*.yaml"))
    documents = "".join(f"---\n{_template(file.read_text())}" for file in files)
    return f"{CRDS_HEADER}{{{{- if .Values.crds.enabled }}}}\n{documents}{{{{- end }}}}\n"


def _template(crd: str) -> str:
    """Return a CRD as a template: with labels, and braces that mean nothing to Helm."""
    without_header = re.sub(r"\A(#.*\n)+", "", crd)
    escaped = re.sub(r"\{\{|\}\}", lambda found: f'{{{{ "{found[0]}" }}}}', without_header)
    marked, count = METADATA.subn(r"\g<0>" + MARKS, escaped)
    if count != 1:
        sys.exit(f"a CRD has {count} lines 'metadata:' with a name below, not one")
    return marked


def install_manifest(helm: str, chart: Path = CHART) -> str:
    """Return manifests/install.yaml, rendered by the given Helm program."""
    options = [f"--namespace={NAMESPACE}", f"--kube-version={KUBERNETES}", "--no-hooks"]
    command = [helm, "template", "loadlab", str(chart), *options, "--set=crds.keep=false"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return f"{INSTALL_HEADER}{OF_HELM.sub('', done.stdout)}"


def main() -> None:
    """Write the file that the argument names."""
    match sys.argv[1:]:
        case ["crds"]:
            CHART_CRDS.write_text(chart_crds())
        case ["install"]:
            INSTALL.write_text(install_manifest(os.environ.get("HELM", "helm")))
        case ["print-install", chart]:
            sys.stdout.write(install_manifest(os.environ.get("HELM", "helm"), Path(chart)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
