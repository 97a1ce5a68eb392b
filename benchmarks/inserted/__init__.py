"""Calcifications of known volume and plane, put into real CT."""
