"""What Skiff costs beside what people use today, measured in one run."""
