"""Drives every operation of the simulator with boto3, and holds every answer against AWS's own service model."""
