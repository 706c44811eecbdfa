"""How news of an execution leaves the house: webhooks and mail. Each sends what the outbox holds, nothing else."""
