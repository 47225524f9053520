"""`source .state/activate`: the cluster's programs in a shell of one's own (bash, zsh).

Sourced twice, or in a shell that a changed one started, it changes nothing twice.
"""

from pathlib import Path

ACTIVATE = """\
# Written by `make up`. In bash or zsh, from any folder: source "{script}"
loadlab_deactivate() {{
  local rest=":$PATH:"
  while case "$rest" in *":{folder}:"*) true ;; *) false ;; esac; do
    rest="${{rest%%":{folder}:"*}}:${{rest#*":{folder}:"}}"
  done
  rest="${{rest#:}}"
  PATH="${{rest%:}}"
  if [ "${{KUBECONFIG:-}}" = "{kubeconfig}" ]; then
    if [ -n "${{LOADLAB_FORMER_KUBECONFIG:-}}" ]; then
      export KUBECONFIG="$LOADLAB_FORMER_KUBECONFIG"
    else
      unset KUBECONFIG
    fi
  fi
  unset LOADLAB_FORMER_KUBECONFIG
  hash -r
  if [ "${{1:-}}" != quietly ]; then
    unset -f loadlab_deactivate
    echo "loadlab: this shell is as it was before"
  fi
}}
loadlab_deactivate quietly
export PATH="{folder}:$PATH"
{own_kubeconfig}echo "loadlab: kubectl, helm and loadlab now mean {title}; undo: loadlab_deactivate"
"""
OWN_KUBECONFIG = """\
if [ -n "${{KUBECONFIG:-}}" ]; then export LOADLAB_FORMER_KUBECONFIG="$KUBECONFIG"; fi
export KUBECONFIG="{kubeconfig}"
"""


def build_activation(
    script: Path, title: str, *, kubeconfig: Path, users_kubeconfig: bool = False
) -> str:
    """The text of `activate`, which lies beside bin/; `users_kubeconfig` leaves the shell's own."""
    own = "" if users_kubeconfig else OWN_KUBECONFIG.format(kubeconfig=kubeconfig)
    return ACTIVATE.format(
        script=script,
        folder=script.parent / "bin",
        title=title,
        kubeconfig=kubeconfig,
        own_kubeconfig=own,
    )
