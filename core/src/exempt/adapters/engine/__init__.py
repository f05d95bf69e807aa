"""The queue that carries runs of jobs: DBOS, in the same database as everything else."""
