"""How a service reaches its stores: connections, pools, a cache, and the answer when one is away.

Nothing here knows a workload. Each module imports its own client only, so that a service without a
store pays for none of them.
"""
