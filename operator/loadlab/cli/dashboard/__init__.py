"""`loadlab dashboard`: what stands in the cluster, and what happens there, as pages on loopback.

entries    a LoadExperiment -> what a page shows of it (pure)
curves     progress lines of a run's generators -> its seconds (pure)
board      the latest of all that is shown, and the signal that it has changed
watching   the API server -> the board: which experiments there are, and whether it answers
following  logs of generators -> the board: the seconds of a run that somebody looks at
events     the board -> server-sent events, to readers of any speed
reports    reports of experiments, made once and kept while they are looked at
pages      what is sent as HTML, by templates that escape everything
doors      who is let in: the address's token, loopback names, no other site
app        the addresses
serving    the server and its tasks

It reads with the caller's kubeconfig, and writes nothing. No reader can make it hold more: there is
one board, of bounded size, and each reader is sent what has changed since it was last sent some.
"""
