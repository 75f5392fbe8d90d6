"""What the commands do; each prints its result on standard output and all else on standard error."""
