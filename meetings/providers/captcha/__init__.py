"""Ways of telling people from robots that ask nothing of anybody else."""
