#!/usr/bin/env bash
# Runs one experiment and ends with the exit code of `loadlab gate`. Runs anywhere: what GitHub gives
# (summary, outputs) is used where it is there. See action.yml for what the variables mean.
set -uo pipefail
repository=$(cd "$(dirname "$0")/../../.." && pwd)
namespace=${NAMESPACE:-default}
results=${RESULTS:-loadlab-results}

finish() {
  echo "exit-code=$1" >> "${GITHUB_OUTPUT:-/dev/null}"
  exit "$1"
}
fail() {
  echo "error: $1" >&2
  finish 1
}

[ -f "${EXPERIMENT:-}" ] || fail "no such file: ${EXPERIMENT:-EXPERIMENT is empty}; name the YAML of one LoadExperiment"
mkdir -p "$results" || fail "$results cannot be made"
experiment=$(realpath "$EXPERIMENT")

case ${LOADLAB_CLUSTER:-kind} in
  kind)
    CLUSTER=kind make -C "$repository" install || fail "no cluster with LoadLab came up: see above"
    PATH=$repository/.state/bin:$PATH
    export KUBECONFIG=$repository/.state/kubeconfig
    ;;
  current)
    make -C "$repository" venv || fail "the command line could not be installed: see above"
    PATH=$repository/.venv/bin:$PATH
    kubectl get crd loadexperiments.loadlab.dev > /dev/null ||
      fail "LoadLab is not installed in this cluster, or may not be seen: helm install loadlab charts/loadlab"
    ;;
  *) fail "cluster is kind or current, not ${LOADLAB_CLUSTER}" ;;
esac

kubectl get namespace "$namespace" > /dev/null 2>&1 || kubectl create namespace "$namespace" || fail "no namespace $namespace"
accepted=$(loadlab validate "$experiment") || fail "$EXPERIMENT is not one LoadExperiment that LoadLab would accept: see above"
[ "$(wc -l <<< "$accepted")" = 1 ] || fail "$EXPERIMENT has several LoadExperiments: give each its own file"
name=${accepted%%:*}
# As `loadlab run` applies it, and what it names beside it in the file, such as a ConfigMap. One of this
# name that says otherwise ends the job here: its results are not this one's.
kubectl apply --server-side --force-conflicts --field-manager=loadlab-run -n "$namespace" -f "$experiment" ||
  fail "$EXPERIMENT could not be applied: see above"

loadlab run "$experiment" -n "$namespace" --timeout "${TIMEOUT:-7200}"
ran=$?
for form in md json csv; do
  file=$results/$([ $form = md ] && echo table || echo results).$form
  loadlab results "$name" -n "$namespace" -o $form > "$file"  # which ends with the verdict's code
  grep -q '[^[:space:]]' "$file" || rm -f "$file"
done
if [ ! -f "$results/table.md" ]; then  # no results: then what became of it, and why, as far as it is there
  loadlab results "$name" -n "$namespace" | sed 's/^/    /' > "$results/table.md"
  [ -s "$results/table.md" ] || rm -f "$results/table.md"
fi
[ ! -f "$results/table.md" ] || cat "$results/table.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"

loadlab gate "$name" -n "$namespace" --fail-on "${FAIL_ON:-regressed}" --junit "$results/junit.xml"
gated=$?
[ $ran -ne 1 ] && [ $ran -ne 2 ] || finish $ran  # it broke, or is not over: junit.xml says so, too
finish $gated
