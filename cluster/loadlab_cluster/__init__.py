"""Brings up the Kubernetes that LoadLab is developed and demonstrated on.

Only the standard library may be imported: this package runs with the system's python3 before any
virtual environment exists. The layers, each using only the ones below it:

    cli, demo, clusters       what a person calls
    release                   what a tag makes: images, chart, files; it needs no cluster
    embedded, kind, current   the three kinds of cluster
    build, machine_docker     the images and how they reach the node
    own_image, images         pure: what an image is made of
    components, node_files    pure: command lines and configuration of the embedded node
    handout, activation       pure: what a person uses of the cluster
    the others                one tool each: network, containerd, go_builds, debian, …
    commands, terminal, settings, errors

pyproject.toml has them one by one, as an import contract.
"""
