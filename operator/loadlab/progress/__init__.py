"""The state machine, pure: plan and observation in, decision out.

Read `decide` first; it shows the whole life of an experiment.
"""
