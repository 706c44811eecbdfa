"""The bare loop: what the stack does with nothing of ours in it, measured in the same run as everything else."""
