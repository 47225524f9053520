"""May the figures of one run be used: Valid, Suspect or Invalid, each with its reasons.

judge             every rule, in order
generator_rules   was the load the planned one
little_law        were all users at it
few_users         … or did the generator lack virtual users
lateness          was it sent when it was planned for
proof_of_work     was the work done; writes: and is it in the database
steadiness        was the load steady, by trend: slopes and the warm-up's cut
noise             stolen CPU time, too few samples
bounds            every bound of the rules, in one place
judgement         the words of validity: levels, reasons
standing          what a figure may be taken for where there are reasons
judged_trial      a judged trial as JSON and back, for the LoadTrial's status
"""
