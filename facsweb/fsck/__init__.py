"""Checking what stored files and rows say of each other, and mending what can be mended."""
