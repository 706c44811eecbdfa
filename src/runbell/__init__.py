"""runbell: ring it over HTTP, the job runs, it rings back."""
