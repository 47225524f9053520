"""Spec -> Plan, pure: the cells, the order of the trials and the manifests of each.

Same spec, same images: the same plan, byte for byte. `make_plan` is the door.
"""

from loadlab.plan.plan import Images, Plan, PlanError, PlannedTrial, make_plan

__all__ = ["Images", "Plan", "PlanError", "PlannedTrial", "make_plan"]
