"""The API of LoadLab: frozen models of LoadExperiment and LoadTrial, conditions and names.

The models are the one source of the CRDs: `python -m loadlab.crd` prints them.
"""
