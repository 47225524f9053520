"""What GitHub runs is pinned, and everything pinned is looked after."""

import re

import yaml

# Of versions that belong together and stand in cluster/versions.env.
BY_HAND = {"/cluster/hyperkube", "/cluster/kind"}


def test_every_action_is_pinned_by_its_digest(repository):
    """A version is a tag that its owner, or who took the account, can move."""
    files = (repository / ".github").glob("*/**/*.y*ml")
    named = [use for file in files for use in re.findall(r"uses: *(.+)", file.read_text())]
    used = [use for use in named if not use.startswith("./")]
    pinned = r"[\w/-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+"

    assert len(used) > 8
    assert [use for use in used if not re.fullmatch(pinned, use)] == []
    assert len({use.partition("@")[0] for use in used}) == len(set(used)), "one version of each"


def watched(repository, ecosystem: str) -> set[str]:
    config = yaml.safe_load((repository / ".github" / "dependabot.yml").read_text())
    entries = [e for e in config["updates"] if e["package-ecosystem"] == ecosystem]
    return {d for e in entries for d in e.get("directories", [e.get("directory")])}


def folders(repository, tracked, name: str) -> set[str]:
    found = {"/" + str(f.parent.relative_to(repository)) for f in tracked if f.name == name}
    return {"/" if folder == "/." else folder for folder in found}


def test_newer_go_modules_are_proposed(repository, tracked):
    assert watched(repository, "gomod") == folders(repository, tracked, "go.mod") - BY_HAND


def test_newer_base_images_are_proposed(repository, tracked):
    recipes = folders(repository, tracked, "Dockerfile")
    standins = {each for each in recipes if each.startswith("/cluster/")}  # nothing from a registry

    assert watched(repository, "docker") == recipes - standins


def test_newer_packages_and_actions_are_proposed(repository):
    assert watched(repository, "pip") == {"/requirements"}
    assert watched(repository, "github-actions") == {"/"}
