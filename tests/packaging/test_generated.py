"""Generated files are what their sources say: regenerated first, compared then."""

import pytest
import yaml

from loadlab.crd import experiment_crd, render, trial_crd

CRDS = {"loadexperiments": experiment_crd, "loadtrials": trial_crd}


@pytest.mark.parametrize("name", sorted(CRDS))
def test_crds_are_those_of_the_models(repository, name):
    committed = (repository / "crds" / f"{name}.yaml").read_text()

    assert committed == render(CRDS[name]()), "run `make crds`"


def test_no_other_crd_lies_about(repository):
    assert {file.stem for file in (repository / "crds").iterdir()} == set(CRDS)


def test_chart_holds_the_crds(repository, generator):
    committed = (repository / "charts/loadlab/templates/crds.yaml").read_text()

    assert committed == generator.chart_crds(), "run `make manifests`"


def test_braces_in_a_crd_survive_the_template(generator):
    crd = "# header\nmetadata:\n  name: x\nspec:\n  description: '{{ .Values.secret }}'\n"

    template = generator._template(crd)

    assert 'description: \'{{ "{{" }} .Values.secret {{ "}}" }}\'' in template
    assert not template.startswith("#")


def test_a_crd_of_unknown_shape_is_refused(generator):
    with pytest.raises(SystemExit, match="0 lines"):
        generator._template("kind: CustomResourceDefinition\n")


def test_installed_crds_are_those_of_the_models(installed):
    found = {o["metadata"]["name"]: o["spec"] for o in installed if "Definition" in o["kind"]}

    wanted = {crd["metadata"]["name"]: crd["spec"] for crd in (experiment_crd(), trial_crd())}
    assert found == yaml.safe_load(yaml.safe_dump(wanted))


@pytest.mark.integration
def test_install_manifest_is_rendered_from_the_chart(repository, generator, helm):
    committed = (repository / "manifests" / "install.yaml").read_text()

    assert committed == generator.install_manifest(helm), "run `make manifests`"
