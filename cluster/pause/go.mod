module loadlab/pause

go 1.24
