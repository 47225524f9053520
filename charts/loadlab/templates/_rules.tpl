{{/*
What the operator does in a namespace that it watches, and nothing more. It creates, and changes
nothing that is there: get is to see whose an object is that has the name of a child. The passwords
of the stores are created, never read and never deleted: they go with their experiment, as do the
NetworkPolicies, which are listed to see whether somebody deleted or edited one. Events are listed by the uid of a Job or StatefulSet that lacks its pods: nothing
else says why.
*/}}
{{- define "loadlab.rules" -}}
- apiGroups: [loadlab.dev]
  resources: [loadexperiments]
  verbs: [get, list, watch, delete]
- apiGroups: [loadlab.dev]
  resources: [loadexperiments/status, loadtrials/status]
  verbs: [patch]
- apiGroups: [loadlab.dev]
  resources: [loadtrials]
  verbs: [get, list, watch, create]
- apiGroups: [""]
  resources: [pods]  # get: one whose labels somebody changed is in no list
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, create, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]  # where the Services lead to that an experiment asks, and its own
  verbs: [list]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]  # whether what is in one that an experiment names changed: of it a digest is kept
  verbs: [get]
- apiGroups: [""]
  resources: [serviceaccounts]  # whether one may be used by experiments, which its label says
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list, create]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, create]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, delete]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, create, delete]
- apiGroups: [apps]
  resources: [replicasets]  # pods count by their owners, up to the experiment
  verbs: [get, list]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
{{- end -}}
