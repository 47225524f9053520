{{- define "loadlab.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name alone where it says what it is: `helm install loadlab` names all things loadlab. */}}
{{- define "loadlab.fullname" -}}
{{- $name := include "loadlab.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "loadlab.serviceAccountName" -}}
{{- default (ternary (include "loadlab.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "loadlab.selectorLabels" -}}
app.kubernetes.io/name: {{ include "loadlab.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "loadlab.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "loadlab.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: loadlab
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Call with (dict "context" $ "image" .Values.images.x); a digest takes the place of the tag. */}}
{{- define "loadlab.image" -}}
{{- $registry := (.context.Values.global).imageRegistry -}}
{{- $repository := ternary (printf "%s/%s" $registry .image.repository) .image.repository (not (empty $registry)) -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .context.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "loadlab.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "loadlab.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What is on of k6Outputs, as JSON; nothing where nothing is. */}}
{{- define "loadlab.k6Outputs" -}}
{{- $on := dict -}}
{{- range $name, $output := .Values.k6Outputs -}}
{{- if $output.url -}}
{{- $to := $output.to | default dict -}}
{{- if not (and $to.port (ne (empty $to.namespace) (empty $to.cidr))) -}}
{{- fail (printf "k6Outputs.%s.to says whom the generators may speak to: give it a port and either a namespace or a cidr, such as {namespace: monitoring, port: 4318}" $name) -}}
{{- end -}}
{{- $_ := set $on $name $output -}}
{{- end -}}
{{- end -}}
{{- /* Kubernetes would expand $(NAME) in a value; in JSON a dollar has another name. */ -}}
{{- if $on -}}{{- toJson $on | replace "$" "\\u0024" -}}{{- end -}}
{{- end -}}

{{/* Call with (dict "context" $ "flag" .. "kind" .. "api" .. "remedy" ..): fails where the cluster has no such API. */}}
{{- define "loadlab.needsApi" -}}
{{- if not (.context.Capabilities.APIVersions.Has .api) -}}
{{- fail (printf "%s needs %s (%s), which this cluster has not: %s, or leave it off" .flag .kind .api .remedy) -}}
{{- end -}}
{{- end -}}
