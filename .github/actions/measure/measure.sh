#!/usr/bin/env bash
# Runs one experiment and ends with the exit code of `loadlab gate`. Runs anywhere: what GitHub gives
# (summary, outputs) is used where it is there. See action.yml for what the variables mean.
set -uo pipefail
repository=$(cd "$(dirname "$0")/../../.." && pwd)
namespace=${NAMESPACE:-default}
results=${RESULTS:-loadlab-results}
of_experiment=(-n "$namespace" --ignore-not-found -o 'jsonpath=is{.status.conditions[?(@.type=="Finished")].status}')
name= takes_down= archive= child=
summary_bytes=1000000  # of a larger one GitHub shows nothing
read -r -d '' -a images <<< "${IMAGES:-}"

put_out() { echo "$1" >> "${GITHUB_OUTPUT:-/dev/null}"; }
finish() {
  trap : INT TERM  # what is begun here is ended: a runner that cancels waits ten seconds
  put_out "exit-code=$1"
  [ -z "$archive" ] || rm -f "$archive"
  [ -z "$takes_down" ] || CLUSTER=kind make -C "$repository" down >&2
  exit "$1"
}
fail() {
  echo "error: $1" >&2
  finish 1
}
# What nobody will read must not keep others waiting: one experiment is measured at a time.
terminate() {
  echo "$name is not over, and is ended" >&2
  kubectl patch loadexperiment "$name" -n "$namespace" --type merge -p '{"spec":{"terminate":true}}' >&2
}
# A trap waits for what runs in the foreground, and a runner kills what has not ended in ten seconds:
# what takes longer runs beside this script, in a process group that can be ended as a whole.
long() {
  set -m
  "$@" &
  child=$!
  set +m
  local code=0
  wait "$child" || code=$?
  child=
  return $code
}
cancelled() {
  trap : INT TERM
  [ -z "$child" ] || kill -- "-$child" 2> /dev/null
  [ -z "$name" ] || terminate
  finish 2
}
# Whatever is refused is refused for all of the file, before any of it is there.
apply() {
  kubectl apply "$@" --server-side --force-conflicts --field-manager=loadlab-run -n "$namespace" -f "$experiment" ||
    fail "$EXPERIMENT could not be applied: see above"
}
# After an hour of measuring it would be late to say so.
refuse_wrong_words() {
  case ${FAIL_ON:-regressed} in
    criteria | regressed | inconclusive) ;;
    *) fail "fail-on is criteria, regressed or inconclusive, not $FAIL_ON" ;;
  esac
  [[ ${TIMEOUT:-7200} =~ ^[0-9.]*[1-9][0-9a-z.]*$ ]] || fail "timeout is a number of seconds, or such as 30m, not $TIMEOUT"
  [[ ${KEEP:-false} =~ ^(true|false)$ ]] || fail "keep is true or false, not $KEEP"
  [[ ${AGAIN:-true} =~ ^(true|false)$ ]] || fail "again is true or false, not $AGAIN"
}
# A cluster in kind has its own store: of what the runner's Docker holds, nothing is in it.
load_images() {
  local image
  for image in "${images[@]}"; do
    docker image inspect "$image" > /dev/null 2>&1 ||
      fail "no image $image in this machine's Docker: build it in a step before this one (docker build --tag $image), or pull it"
  done
  archive=$(mktemp) || fail "no room for an archive of the images"
  docker save --output "$archive" "${images[@]}" || fail "${images[*]} could not be saved: see above"
  CLUSTER=kind PYTHONPATH=$repository/cluster long python3 -m loadlab_cluster load "$archive" ||
    fail "${images[*]} could not be loaded into the kind cluster: see above"
  rm -f "$archive"  # some hundred megabytes
}
trap cancelled INT TERM
put_out "artifact=loadlab-results${GITHUB_JOB:+-$GITHUB_JOB}${JOB_INDEX:+-$JOB_INDEX}"

mkdir -p "$results" || fail "$results cannot be made"
# Of an earlier step: where this one breaks off, they would be taken for its own.
rm -f "$results"/{table.md,results.json,results.csv,junit.xml} || fail "$results cannot be emptied of an earlier run's files"
refuse_wrong_words
[ -f "${EXPERIMENT:-}" ] || fail "no such file: ${EXPERIMENT:-EXPERIMENT is empty}; name the YAML of one LoadExperiment"
experiment=$(realpath "$EXPERIMENT")

case ${LOADLAB_CLUSTER:-kind} in
  kind)
    # One that is only stopped is somebody's, with what was measured on it.
    [ -n "$(docker ps --all --quiet --filter label=io.x-k8s.kind.cluster=loadlab 2> /dev/null)" ] ||
      CLUSTER=kind make -C "$repository" status > /dev/null 2>&1 || [ "${KEEP:-false}" = true ] || takes_down=true
    CLUSTER=kind long make -C "$repository" install || fail "no cluster with LoadLab came up: see above"
    [ ${#images[@]} = 0 ] || load_images
    PATH=$repository/.state/bin:$PATH
    export KUBECONFIG=$repository/.state/kubeconfig
    ;;
  current)
    [ ${#images[@]} = 0 ] ||
      fail "images are loaded into a cluster in kind only: push ${images[*]} where your cluster pulls from, and name them so in $EXPERIMENT"
    long make -C "$repository" venv || fail "the command line could not be installed: see above"
    PATH=$repository/.venv/bin:$PATH
    kubectl get loadexperiments -n "$namespace" -o name > /dev/null ||
      fail "LoadLab is not installed in this cluster (helm install loadlab charts/loadlab), or its experiments in $namespace may not be read (the ClusterRole loadlab-edit)"
    ;;
  *) fail "cluster is kind or current, not ${LOADLAB_CLUSTER}" ;;
esac

# Whoever has rights in one namespace only may neither see nor make one: then applying says what is wrong.
if ! kubectl get namespace "$namespace" > /dev/null 2>&1 && kubectl auth can-i create namespaces > /dev/null 2>&1; then
  kubectl create namespace "$namespace" || fail "no namespace $namespace"
fi
accepted=$(loadlab validate "$experiment") || fail "$EXPERIMENT is not one LoadExperiment that LoadLab would accept: see above"
[ "$(wc -l <<< "$accepted")" = 1 ] || fail "$EXPERIMENT has several LoadExperiments: give each its own file"
measured=${accepted%%:*}
put_out "artifact=loadlab-$measured${GITHUB_JOB:+-$GITHUB_JOB}${JOB_INDEX:+-$JOB_INDEX}"
# What ended before was of former images: the same file does not say that a tag has moved.
stands=$(kubectl get loadexperiment "$measured" "${of_experiment[@]}") ||
  fail "it is not known whether $measured is in $namespace already: see above, and run the job again"
case $stands in
  "") ;;
  isTrue)
    [ "${AGAIN:-true}" = true ] ||
      fail "$measured ended before, and its results are not of this run: delete it (kubectl delete loadexperiment $measured -n $namespace), or give each run a name"
    echo "$measured ended before: it is deleted, and measured again"
    kubectl delete loadexperiment "$measured" -n "$namespace" --timeout=180s || fail "$measured could not be deleted"
    ;;
  *) fail "$measured is being measured in $namespace for somebody else: wait for it, give this run another name, or end it (kubectl patch loadexperiment $measured -n $namespace --type merge -p '{\"spec\":{\"terminate\":true}}')" ;;
esac
# As `loadlab run` applies it, and what it names beside it in the file, such as a ConfigMap. One of this
# name that says otherwise ends the job here: its results are not this one's.
apply --dry-run=server > /dev/null
name=$measured  # from here on there may be one to terminate
apply

long loadlab run "$experiment" -n "$namespace" --timeout "${TIMEOUT:-7200}"
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
if [ -f "$results/table.md" ]; then
  {
    head -c $summary_bytes "$results/table.md"
    [ "$(wc -c < "$results/table.md")" -le $summary_bytes ] || printf '\n\nThe rest is in table.md of the results.\n'
  } >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
fi

loadlab gate "$name" -n "$namespace" --fail-on "${FAIL_ON:-regressed}" --junit "$results/junit.xml"
gated=$?
[ $ran -ne 2 ] && [ $gated -ne 2 ] || terminate  # whatever ended the following of it
[ $ran -ne 1 ] && [ $ran -ne 2 ] || finish $ran  # it broke, or is not over: junit.xml says so, too
finish $gated
