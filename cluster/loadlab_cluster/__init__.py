"""Brings up the Kubernetes that LoadLab is developed and demonstrated on.

Only the standard library may be imported: this package runs with the system's python3 before any
virtual environment exists. The layers, each using only the ones below it:

    cli, demo                 what a person calls
    embedded, kind, current   the three kinds of cluster
    images, own_image, build  the images and how they reach the node
    components, node_files    pure: command lines and configuration of the embedded node
    network, pki, daemons, containerd, cgroups, api, go_builds, debian, handout, activation
    terminal, commands, settings, errors
"""
