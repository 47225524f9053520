"""Makes a release: images, chart, install.yaml, wheel, SBOMs, checksums. `make release` runs it.

What is made needs no right to publish anything, and stands complete in build/release before the
first thing is pushed: the digest of an image is known from its archive. Only `push` talks to a
registry.

    steps       the steps by their names
    push        to a registry: images, then the chart, which is what makes a version released
    sboms       what each image and the wheel is made of
    chart       the chart and install.yaml with the released images
    images      built by the machine's Docker, kept as archives
    python      wheel and sdist, checksums
    plan        what is released under which names: pure
"""
