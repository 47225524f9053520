"""LoadLab: measures how a FastAPI service should be run on Kubernetes.

The rooms, from the pure inside to the outside world:

    model       the API: frozen models of both resources, conditions, names
    plan        spec -> Plan: ordered trials and the manifests of each
    progress    the state machine: observed -> decision
    results     histograms, statistics, validity, criteria, verdict
    cluster     the only package that talks to the API server
    collect     pod logs -> measurements
    controller  Kopf handlers and the one pass that calls all of the above
    cli         the `loadlab` command

The first four are pure: no clock, network, randomness, environment or logger.
"""

__version__ = "0.1.0"
