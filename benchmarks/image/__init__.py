"""The image beside the one that the usual tutorial builds."""
