"""Many runs: from the judged trials of an experiment to what its status says.

summary           the trials -> the status, cell by cell; status_budget keeps it small
trial_figures     what is kept of a trial once its histograms are merged
cells             stored trials -> analysed cells; cell: one row; cell_figures, cell_latency,
                  cell_percentiles, cell_work: its parts
statistics        means and Student t intervals over replicates
percentiles       one latency for a row; shares: how well a share of failures is known
usl               the scalability law; hard_limit: its rival; scaling: where either is told
pilots            what limited what a pilot trial carried; tiers: the best cell over several rates
recommendation    what to do about the results, in sentences
threshold         k6 threshold spelling; criteria: its outcome per cell and experiment
expectation       claims about differences between cells: Reproduced, Contradicted, Inconclusive
claim_readings    what it reads of the trials; claim_standing, claim_reach: how far beyond them
                  the truth may lie
percentile_ends   between what few requests leave a percentile; too_little: for any criterion
spoiled           what the service did in replicates that it spoiled; survivors: the bounds that
                  those beside them do not keep
attribution       what held a trial or cell back; utilisation: how full each resource was
verdict           the experiment's verdict, and what it comes from
"""
