"""One run: from the text of pod logs to a TrialMeasurement. Pure functions over frozen values.

pod_log           log text -> PodReport (or a named problem, never an exception)
documents         the JSON documents of k6 pods, instruments and steward
series            what ended in each second
nearby            a script's own values about a percentile, of which a few are stored
histogram         exact HDR histograms: merge, percentiles; hdr_text reads their text
sending           how late requests were sent, and what their latency counts from
trial             pod reports -> TrialMeasurement; usage, requests_by_name, work_done and
                  durability are its parts
put_off           what a queue accepted and its workers did not write meanwhile
values            what these parts are made of
"""
