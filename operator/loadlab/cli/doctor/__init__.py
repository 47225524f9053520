"""`loadlab doctor`: what of a cluster stands in the way of an experiment, and what to do about it.

finding    what is found, and how the API server is asked
installed  the cluster, the CRDs, the operator and its images
allowed    what the caller may do
nodes      CPUs, the kubelet's CPU manager, what else uses them
namespace  quotas and LimitRanges that would change or refuse pods
report     all of them, as lines and as JSON

Every check is told what the API server answered and reads nothing itself: what may not be read is
`Not known`, with the reason, and never an error of the command.
"""
