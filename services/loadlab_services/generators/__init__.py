"""Load generators of others, each as a pod that keeps the contract of docs/generators.md.

contract       what a pod is given, and the lines that it prints
steward        the steward's side: readiness, common start, snapshots, account
run            the one sequence of every generator
stopping       SIGTERM as an exception
watched        a child process, and what it used meanwhile
outcome        what a tool found, whichever it was
document       the outcome as the versioned document
values         variables of a request, in Lua and Python
locust_users   Locust's side, a process of its own
wrk, hey, …    how a tool is called, and what it says
"""
