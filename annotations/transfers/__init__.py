"""Imports and exports of files: requesting them, and carrying them out in a worker."""
