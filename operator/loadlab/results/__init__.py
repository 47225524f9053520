"""From the text of pod logs to an experiment's verdict: pure functions over frozen values.

    pod_log     log text -> PodReport (or a named problem, never an exception)
    documents   the JSON documents of k6 pods, instruments and steward
    histogram   exact HDR histograms: merge, percentiles, text
    trial       pod reports -> TrialMeasurement; components, durability: its parts;
                measurement holds the values
    bounds      every bound of the validity rules, in one place
    judgement   the words of validity: levels, reasons
    validity    may this trial be used: Valid, Suspect or Invalid; work: was the work done
    stored      a judged trial as JSON and back, for the LoadTrial's status
    statistics  means and Student t intervals over replicates
    cell        judged replicates -> CellResult
    criteria    k6 threshold spelling and its outcome per cell and experiment
    figures     the figures of a trial that an expectation may speak of
    expectation claims about differences between cells: Reproduced, Contradicted, Inconclusive
    attribution what held a trial or cell back; utilisation: how full each resource was
    verdict     the experiment's verdict and its best cell

No clock, network, randomness, environment or logger here; hdrh and pydantic are the only
packages used, and nothing of loadlab outside this folder.
"""
