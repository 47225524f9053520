"""What a data set is: for the workloads that describe theirs, and for the Job that loads it."""
