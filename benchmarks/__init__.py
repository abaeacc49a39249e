"""What Skiff costs beside what people use today, measured in one run on one machine.

For development alone: `runtime` and `export` import nothing of it. Needs Linux, as it reads
CPU times from /proc.
"""
