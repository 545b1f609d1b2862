"""Artifacts become one frozen release; the gate says whether it may go."""
